"""A screen comes back after ten thousand changes: one frame of what is different, or everything."""

from typing import Any

from tests.bench.databases import sqlite
from tests.bench.processes import load, serving
from tests.bench.report import Report, Scale, at_least, at_most, machine, middle, rounded

_FEWEST = 100
"""Orders: two for each that moves some."""

_OFTEN = 5
"""How often each order changed meanwhile: only its last state need be told."""


def run(scale: Scale) -> Report:
    """SQLite FULL; the median of the rounds counts, in each of which the screen returns often."""
    found = middle([_measure(scale) for _ in range(scale.rounds)])
    return Report(
        name="resume",
        machine=machine(),
        figures={key.replace("_", " "): rounded(value) for key, value in found.items()},
        goals=[
            at_least("changes missed", found["missed_changes"], scale.cards),
            at_most("frames", found["frames"], 1),
            at_most("CPU to resume", found["server_cpu_ms"], 50, " ms"),
        ],
    )


def _measure(scale: Scale) -> dict[str, Any]:
    orders = max(scale.cards // _OFTEN, _FEWEST)
    with sqlite() as url:
        spec = {"store": url, "tenants": 1, "orders": orders}
        with serving("tests.bench.servers.kanvoy", spec) as server:
            return load(
                "resume", {"target": server.target, "orders": orders, "missed": scale.cards}
            )
