"""Reads a frame as a message, or says what is wrong with it in words a stranger may see."""

import msgspec

from protocols.from_client import FromClient
from protocols.vocabulary import Number
from server.realtime.wire import Codec, decode

_LONGEST = 200
"""The decoder's words may quote the frame, and a frame may be long."""


class Malformed(msgspec.Struct, frozen=True):
    """The frame is no message."""

    why: str


LONG = 4 * 1_024
"""Bytes from which a command is long: a look at its number takes a twentieth of reading it."""


class _Numbered(msgspec.Struct):
    type: str
    number: Number = Number(0)


_from_json = msgspec.json.Decoder(_Numbered)
_from_msgpack = msgspec.msgpack.Decoder(_Numbered)


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


def number_of(codec: Codec, payload: bytes) -> Number | None:
    """The number of a command, the rest of which is not read; None for any other frame."""
    decoder = _from_json if codec == "json" else _from_msgpack
    try:
        found: _Numbered = decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found.number if found.type == "command" else None
