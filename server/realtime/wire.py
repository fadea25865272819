"""One message, encoded once per codec into bytes that every watching socket shares."""

from typing import Literal

import msgspec
from isal import isal_zlib

from protocols.from_client import FromClient
from protocols.from_server import FromServer

Codec = Literal["json", "msgpack"]

_TEXT, _BINARY = 0x81, 0x82
_SHORT, _MEDIUM = 126, 65_536
"""From these sizes on the length takes 2 and 8 bytes (RFC 6455 section 5.2)."""

_DEFLATE_FROM = 4_096
"""Payloads from this size on are worth deflating once and sharing (PROTOCOL.md 2)."""

_LEVEL = 2
"""Of ISA-L: 31 MB of cards become 5.9 MB in 27 ms, with zlib's 6 5.2 MB in 320 ms (2026-11)."""

_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()
_from_json = msgspec.json.Decoder(FromClient)
_from_msgpack = msgspec.msgpack.Decoder(FromClient)


def decode(codec: Codec, payload: bytes | bytearray | memoryview) -> FromClient:
    """A client's frame as a message; raises `MsgspecError` or `RecursionError` if it is none."""
    decoder = _from_json if codec == "json" else _from_msgpack
    decoded: FromClient = decoder.decode(payload)
    return decoded


def websocket_frame(payload: bytes, *, binary: bool) -> bytes:
    """A complete unmasked server frame (RFC 6455 section 5.2), ready for any socket."""
    first = bytes([_BINARY if binary else _TEXT])
    size = len(payload)
    if size < _SHORT:
        return first + bytes([size]) + payload
    if size < _MEDIUM:
        return first + b"\x7e" + size.to_bytes(2, "big") + payload
    return first + b"\x7f" + size.to_bytes(8, "big") + payload


class Encoded:
    """A server message whose bytes are made when first asked for, and then shared.

    A JSON client gets text; when it announced `deflate` and the payload is large it gets the same
    JSON as a raw-deflate binary frame. A MessagePack client always gets binary: a leading byte 0
    for plain, 1 for deflated MessagePack.
    """

    __slots__ = ("_frames", "_payloads", "message")

    def __init__(self, message: FromServer) -> None:
        """Wrap a message; nothing is encoded yet."""
        self.message = message
        self._payloads: dict[tuple[Codec, bool], tuple[bytes, bool]] = {}
        self._frames: dict[tuple[Codec, bool], bytes] = {}

    def payload(self, codec: Codec, *, deflate: bool) -> tuple[bytes, bool]:
        """The frame's payload, and whether it is binary."""
        known = self._payloads.get((codec, deflate))
        if known is None:
            known = self._payloads[codec, deflate] = _payload(self.message, codec, deflate=deflate)
        return known

    def frame(self, codec: Codec, *, deflate: bool) -> bytes:
        """The complete WebSocket frame."""
        known = self._frames.get((codec, deflate))
        if known is None:
            payload, binary = self.payload(codec, deflate=deflate)
            known = self._frames[codec, deflate] = websocket_frame(payload, binary=binary)
        return known


def _payload(message: FromServer, codec: Codec, *, deflate: bool) -> tuple[bytes, bool]:
    plain = _json.encode(message) if codec == "json" else _msgpack.encode(message)
    if deflate and len(plain) >= _DEFLATE_FROM:
        packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -15)
        packed = packer.compress(plain) + packer.flush()
        return (packed if codec == "json" else b"\x01" + packed), True
    return (plain, False) if codec == "json" else (b"\x00" + plain, True)
