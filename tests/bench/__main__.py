"""`python -m tests.bench NAME [--json]`: measure one budget; `all` also keeps what it found."""

import argparse
import os
import sys

import msgspec

from tests.bench import backup, board, commands, fanout, latency, planner, snapshot
from tests.bench.document import write
from tests.bench.processes import PRECEDENCE
from tests.bench.report import FULL, TINY, table

BENCHES = {
    "fanout": fanout.run,
    "commands": commands.run,
    "snapshot": snapshot.run,
    "latency": latency.run,
    "board": board.run,
    "planner": planner.run,
    "backup": backup.run,
}


def main() -> int:
    """Run what is asked. A missed goal is part of the result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=[*BENCHES, "all"])
    parser.add_argument("--json", action="store_true", help="one object per line, for programs")
    parser.add_argument("--scale", choices=["full", "tiny"], default="full")
    parser.add_argument("--keep", action="store_true", help="put the result into docs/performance")
    parser.add_argument("--first", action="store_true", help="before other sessions' programs")
    asked = parser.parse_args()
    if asked.first:
        os.environ[PRECEDENCE] = "yes"
    scale = FULL if asked.scale == "full" else TINY
    names = list(BENCHES) if asked.name == "all" else [asked.name]
    for name in names:
        report = BENCHES[name](scale)
        said = msgspec.json.encode(report).decode() if asked.json else table(report) + "\n"
        print(said, flush=True)
        if asked.keep or asked.name == "all":
            write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
