"""A workflow as the rules see it."""

from typing import Literal

from protocols.struct import Struct
from protocols.values import ProofNeed
from protocols.vocabulary import Category, FactKind, Role, StageId, Version, WorkflowId

GateKind = Literal[
    "has_lines",
    "has_address",
    "has_window",
    "driver_assigned",
    "no_hold",
    "no_review",
    "payment_method_set",
    "approved",
    "driver_acked",
    "proof_given",
]
"""The first gates. Each is checked on the order as it would be after the move."""


class Stage(Struct, frozen=True, kw_only=True):
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
    proofs: tuple[ProofNeed, ...] = ()
    """What a driver must bring back before an order comes in here."""


class Transition(Struct, frozen=True, kw_only=True):
    """One arrow. No roles: everybody who may move."""

    id: str
    name: str
    from_stages: tuple[StageId, ...]
    to_stage: StageId
    roles: tuple[Role, ...] = ()
    gates: tuple[GateKind, ...] = ()
    overridable: bool = True
    needs_note: bool = False
    auto: FactKind | None = None
    """The driver's fact that walks it by itself, once all open deliveries came as far."""


class Workflow(Struct, frozen=True, kw_only=True, tag_field="type", tag="workflow"):
    """A published workflow; stages in board order, the first is where orders start."""

    id: WorkflowId
    version: Version = Version(1)
    name: str
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]
    default: bool = False
