"""What the server may say. Clients ignore types and fields they do not know."""

from typing import Any, Literal

from msgspec import field

from protocols.handshake import Welcome
from protocols.rejections import Rejection
from protocols.struct import Struct
from protocols.values import Position
from protocols.views import View
from protocols.vocabulary import (
    AggregateId,
    ClientId,
    DriverId,
    Epoch,
    Instant,
    Nonce,
    Number,
    OrderId,
    PersonId,
    Sequence,
    SessionId,
    Version,
)


class _Message(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all messages share: the tag `type`. Defaults are left out of the wire."""


class Stamp(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who last changed it, when, and with which command of which client."""

    by_id: str
    by_name: str
    at: Instant
    client_id: ClientId | None = None
    number: Number | None = None


class Put(Struct, frozen=True, kw_only=True, tag_field="op", tag="put", omit_defaults=True):
    """The thing entered the channel, or here it is in full."""

    kind: str
    id: AggregateId
    version: Version
    view: View
    stamp: Stamp | None = None


class Patch(Struct, frozen=True, kw_only=True, tag_field="op", tag="patch", omit_defaults=True):
    """Top-level fields of the view that changed, as absolute values; null sets the default back."""

    kind: str
    id: AggregateId
    version: Version
    fields: dict[str, Any]
    stamp: Stamp | None = None


class Remove(Struct, frozen=True, kw_only=True, tag_field="op", tag="remove", omit_defaults=True):
    """The thing left the channel."""

    kind: str
    id: AggregateId
    version: Version
    stamp: Stamp | None = None


Op = Put | Patch | Remove


class Subscribed(_Message, frozen=True, kw_only=True, tag="subscribed"):
    """The channel is watched; either it resumes at the client's cursor or a snapshot follows."""

    channel: str
    mode: Literal["resume", "snapshot"]


class SnapshotBegin(_Message, frozen=True, kw_only=True, tag="snapshot_begin"):
    """Forget the channel; its state at `sequence` or later follows in `chunks` parts."""

    channel: str
    epoch: Epoch
    sequence: Sequence
    nonce: Nonce
    chunks: int


class SnapshotChunk(_Message, frozen=True, kw_only=True, tag="snapshot_chunk"):
    """One part, as of `cut`. A preview may be drawn but is not state."""

    channel: str
    epoch: Epoch
    index: int
    cut: Sequence
    items: list[Put]
    preview: bool = False


class SnapshotEnd(_Message, frozen=True, kw_only=True, tag="snapshot_end"):
    """All parts were sent and the cursor passed every cut: the channel is whole."""

    channel: str
    epoch: Epoch


class Changes(_Message, frozen=True, kw_only=True, tag="changes"):
    """Everything that happened to the channel in (after, upto], at most one op per thing."""

    channel: str
    epoch: Epoch
    after: Sequence
    upto: Sequence
    nonce: Nonce
    ops: list[Op]


class ItemReceipt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one item of a bulk: refused iff `rejection` is there."""

    index: int
    aggregate_id: AggregateId
    version: Version = Version(0)
    rejection: Rejection | None = None


class Receipt(_Message, frozen=True, kw_only=True, tag="receipt"):
    """The command is decided and durable. `noop`: it already was so."""

    number: Number
    outcome: Literal["applied", "noop"]
    sequence: Sequence
    """The journal's place after the command; the overlay may go once the cursor reached it."""
    versions: dict[AggregateId, Version] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    items: tuple[ItemReceipt, ...] = ()
    dry_run: bool = False
    undo_of: Number | None = None


class Rejected(_Message, frozen=True, kw_only=True, tag="rejected"):
    """The command was refused for good; nothing changed."""

    number: Number
    rejection: Rejection


class Person(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One session's presence; where a driver is has `driver:<id>` for its session."""

    session_id: SessionId
    id: PersonId
    name: str
    doing: Literal["viewing", "moving", "editing", "away"]
    order_id: OrderId | None = None
    group: str = ""
    driver_id: DriverId | None = None
    """Whose position it is."""
    position: Position | None = None


class Presence(_Message, frozen=True, kw_only=True, tag="presence"):
    """Who came or changed, and who left. `full` replaces all that was known."""

    channel: str
    people: list[Person] = field(default_factory=list)
    gone: list[SessionId] = field(default_factory=list)
    full: bool = False


class Ping(_Message, frozen=True, kw_only=True, tag="ping"):
    """Are you there? Carries how far each watched channel has come."""

    server_time: Instant
    heads: dict[str, Sequence] = field(default_factory=dict)
    checksums: dict[str, int] = field(default_factory=dict)
    """Of display channels, at their head: the sum of `crc32("kind/id@version")` over all things
    shown, modulo 2^32."""


class Pong(_Message, frozen=True, kw_only=True, tag="pong"):
    """Answer to a client's `ping`."""

    server_time: Instant


class PleaseAuthenticate(_Message, frozen=True, kw_only=True, tag="authenticate"):
    """The token ends soon; send a fresh one within so many seconds."""

    within_seconds: float


class Drain(_Message, frozen=True, kw_only=True, tag="drain"):
    """This node goes away: open a new socket after the given time, resume, then leave this one."""

    after_ms: int


class Unsubscribed(_Message, frozen=True, kw_only=True, tag="unsubscribed"):
    """The channel is no longer watched. Unless asked for, purge what it gave."""

    channel: str
    cause: Literal["asked", "forbidden", "gone", "unknown", "too_many"]


class Resync(_Message, frozen=True, kw_only=True, tag="resync"):
    """The cursor cannot be continued; a snapshot follows."""

    channel: str
    cause: Literal["fork", "trimmed", "epoch", "lagged"]


class Busy(_Message, frozen=True, kw_only=True, tag="busy"):
    """No verdict: send the same numbers again, from `number` on, after the given time."""

    number: Number
    retry_ms: int
    cause: Literal["rate", "storage", "draining"]


class Error(_Message, frozen=True, kw_only=True, tag="error"):
    """Something outside the commands went wrong; a close may follow."""

    code: str
    detail: str = ""


FromServer = (
    Welcome
    | Subscribed
    | SnapshotBegin
    | SnapshotChunk
    | SnapshotEnd
    | Changes
    | Receipt
    | Rejected
    | Presence
    | Ping
    | Pong
    | PleaseAuthenticate
    | Drain
    | Unsubscribed
    | Resync
    | Busy
    | Error
)
