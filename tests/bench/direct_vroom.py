"""VROOM alone on one problem, as a program: the yardstick of the planner's bench.

Reads a problem on standard input and writes what each of VROOM's levels found within the time.
"""

import json
import os
import sys
import time

import msgspec
import vroom

from server.domain.dispatch.problem import Problem
from server.domain.dispatch.solve import ease
from server.routing.vroom_engine import VroomEngine
from server.routing.ways import Estimate

LEVELS = (0, 1, 5)


def main() -> None:
    """Search at each level, one after the other, as politely as the planner's process does."""
    os.nice(10)
    seconds = float(sys.argv[1])
    problem = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Problem)
    ways = Estimate().between(problem.places)
    found = {}
    for level in LEVELS:
        begun = time.monotonic()
        solved = VroomEngine(vroom, seconds).search(ease(problem, ways), ways, level, seconds)
        found[level] = {
            "cost": solved["summary"]["cost"],
            "unassigned": solved["summary"]["unassigned"],
            "seconds": time.monotonic() - begun,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
