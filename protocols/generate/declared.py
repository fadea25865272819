"""What the wire modules declare, in the order of their source, with the words beside it."""

import ast
import inspect
import itertools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from protocols import (
    commands,
    deliveries,
    devices,
    dispatch,
    facts,
    fleet,
    from_client,
    from_server,
    handshake,
    http,
    intent,
    push,
    record_views,
    rejections,
    stops,
    uploads,
    values,
    views,
    vocabulary,
)

MODULES: tuple[types.ModuleType, ...] = (
    vocabulary,
    values,
    intent,
    deliveries,
    facts,
    fleet,
    commands,
    rejections,
    stops,
    record_views,
    views,
    handshake,
    from_client,
    from_server,
    http,
    devices,
    dispatch,
    push,
    uploads,
)
"""Every module of the wire, each after those it imports."""


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A name for a type: an id, a closed set of words, or a union."""

    name: str
    module: str
    meant: object
    doc: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a Struct. `default` is `msgspec.NODEFAULT` when there is none."""

    name: str
    hint: object
    default: object
    doc: str

    @property
    def has_default(self) -> bool:
        """Whether a writer may leave the field out."""
        return self.default is not msgspec.NODEFAULT


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A Struct with all its fields, inherited ones first."""

    name: str
    module: str
    struct: type[msgspec.Struct]
    fields: tuple[Field, ...]
    doc: str

    @property
    def tag(self) -> tuple[str, str] | None:
        """The field and the value that tell this shape from its siblings."""
        config = self.struct.__struct_config__
        if config.tag_field is None or not isinstance(config.tag, str):
            return None
        return config.tag_field, config.tag

    @property
    def may_omit(self) -> bool:
        """Whether fields at their default may be absent on the wire."""
        config = self.struct.__struct_config__
        # A strict struct is one that clients write, and they may leave out what has a default.
        return config.omit_defaults or config.forbid_unknown_fields


@cache
def shape_of(struct: type[msgspec.Struct]) -> Shape:
    """The shape of one Struct."""
    hints = get_type_hints(struct, include_extras=True)
    docs: dict[str, str] = {}
    for ancestor in reversed(struct.__mro__):
        if issubclass(ancestor, msgspec.Struct) and ancestor.__module__.startswith("protocols."):
            docs |= _docs(ast.parse(inspect.getsource(ancestor)).body[0])
    fields = tuple(
        Field(
            name=field.encode_name,
            hint=hints[field.name],
            default=_default(field),
            doc=docs.get(field.name, ""),
        )
        for field in msgspec.structs.fields(struct)
    )
    return Shape(
        name=struct.__name__,
        module=struct.__module__.rpartition(".")[2],
        struct=struct,
        fields=fields,
        doc=inspect.getdoc(struct) or "",
    )


def declared() -> Iterator[Alias | Shape]:
    """Every public type of the wire, each module in source order."""
    for module in MODULES:
        yield from declared_in(module)


def declared_in(module: types.ModuleType) -> Iterator[Alias | Shape]:
    """The public types that one module defines, in source order."""
    tree = ast.parse(inspect.getsource(module))
    docs = _docs(tree)
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield shape_of(getattr(module, name))
            case ast.Assign(targets=[ast.Name(id=name)]) if _is_type(getattr(module, name)):
                yield Alias(
                    name=name,
                    module=module.__name__.rpartition(".")[2],
                    meant=getattr(module, name),
                    doc=docs.get(name, ""),
                )
            case _:
                pass


def tag_of(struct: type[msgspec.Struct]) -> str:
    """The tag value of a message, command, view or rejection."""
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{struct.__name__} has no tag")
    return tag


def members(union: object) -> tuple[type[msgspec.Struct], ...]:
    """The Structs of a union, in the order written."""
    return tuple(get_args(union))


def _default(field: msgspec.structs.FieldInfo) -> object:
    if callable(field.default_factory):
        return field.default_factory()
    return field.default


def _is_type(value: object) -> bool:
    return isinstance(value, NewType) or get_origin(value) in (Literal, Union, types.UnionType)


def _docs(node: ast.AST) -> dict[str, str]:
    """Name → the string literal written under its assignment."""
    found: dict[str, str] = {}
    body: list[ast.stmt] = getattr(node, "body", [])
    for statement, below in itertools.pairwise(body):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found
