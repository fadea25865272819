"""Ten thousand screens lose a node and come back with their cursors, all at once."""

from statistics import median
from typing import Any

from tests.bench.processes import load, raise_descriptors, serving
from tests.bench.report import Report, Scale, at_least, at_most, machine, rounded


def run(scale: Scale) -> Report:
    """A fresh node per round; the median counts."""
    raise_descriptors()
    rounds = [_measure(scale) for _ in range(scale.rounds)]
    middle: dict[str, Any] = {key: median(one[key] for one in rounds) for key in rounds[0]}
    return Report(
        name="storm",
        machine=machine(),
        figures={key.replace("_", " "): rounded(value) for key, value in middle.items()},
        goals=[
            at_least(
                "accepts per core second, with resume", middle["accepts_per_cpu_second"], 1500
            ),
            at_most("all resumed after", middle["all_back_seconds"], 60, " s"),
            at_least("resumed from their cursor", middle["resumed"] / middle["sockets"], 1),
        ],
    )


def _measure(scale: Scale) -> dict[str, Any]:
    spec = {"store": "memory", "tenants": 1, "orders": 20}
    with serving("tests.bench.servers.kanvoy", spec) as server:
        pause = 0.3 + scale.storm / 5_000
        return load("storm", {"target": server.target, "sockets": scale.storm, "pause": pause})
