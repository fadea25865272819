"""The answer to one numbered command: durable, and the same for every resend."""

import msgspec

from protocols.rejections import Rejection
from protocols.vocabulary import AggregateId, Number, Sequence, Version


class ItemVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one item of a bulk; refused iff there is a rejection."""

    index: int
    aggregate_id: AggregateId
    version: Version = Version(0)
    rejection: Rejection | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="done"):
    """It happened, or it already was so."""

    number: Number
    changed: bool
    sequence: Sequence
    versions: dict[AggregateId, Version] = {}
    warnings: tuple[str, ...] = ()
    items: tuple[ItemVerdict, ...] = ()
    dry_run: bool = False
    undo_of: Number | None = None


class Denied(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="denied"):
    """It was refused for good."""

    number: Number
    rejection: Rejection


Verdict = Done | Denied
