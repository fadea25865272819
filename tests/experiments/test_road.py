"""The road of X2 and X4 loses verdicts whole, and nothing else."""

import pytest

from tests.experiments.road import Verdicts

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"
RECEIPT = b'{"type":"receipt","number":1}'
REJECTED = b'{"type":"rejected","number":2}'
CHANGES = b'{"type":"changes","channel":"board"}'


def a_frame(payload: bytes, first: int = 0x81) -> bytes:
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    if len(payload) < 65_536:
        return bytes([first, 126]) + len(payload).to_bytes(2) + payload
    return bytes([first, 127]) + len(payload).to_bytes(8) + payload


SAID = [
    a_frame(CHANGES),
    a_frame(RECEIPT),
    a_frame(b""),
    a_frame(CHANGES + b" " * 300),
    a_frame(REJECTED),
    a_frame(RECEIPT + b" " * 70_000),
    a_frame(b"\x03\xe8", first=0x88),
    a_frame(RECEIPT, first=0x82),
]
KEPT = [SAID[at] for at in (0, 2, 3, 6, 7)]


def passed(stream: bytes, size: int, *, lost: bool) -> tuple[bytes, int]:
    """What comes out of a stream that goes in in pieces, and how often a verdict was judged."""
    asked: list[bool] = []

    def is_lost() -> bool:
        asked.append(lost)
        return lost

    verdicts = Verdicts(is_lost)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    return b"".join(verdicts.passed(piece) for piece in pieces), len(asked)


@pytest.mark.parametrize("size", [1, 7, 4_096, 1_000_000])
def test_a_lost_verdict_is_lost_whole_however_the_bytes_come(size: int):
    stream = UPGRADED + b"".join(SAID)

    assert passed(stream, size, lost=True) == (UPGRADED + b"".join(KEPT), 3)
    assert passed(stream, size, lost=False) == (stream, 3)


def test_an_answer_that_is_no_socket_passes_as_it_is():
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + a_frame(RECEIPT)

    assert passed(answer, 5, lost=True) == (answer, 0)
