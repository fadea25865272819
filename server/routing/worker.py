"""The solver's process: reads problems on standard input, writes solutions on standard output.

Started by `worker_process.py` with the routing server's address as its only argument. It ends
when its input ends, so it never outlives the node for longer than one search.
"""

import os
import sys
import time
from typing import BinaryIO

from server.domain.dispatch.insertion import by_insertion
from server.domain.dispatch.solve import solve
from server.routing.exchange import LENGTH_BYTES, Answer, Ask, decode_ask, framed
from server.routing.servers import matrix_of
from server.routing.vroom_engine import VroomEngine
from server.routing.ways import Matrix, NoWays

try:
    import vroom
except ImportError:  # no wheel for this machine
    vroom = None

_RESERVE = 0.1
"""The share of the time that is not VROOM's: it looks at the clock only now and then."""

_POLITE = 10
"""Sockets come first."""


def main() -> int:
    """Answer until the input ends."""
    os.nice(_POLITE)
    matrix = matrix_of(sys.argv[1] if len(sys.argv) > 1 else "")
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (ask := _read(sys.stdin.buffer)) is not None:
        answers.write(framed(answer(ask, matrix)))
        answers.flush()
    return 0


def answer(ask: Ask, matrix: Matrix) -> Answer:
    """The solution, or why there is none."""
    begun = time.monotonic()
    try:
        ways = matrix.between(ask.problem.places)
    except NoWays as fault:
        return Answer(fault=str(fault))
    left = ask.seconds * (1 - _RESERVE) - (time.monotonic() - begun)
    if vroom is None:
        return Answer(solution=solve(ask.problem, ways, by_insertion, "insertion"))
    return Answer(solution=solve(ask.problem, ways, VroomEngine(vroom, left), "vroom"))


def _read(source: BinaryIO) -> Ask | None:
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    return decode_ask(source.read(int.from_bytes(head, "big")))


if __name__ == "__main__":
    sys.exit(main())
