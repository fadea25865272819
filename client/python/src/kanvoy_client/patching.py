"""A view after a patch: absolute values of top-level fields, null for the default."""

from functools import cache
from typing import Any, TypeVar

import msgspec

from kanvoy_client._wire.views import View

_V = TypeVar("_V", bound=View)


def patched(view: _V, fields: dict[str, Any]) -> _V:
    """The view with these fields. Fields newer than this client are left out.

    Raises `msgspec.ValidationError` for a value of another type.
    """
    struct: type[msgspec.Struct] = type(view)
    known = _known(struct)
    return msgspec.structs.replace(
        view,
        **{name: _value(known[name], value) for name, value in fields.items() if name in known},
    )


def _value(field: msgspec.structs.FieldInfo, value: object) -> object:
    if value is None and not field.required:
        if callable(field.default_factory):
            return field.default_factory()
        return field.default
    return msgspec.convert(value, field.type)


@cache
def _known(view: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(view)}
