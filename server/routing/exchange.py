"""What the node and its solver's process say to each other: one message per line of bytes."""

import msgspec

from server.domain.dispatch.problem import Problem, Solution


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Solve this within so many seconds."""

    problem: Problem
    seconds: float


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A solution, or why there is none."""

    solution: Solution | None = None
    fault: str = ""


LENGTH_BYTES = 4
"""Each message is preceded by its length, big-endian."""

encode = msgspec.msgpack.Encoder().encode
decode_ask = msgspec.msgpack.Decoder(Ask).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode


def framed(message: Ask | Answer) -> bytes:
    """The message with its length in front."""
    body = encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
