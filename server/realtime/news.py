"""News as it travels between processes: msgpack behind eight bytes that name the sender. [MN]"""

from typing import Literal

import msgspec

from protocols.from_server import Person
from protocols.vocabulary import Instant, SessionId
from server.application.ports import Hint, News

INLINE_BYTES = 8 * 1024
"""Larger hints travel without rows: reading them from the journal costs less than carrying them
to every node."""

SENDER_BYTES = 8

Gone = dict[SessionId, Instant]
"""Who is not there any more, since when."""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A person's last word, when it was said, and for how many seconds it is good."""

    person: Person
    at: Instant
    left: float


class Said(News, frozen=True, kw_only=True, tag="said"):
    """What a node's people say on a presence channel. `full`: nobody else is there on this node."""

    node: str
    channel: str
    words: tuple[Word, ...] = ()
    gone: Gone = msgspec.field(default_factory=dict)
    full: bool = False


class Asked(News, frozen=True, kw_only=True, tag="asked"):
    """Who is on this presence channel? Every node with people there says all of them."""

    channel: str


class Revoked(News, frozen=True, kw_only=True, tag="revoked"):
    """A device, or a person on every device but `keep`, is signed out: durable already."""

    what: Literal["device", "person"]
    id: str
    keep: str | None = None


AnyNews = Hint | Said | Asked | Revoked

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[AnyNews] = msgspec.msgpack.Decoder(AnyNews)


def pack(sender: bytes, news: News) -> bytes:
    """The news as bytes, small enough for every bus."""
    packed = _ENCODER.encode(news)
    if len(packed) > INLINE_BYTES and isinstance(news, Hint):
        # MN3
        packed = _ENCODER.encode(msgspec.structs.replace(news, rows=()))
    return sender + packed


def unpack(own: bytes, payload: bytes) -> News | None:
    """The news in a payload; None for our own echo and for what we cannot read.

    A node of another release may say what we do not know. What it wrote is in the journal, and
    the head-beat finds it.
    """
    if payload[:SENDER_BYTES] == own:
        return None
    try:
        return _DECODER.decode(memoryview(payload)[SENDER_BYTES:])
    except msgspec.MsgspecError:
        return None
