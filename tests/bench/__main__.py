"""`python -m tests.bench NAME [--json]`: measure one budget; `all` also keeps what it found."""

import argparse
import os
import sys
from importlib import import_module

import msgspec

from tests.bench.document import write
from tests.bench.processes import PRECEDENCE
from tests.bench.report import FULL, TINY, Report, table

BENCHES = (
    "fanout",
    "tenants",
    "idle",
    "storm",
    "commands",
    "snapshot",
    "latency",
    "board",
    "planner",
    "backup",
    "flood",
    "resume",
)
"""Each is the module of that name with its `run`."""


def main() -> int:
    """Run what is asked. A missed goal is part of the result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=[*BENCHES, "all"])
    parser.add_argument("--json", action="store_true", help="one object per line, for programs")
    parser.add_argument("--scale", choices=["full", "tiny"], default="full")
    parser.add_argument("--keep", action="store_true", help="put the result into docs/performance")
    parser.add_argument("--first", action="store_true", help="before other sessions' programs")
    parser.add_argument("--rounds", type=int, help="instead of the scale's own number")
    asked = parser.parse_args()
    if asked.first:
        os.environ[PRECEDENCE] = "yes"
    scale = FULL if asked.scale == "full" else TINY
    scale = msgspec.structs.replace(scale, rounds=asked.rounds or scale.rounds)
    names = list(BENCHES) if asked.name == "all" else [asked.name]
    for name in names:
        # Only what is asked: a browser's driver takes longer to import than some benches to run.
        report: Report = import_module(f"tests.bench.{name}").run(scale)
        said = msgspec.json.encode(report).decode() if asked.json else table(report) + "\n"
        print(said, flush=True)
        if asked.keep or asked.name == "all":
            write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
