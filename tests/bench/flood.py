"""A noisy neighbour: how much later a tenant gets its answers while another one floods."""

from statistics import median
from typing import Any

from tests.bench.databases import sqlite
from tests.bench.processes import load, serving
from tests.bench.report import Figure, Report, Scale, at_most, machine, ratio, rounded

KINDS = ("commands", "everything", "bulks")
"""Single commands; those with acknowledgements and watching besides; bulks of 500."""

FLOODERS, WORKERS, RATE = 50, 10, 50
"""Sockets of the tenant that floods and of the watched one, and the latter's moves a second."""

_LIMIT = 1.5

Flood = dict[str, Any]


def run(scale: Scale) -> Report:
    """SQLite FULL, the limits of the product; the median of the rounds' ratios counts."""
    rounds = [[_flood(scale, kind) for kind in KINDS] for _ in range(scale.rounds)]
    figures: dict[str, Figure] = {
        "sockets that flood": FLOODERS,
        "moves per second of the watched tenant": RATE,
        "rounds": scale.rounds,
    }
    goals = []
    for at, kind in enumerate(KINDS):
        floods = [one[at] for one in rounds]
        for state in ("quiet", "beset"):
            for key in floods[0][state]:
                if state == "beset" or not key.startswith("flood"):
                    value = median(one[state][key] for one in floods)
                    figures[f"{kind}, {state}: {key.replace('_', ' ')}"] = rounded(value)
        for share in ("p50", "p99"):
            times = [_times(one, f"{share}_ms") for one in floods]
            figures[f"{kind}: {share}, beset ÷ quiet, worst round"] = rounded(max(times))
            goals.append(at_most(f"{kind}: {share}, beset ÷ quiet", median(times), _LIMIT, " ×"))
    return Report(name="flood", machine=machine(), figures=figures, goals=goals)


def _times(flood: Flood, key: str) -> float:
    return ratio(flood["beset"][key], flood["quiet"][key]) or 0.0


def _flood(scale: Scale, kind: str) -> Flood:
    orders = max(scale.cards // 5, FLOODERS)
    with sqlite() as url:
        spec = {"store": url, "tenants": 2, "orders": orders, "limits": True}
        with serving("tests.bench.servers.kanvoy", spec) as server:
            return load(
                "flood",
                {
                    "target": server.target,
                    "flooders": FLOODERS,
                    "workers": WORKERS,
                    "rate": RATE,
                    "orders": orders,
                    "kind_of_flood": kind,
                    "seconds": scale.seconds,
                },
            )
