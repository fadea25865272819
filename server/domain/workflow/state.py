"""A workflow as the rules see it."""

from typing import Literal

import msgspec

from protocols.vocabulary import Category, Role, StageId, Version, WorkflowId

GateKind = Literal[
    "has_lines",
    "has_address",
    "has_window",
    "driver_assigned",
    "no_hold",
    "no_review",
    "payment_method_set",
    "approved",
]
"""The first gates. Each is checked on the order as it would be after the move."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One column. The id is stable: renaming never touches an order."""

    id: StageId
    name: str
    category: Category
    hue: str = "new"
    icon: str = ""
    soft: int | None = None
    hard: int | None = None
    sla_minutes: int | None = None
    allow_edit: Literal["content", "address", "none"] = "content"


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One arrow. No roles: everybody who may move."""

    id: str
    name: str
    from_stages: tuple[StageId, ...]
    to_stage: StageId
    roles: tuple[Role, ...] = ()
    gates: tuple[GateKind, ...] = ()
    overridable: bool = True
    needs_note: bool = False


class Workflow(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="workflow"):
    """A published workflow; stages in board order, the first is where orders start."""

    id: WorkflowId
    version: Version = Version(1)
    name: str
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]
    default: bool = False
