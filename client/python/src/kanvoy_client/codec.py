"""Frames to messages and back, tolerant of servers that are newer than this client."""

import zlib
from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

import msgspec

from kanvoy_client._wire.from_client import FromClient
from kanvoy_client._wire.from_server import FromServer
from kanvoy_client._wire.rejections import Rejection
from kanvoy_client._wire.version import SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK
from kanvoy_client._wire.views import View
from kanvoy_client.errors import Violation

Codec = Literal["json", "msgpack"]
SUBPROTOCOLS: dict[Codec, str] = {"json": SUBPROTOCOL_JSON, "msgpack": SUBPROTOCOL_MSGPACK}

_INFLATED = 64 << 20
"""A snapshot chunk is far below this; more is a bomb, not a board."""

_to_json = msgspec.json.Encoder()
_to_msgpack = msgspec.msgpack.Encoder()
_from_json = msgspec.json.Decoder(FromServer)
_from_msgpack = msgspec.msgpack.Decoder(FromServer)

_T = TypeVar("_T")


def _tags(union: object) -> frozenset[str]:
    return frozenset(str(member.__struct_config__.tag) for member in get_args(union))


_MESSAGES, _VIEWS, _REJECTIONS = _tags(FromServer), _tags(View), _tags(Rejection)


def encode(codec: Codec, message: FromClient) -> str | bytes:
    """A frame's payload: text for JSON, bytes for MessagePack."""
    if codec == "json":
        return _to_json.encode(message).decode()
    return _to_msgpack.encode(message)


def decode(codec: Codec, payload: str | bytes) -> FromServer | None:
    """The message of one frame, or nothing when its type is newer than this client.

    Raises `Violation` for what is no message at all.
    """
    try:
        if codec == "json":
            text = _inflated(payload) if isinstance(payload, bytes) else payload
            return _typed(text, _from_json.decode, msgspec.json.decode)
        return _typed(_unpacked(payload), _from_msgpack.decode, msgspec.msgpack.decode)
    except (msgspec.MsgspecError, UnicodeDecodeError, zlib.error, RecursionError) as fault:
        raise Violation(str(fault)) from fault


def _typed(
    content: _T, strictly: Callable[[_T], FromServer], loosely: Callable[[_T], Any]
) -> FromServer | None:
    """One pass when we know every word; a slower second one that leaves out what we do not."""
    try:
        return strictly(content)
    except msgspec.ValidationError:
        message: object = loosely(content)
        if not isinstance(message, dict) or "type" not in message:
            raise
        if message["type"] not in _MESSAGES:
            return None
        known: FromServer = msgspec.convert(_pruned(message), FromServer)
        return known


def _pruned(message: dict[str, Any]) -> dict[str, Any]:
    pruned = dict(message)
    for name in ("ops", "items"):
        if isinstance(pruned.get(name), list):
            pruned[name] = [_with_known_rejection(each) for each in pruned[name] if _is_known(each)]
    return _with_known_rejection(pruned)


def _is_known(each: dict[str, Any]) -> bool:
    if each.get("op", "put") not in ("put", "patch", "remove"):
        return False
    return "view" not in each or each["view"].get("type") in _VIEWS


def _with_known_rejection(each: dict[str, Any]) -> dict[str, Any]:
    """A refusal newer than this client is still a refusal: one problem named by its code."""
    rejection = each.get("rejection")
    if rejection is None or rejection.get("code") in _REJECTIONS:
        return each
    problem = {"field": "code", "rule": str(rejection.get("code"))}
    return {**each, "rejection": {"code": "invalid", "problems": [problem]}}


def _unpacked(payload: str | bytes) -> bytes:
    if isinstance(payload, str) or payload[:1] not in (b"\x00", b"\x01"):
        raise Violation("a MessagePack frame starts with byte 0 or 1")
    return _inflated(payload[1:]) if payload[0] else payload[1:]


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=-15)
    content = unpacker.decompress(packed, _INFLATED)
    if not unpacker.eof:
        raise Violation("a deflated frame is cut off or too large")
    return content
