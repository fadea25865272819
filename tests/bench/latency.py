"""From a move to the other screens, at the rates of a usual and of a very busy board."""

from typing import Any

from tests.bench.databases import disk_sync_ms, sqlite
from tests.bench.processes import load, serving
from tests.bench.report import Figure, Report, Scale, at_most, machine, rounded

RATES = (50, 300)
_LIMITS = {50: (3, 12), 300: (5, 30)}
"""p50 and p99 in milliseconds, on a quiet machine."""


def run(scale: Scale) -> Report:
    """SQLite FULL, one tenant; the best of the rounds by p99, because others use the machine."""
    rounds = [_round(scale) for _ in range(scale.rounds)]
    best = {
        rate: min((r[at] for r in rounds), key=lambda one: float(one["p99_ms"]))
        for at, rate in enumerate(RATES)
    }
    syncs = disk_sync_ms(100)
    figures: dict[str, Figure] = {
        "watchers": scale.watchers,
        "rounds": scale.rounds,
        "the disk alone, sync p50 ms": rounded(syncs[50]),
        "the disk alone, sync p99 ms": rounded(syncs[98]),
    }
    goals = []
    for rate, one in best.items():
        for key in ("p50_ms", "p99_ms", "core_percent", "load_core_percent", "seen_share"):
            figures[f"{rate}/s: {key.replace('_', ' ')}"] = rounded(one[key])
        worst = max(float(r[RATES.index(rate)]["p99_ms"]) for r in rounds)
        figures[f"{rate}/s: p99 ms, worst round"] = rounded(worst)
        p50, p99 = _LIMITS[rate]
        goals.append(at_most(f"{rate} changes/s, p50", one["p50_ms"], p50, " ms"))
        goals.append(at_most(f"{rate} changes/s, p99", one["p99_ms"], p99, " ms"))
    return Report(name="latency", machine=machine(), figures=figures, goals=goals)


def _round(scale: Scale) -> list[dict[str, Any]]:
    with sqlite() as url:
        spec = {"store": url, "tenants": 1, "orders": scale.watchers * 8}
        with serving("tests.bench.servers.kanvoy", spec) as server:
            answer = load(
                "latency",
                {
                    "target": server.target,
                    "ours": True,
                    "watchers": scale.watchers,
                    "orders": spec["orders"],
                    "rates": RATES,
                    "seconds": scale.seconds,
                },
            )
    rates: list[dict[str, Any]] = answer["rates"]
    return rates
