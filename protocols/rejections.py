"""Every reason to say no. Identity is the code; the words are made where they are read.

A refusal names what was contested, who holds it now, since when, and how to go on.
"""

from typing import Any, Literal

from protocols.struct import Struct
from protocols.vocabulary import (
    AggregateId,
    FieldGroup,
    Instant,
    Number,
    Permission,
    StageId,
    Version,
)


class Conflict(Struct, frozen=True, kw_only=True):
    """One field group that somebody else changed after the asker's base version."""

    group: FieldGroup
    version: Version
    by_id: str
    by_name: str
    at: Instant
    theirs: Any = None
    """The value now, in the shape the order view shows it."""
    mine: Any = None
    """The value that was asked for."""


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong with the asked values: where, and which rule says so."""

    field: str
    rule: str
    limit: int | str | None = None


class Gate(Struct, frozen=True, kw_only=True):
    """One condition of a transition that does not hold, and what would make it hold."""

    gate: str
    fix: str
    overridable: bool = False


class _Rejection(Struct, frozen=True, kw_only=True, tag_field="code"):
    """What all refusals share: the tag `code`."""


class Stale(_Rejection, frozen=True, kw_only=True, tag="stale"):
    """Somebody changed the same field groups first. Way on: look, then send again with `over`."""

    aggregate_id: AggregateId
    current_version: Version
    conflicts: tuple[Conflict, ...]


class NoTransition(_Rejection, frozen=True, kw_only=True, tag="no_transition"):
    """The workflow has no such arrow, or not for this role. Way on: one of `allowed`."""

    from_stage: StageId
    to_stage: StageId
    allowed: tuple[StageId, ...]


class GateFailed(_Rejection, frozen=True, kw_only=True, tag="gate_failed"):
    """A condition of the transition does not hold. Way on: each gate's `fix`."""

    gates: tuple[Gate, ...]


class Invalid(_Rejection, frozen=True, kw_only=True, tag="invalid"):
    """The asked values break a rule on their own. Way on: other values."""

    problems: tuple[Problem, ...]


class InvalidAfterMerge(_Rejection, frozen=True, kw_only=True, tag="invalid_after_merge"):
    """Fine alone, impossible together with what others did since. Way on: look, then decide."""

    current_version: Version
    problems: tuple[Problem, ...]
    conflicts: tuple[Conflict, ...]


class WipExceeded(_Rejection, frozen=True, kw_only=True, tag="wip_exceeded"):
    """The stage is full. Way on: move a card out, or somebody who may override."""

    stage_id: StageId
    limit: int
    count: int


class Superseded(_Rejection, frozen=True, kw_only=True, tag="superseded"):
    """The delivery was given to somebody else meanwhile. Way on: the view shows who has it."""

    epoch: int


class Forbidden(_Rejection, frozen=True, kw_only=True, tag="forbidden"):
    """The asker's roles do not allow it. Way on: somebody with the permission."""

    permission: Permission


class NotFound(_Rejection, frozen=True, kw_only=True, tag="not_found"):
    """Unknown, gone, or somebody else's: the answer is the same."""

    aggregate_id: AggregateId


class Gap(_Rejection, frozen=True, kw_only=True, tag="gap"):
    """An earlier command of this client never arrived. Way on: send from `expected`."""

    expected: Number


class NothingToUndo(_Rejection, frozen=True, kw_only=True, tag="nothing_to_undo"):
    """The command did nothing, was refused, is too old, or cannot be reversed."""

    undone: Number


class DependencyFailed(_Rejection, frozen=True, kw_only=True, tag="dependency_failed"):
    """A command this one depends on was refused. Way on: decide about that one first."""

    depends_on: Number


class Retired(_Rejection, frozen=True, kw_only=True, tag="retired_number"):
    """The answer to this old number is no longer kept. Way on: look at the order."""

    kept_from: Number


Rejection = (
    Stale
    | NoTransition
    | GateFailed
    | Invalid
    | InvalidAfterMerge
    | WipExceeded
    | Superseded
    | Forbidden
    | NotFound
    | Gap
    | NothingToUndo
    | DependencyFailed
    | Retired
)

RejectionCode = Literal[
    "stale",
    "no_transition",
    "gate_failed",
    "invalid",
    "invalid_after_merge",
    "wip_exceeded",
    "superseded",
    "forbidden",
    "not_found",
    "gap",
    "nothing_to_undo",
    "dependency_failed",
    "retired_number",
]
