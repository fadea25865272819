"""Frames that no honest client sends: every message, damaged in its bytes or in its meaning."""

import random
from collections.abc import Callable
from typing import Any

import msgspec

from server.realtime.wire import Codec
from tests.experiments.probes import COMMANDS, MESSAGES
from tests.support.damage import damaged

_COMMANDS = tuple(command for kind in COMMANDS.values() for command in kind)

_TAGS = frozenset({"type", "kind"})
_TWIST = 0.25
_WORDS = (
    "order-1", "order-2", "o1-order-1", "order-1-d1", "driver-1", "driver-2", "line-1", "ben",
    "board", "presence:board", "order:order-1", "new", "confirmed", "x", "viewing", "canary",
)  # fmt: skip
_NUMBERS = (0, 1, 2, 7, 99, 2**31, 2**53 - 1)

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**53, 2**63 - 1, 2**64 - 1, -(2**63), 0.5, 1e308, -0.0,
    "", "\x00", "a\x00b", "\ud7ff", "\U0010ffff", "\u202eevil", "'; drop table orders; --", "../..",
    "=cmd|' /C calc'!A0", "x" * 70, "x" * 5_000, [], {}, [[]], [None] * 40, {"": {}}, {"type": "x"},
)  # fmt: skip
"""What stands where something else was expected."""


def frame(dice: random.Random, codec: Codec) -> bytes:
    """One frame: a message of any type, or one of its many commands, damaged."""
    message, chance = _message(dice), dice.random()
    if chance < 0.4:
        return damaged(dice, encoded(codec, message))
    if chance < 0.75:
        return encoded(codec, _twisted(dice, message))
    for _ in range(dice.randint(1, 3)):
        message = _odd(dice, message)
    raw = encoded(codec, message)
    return _deep(dice, raw, codec) if dice.random() < 0.02 else raw


def _message(dice: random.Random) -> Any:
    kind = dice.choice(tuple(MESSAGES))
    if kind == "command" or dice.random() < 0.5:
        number = dice.choice((1, 1, 2, 99))
        return {"type": "command", "number": number, "command": dice.choice(_COMMANDS)}
    return {"type": kind, **dice.choice(MESSAGES[kind])}


def encoded(codec: Codec, message: Any) -> bytes:
    """As this codec writes it."""
    encode = msgspec.json.encode if codec == "json" else msgspec.msgpack.encode
    return encode(message)


def _odd(dice: random.Random, value: Any) -> Any:
    """One place of the value is something else, gone, or there twice."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(list(value))
        rest = {name: each for name, each in value.items() if name != key}
        match dice.randrange(8):
            case 0:
                return rest
            case 1:
                return {**value, f"{key}2": value[key]}
            case _:
                return {**rest, key: _odd(dice, value[key])}
    if isinstance(value, list) and value and dice.random() < 0.7:
        place = dice.randrange(len(value))
        return [*value[:place], _odd(dice, value[place]), *value[place + 1 :]]
    return dice.choice(ODD)


def _twisted(dice: random.Random, value: Any) -> Any:
    """Here and there another value of the same kind: still a message, but not one that fits."""
    if isinstance(value, dict):
        return {key: each if key in _TAGS else _twisted(dice, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_twisted(dice, each) for each in value]
    if dice.random() > _TWIST or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return dice.choice(_WORDS)
    return dice.choice(_NUMBERS) if isinstance(value, int) else value


def _deep(dice: random.Random, raw: bytes, codec: Codec) -> bytes:
    times = dice.choice((100, 2_000, 15_000))
    return raw[:-1] + (b'"a":' + b"[" * times if codec == "json" else b"\x91" * times)


def _frame(first: int, payload: bytes, *, mask: bool = True, length: bytes | None = None) -> bytes:
    size = len(payload)
    if length is None:
        short = size < 126
        length = bytes([size]) if short else b"\x7e" + size.to_bytes(2)
    head = bytes([first, length[0] | (0x80 if mask else 0)]) + length[1:]
    return head + (bytes(4) if mask else b"") + payload


PROTOCOL: tuple[bytes | Callable[[random.Random], bytes], ...] = (
    lambda d: d.randbytes(d.randrange(1, 200)),
    lambda d: _frame(0x80 | d.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), b"reserved opcode"),
    lambda d: _frame(0x81 | d.choice((0x10, 0x20, 0x40, 0x70)), b"reserved bits"),
    _frame(0x81, b"unmasked", mask=False),
    lambda d: _frame(0x08 | d.choice((0, 1, 2)), b"control in parts"),
    lambda d: _frame(0x89, d.randbytes(200), length=b"\x7e\x00\xc8"),
    _frame(0x80, b"goes on from nothing"),
    _frame(0x01, b'{"type"') + _frame(0x81, b"another begins"),
    _frame(0x01, b'{"ty') + _frame(0x89, b"ping") + _frame(0x80, b'pe":"ping"}'),
    _frame(0x81, b"\xff\xfe\xfd no text"),
    _frame(0x81, b"long way", length=b"\x7f" + (8).to_bytes(8)),
    lambda d: _frame(0x82, b"x", length=b"\x7f" + (2**d.choice((17, 31, 40, 63))).to_bytes(8)),
    _frame(0x81, b"x", length=b"\x7e\xff\xff"),
    lambda d: _frame(0x88, d.choice((0, 999, 1004, 1005, 1006, 2999, 5000, 65535)).to_bytes(2)),
    _frame(0x88, b"\x03"),
    _frame(0x88, b"\x03\xe8\xff\xff"),
    _frame(0x88, b"\x03\xe8") + _frame(0x81, b'{"type":"ping"}'),
    lambda d: b"".join(_frame(0x8A, b"nobody asked") for _ in range(d.randrange(1, 50))),
    lambda d: b"".join(_frame(0x89, b"") for _ in range(d.randrange(1, 200))),
    lambda d: b"".join(_frame(0x01 if n == 0 else 0, b"") for n in range(d.randrange(1, 300))),
    lambda d: damaged(d, _frame(0x81, frame(d, "json")[:4_000])),
    lambda d: _frame(0x81, frame(d, "json")[:4_000]),
)  # fmt: skip
"""What breaks RFC 6455, family by family, after its Autobahn test suite."""


def against_protocol(dice: random.Random) -> bytes:
    """Bytes of one family."""
    family = dice.choice(PROTOCOL)
    return family if isinstance(family, bytes) else family(dice)


def head(dice: random.Random, whole: bytes) -> bytes:
    """The request for an upgrade, damaged."""
    return damaged(dice, whole) if dice.random() < 0.7 else whole[: dice.randrange(len(whole))]
