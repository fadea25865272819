"""Ten thousand screens lose a node and come back with their cursors, all at once."""

from typing import Any

from tests.bench.processes import load, raise_descriptors, serving
from tests.bench.report import Report, Scale, at_least, at_most, machine, middle, rounded


def run(scale: Scale) -> Report:
    """A fresh node per round; the median counts."""
    raise_descriptors()
    found = middle([_measure(scale) for _ in range(scale.rounds)])
    return Report(
        name="storm",
        machine=machine(),
        figures={key.replace("_", " "): rounded(value) for key, value in found.items()},
        goals=[
            at_least("accepts per core second, with resume", found["accepts_per_cpu_second"], 1500),
            at_most("all resumed after", found["all_back_seconds"], 60, " s"),
            at_least("resumed from their cursor", found["resumed"] / found["sockets"], 1),
        ],
    )


def _measure(scale: Scale) -> dict[str, Any]:
    spec = {"store": "memory", "tenants": 1, "orders": 20}
    with serving("tests.bench.servers.kanvoy", spec) as server:
        pause = 0.3 + scale.storm / 5_000
        return load("storm", {"target": server.target, "sockets": scale.storm, "pause": pause})
