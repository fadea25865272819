"""News as it travels between processes: msgpack behind eight bytes that name the sender. [MN]"""

import msgspec

from server.application.ports import Hint, News

INLINE_BYTES = 8 * 1024
"""Larger hints travel without rows: reading them from the journal costs less than carrying them
to every node."""

SENDER_BYTES = 8

AnyNews = Hint

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
