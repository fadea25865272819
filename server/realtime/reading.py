"""Reads a frame as a message, or says what is wrong with it in words a stranger may see."""

import msgspec

from protocols.from_client import FromClient
from server.realtime.wire import Codec, decode

_LONGEST = 200
"""The decoder's words may quote the frame, and a frame may be long."""


class Malformed(msgspec.Struct, frozen=True):
    """The frame is no message."""

    why: str


def read(codec: Codec, payload: bytes, *, binary: bool) -> FromClient | Malformed:
    """The message in a frame. The words of a refusal hold nothing but the sender's own."""
    if binary != (codec == "msgpack"):
        return Malformed("text and binary are mixed up")
    try:
        return decode(codec, payload)
    except RecursionError:
        return Malformed("nested too deep")
    except (msgspec.MsgspecError, UnicodeError) as problem:
        # Patterns are shown as Python writes them, with every backslash doubled.
        return Malformed(str(problem).replace("\\\\", "\\")[:_LONGEST])
