"""The answer to one numbered command: durable, and the same for every resend."""

from msgspec import field

from protocols.rejections import Rejection
from protocols.struct import Struct
from protocols.vocabulary import AggregateId, Number, Sequence, Version


class ItemVerdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one item of a bulk; refused iff there is a rejection."""

    index: int
    aggregate_id: AggregateId
    version: Version = Version(0)
    rejection: Rejection | None = None


class Done(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="done"):
    """It happened, or it already was so."""

    number: Number
    changed: bool
    sequence: Sequence
    versions: dict[AggregateId, Version] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    items: tuple[ItemVerdict, ...] = ()
    dry_run: bool = False
    undo_of: Number | None = None


class Denied(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="denied"):
    """It was refused for good."""

    number: Number
    rejection: Rejection


Verdict = Done | Denied
