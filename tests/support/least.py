"""The least command of each kind: only what must be there, about things that a test has."""

import msgspec
from msgspec import inspect

from protocols.commands import Command

_NAMED = {
    "order_id": "order-1",
    "delivery_id": "order-1-d1",
    "line_id": "line-1",
    "from_stage": "new",
    "to_stage": "confirmed",
    "key": "dock",
}
"""What fields of these names hold; others hold the smallest value of their type."""

_TEXT = "abc"


def least(kind: type[msgspec.Struct]) -> Command:
    """The least command of this kind, checked as if it had come over the wire."""
    command: Command = msgspec.convert(_struct(inspect.type_info(kind)), Command)
    return command


def _struct(of: inspect.Type) -> dict[str, object]:
    assert isinstance(of, inspect.StructType)
    made: dict[str, object] = {
        field.encode_name: _NAMED.get(field.name, _value(field.type))
        for field in of.fields
        if field.required
    }
    return made if of.tag_field is None else {of.tag_field: of.tag, **made}


def _value(of: inspect.Type) -> object:
    match of:
        case inspect.StructType():
            return _struct(of)
        case inspect.UnionType(types=types):
            nothing = any(isinstance(each, inspect.NoneType) for each in types)
            return None if nothing else _value(types[0])
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return [_value(item)]
        case inspect.IntType(ge=smallest):
            return smallest or 0
        case inspect.BoolType():
            return False
        case inspect.StrType():
            return _TEXT
        case _:
            raise AssertionError(of)
