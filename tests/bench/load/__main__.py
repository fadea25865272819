"""`python -m tests.bench.load SPEC`: run one load against a running server, print what it saw."""

import asyncio
import gc
import json
import sys

import uvloop

from tests.bench.load import fanout, flood, idle, latency, moves, resume, snapshot, storm, tenants

_LOADS = {
    "fanout": fanout.run,
    "flood": flood.run,
    "idle": idle.run,
    "latency": latency.run,
    "moves": moves.run,
    "resume": resume.run,
    "snapshot": snapshot.run,
    "storm": storm.run,
    "tenants": tenants.run,
}


def main() -> None:
    """Run the load that the spec names."""
    spec = json.loads(sys.argv[1])
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answer = runner.run(_LOADS[spec["kind"]](spec))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
