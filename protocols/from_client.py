"""What a client may say. Unknown types and unknown fields are violations."""

from typing import Annotated, Literal

from msgspec import Meta, field

from protocols.commands import Command
from protocols.handshake import Channel, Cursor, Hello, Wanted
from protocols.struct import Struct
from protocols.values import Position
from protocols.vocabulary import COUNT, ID, FieldGroup, Number, OrderId, ShortText, Version

CHECKSUM = Meta(ge=0, le=2**32 - 1)


class _Message(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all messages share: the tag `type`."""


class Subscribe(_Message, frozen=True, kw_only=True, tag="subscribe"):
    """Watch one more channel."""

    wanted: Wanted


class Unsubscribe(_Message, frozen=True, kw_only=True, tag="unsubscribe"):
    """Stop watching a channel."""

    channel: Channel


# One move, step 3 of 8 → server/realtime/session.py
class Submit(_Message, frozen=True, kw_only=True, tag="command"):
    """One numbered command. The same number is always the same command, sent once or often."""

    number: Annotated[Number, Meta(ge=1, le=2**53 - 1)]
    command: Command
    base_version: Annotated[Version, COUNT] = Version(0)
    """Version of the order the asker saw; 0 for a new one."""
    base_groups: dict[Annotated[FieldGroup, Meta(max_length=80)], Annotated[Version, COUNT]] = (
        field(default_factory=dict)
    )
    """Older bases of single groups: a field whose editing began before the screen moved on."""
    over: Annotated[Version, COUNT] = Version(0)
    """The asker saw this version and wants it anyway."""
    depends_on: Annotated[list[Annotated[Number, COUNT]], Meta(max_length=32)] = field(
        default_factory=list
    )
    """Own earlier commands without which this one makes no sense."""
    fact: bool = False
    """It already happened in the world; skip the base check. For drivers."""


class ShowPresence(_Message, frozen=True, kw_only=True, tag="presence"):
    """What the person is doing right now; forgotten after 15 s without a word.

    A driver may say this on `presence:drivers` without watching it, with a position that is kept
    60 s; one in 5 s counts. Elsewhere a position is left out.
    """

    channel: Channel
    doing: Literal["viewing", "moving", "editing", "away"]
    order_id: Annotated[OrderId, ID] | None = None
    group: ShortText = ""
    position: Position | None = None


class ReportMismatch(_Message, frozen=True, kw_only=True, tag="mismatch"):
    """What the client shows does not add up to what a `ping` said; told once per incident."""

    channel: Channel
    cursor: Cursor
    """Where the client stood, and the ping too."""
    shown: Annotated[int, CHECKSUM]
    """What the client's own things add up to."""
    told: Annotated[int, CHECKSUM]


class Acknowledge(_Message, frozen=True, kw_only=True, tag="acknowledge"):
    """All verdicts up to `number` are safe with the client."""

    number: Annotated[Number, COUNT]


class Ping(_Message, frozen=True, kw_only=True, tag="ping"):
    """Are you there? Answered by `pong`."""


class Pong(_Message, frozen=True, kw_only=True, tag="pong"):
    """Yes."""


class Authenticate(_Message, frozen=True, kw_only=True, tag="authenticate"):
    """A fresh bearer token before the old one ends."""

    token: ShortText


class Bye(_Message, frozen=True, kw_only=True, tag="bye"):
    """The client leaves on purpose; its presence ends now."""


FromClient = (
    Hello
    | Subscribe
    | Unsubscribe
    | Submit
    | ShowPresence
    | ReportMismatch
    | Acknowledge
    | Ping
    | Pong
    | Authenticate
    | Bye
)
