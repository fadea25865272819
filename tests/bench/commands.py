"""Durable moves: decided, committed, answered and seen, beside one SQLAlchemy transaction each."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.bench import contenders
from tests.bench.databases import Durable, sqlite
from tests.bench.peers.install import missing
from tests.bench.processes import load, serving
from tests.bench.report import (
    Figure,
    Goal,
    Report,
    Scale,
    at_least,
    at_most,
    machine,
    middle,
    ratio,
    rounded,
)

OURS, PEER = "tests.bench.servers.kanvoy", "tests.bench.peers.sqlalchemy_moves"

ENGINE = "tldraw sync"
"""A sync engine from npm; only with SQLite, which is its documented durable store."""

_LIMITS = {("SQLite", 1): 4_400, ("SQLite", 20): 3_500}
_LIMITS |= {("PostgreSQL", 1): 4_000, ("PostgreSQL", 20): 3_000}

_ORDERS = 400
"""Cards of each tenant; what a command costs does not depend on it."""

Fresh = Callable[[bool], AbstractContextManager[str]]
Found = dict[str, dict[str, Any]]


def run(scale: Scale) -> Report:
    """Both databases, one and many tenants; the median of the rounds counts."""
    found: Found = {}
    with _databases() as databases:
        for name, fresh in databases.items():
            for tenants in (1, scale.tenants):
                case = f"{name}, {tenants} tenant{'s' if tenants > 1 else ''}"
                rounds = [_measure(OURS, fresh, scale, tenants) for _ in range(scale.rounds)]
                found[case] = middle(rounds)
                found[f"{case}, peer"] = _measure(PEER, fresh, scale, tenants)
                if name == "SQLite" and missing(ENGINE) is None:
                    found[f"{case}, {ENGINE}"] = _measure(ENGINE, fresh, scale, tenants)
            silent = [_measure(OURS, fresh, scale, 1, watch=False) for _ in range(scale.rounds)]
            found[f"{name}, nobody watches"] = middle(silent)
    absent = {f"{n}: skipped": why for n, why in contenders.present([ENGINE])[1].items()}
    return Report(
        name="commands",
        machine=machine(),
        figures=_figures(found) | absent,
        goals=_goals(found, scale),
    )


@contextmanager
def _databases() -> Iterator[dict[str, Fresh]]:
    server = Durable()
    try:
        yield {"SQLite": lambda _: sqlite(), "PostgreSQL": lambda m: server.database(migrated=m)}
    finally:
        server.close()


def _measure(
    module: str, fresh: Fresh, scale: Scale, tenants: int, *, watch: bool = True
) -> dict[str, Any]:
    ours, peer = module == OURS, module
    orders = max(_ORDERS, scale.watchers * 8)
    with fresh(ours) as url:
        spec = {"store": url, "tenants": tenants, "orders": orders}
        if module == ENGINE:
            module, engine = contenders.command(ENGINE)
            spec |= engine
        with serving(module, spec) as server:
            return load(
                "moves",
                {
                    "target": server.target,
                    "ours": ours,
                    "peer": peer,
                    "watch": watch,
                    "tenants": tenants,
                    "watchers": scale.watchers,
                    "orders": orders,
                    # Enough under way to fill batches, and no more than a client may have.
                    "window": 4 if tenants == 1 else 1,
                    "seconds": scale.seconds,
                },
            )


_SHOWN = (
    "moves_per_second",
    "moves_per_cpu_second",
    "cpu_ms_per_move",
    "loop_cpu_ms_per_move",
    "core_percent",
    "batch",
    "answer_p50_ms",
    "answer_p99_ms",
    "load_core_percent",
)


def _figures(found: Found) -> dict[str, Figure]:
    return {
        f"{case}: {key.replace('_', ' ')}": rounded(one[key])
        for case, one in found.items()
        for key in _SHOWN
    }


def _goals(found: Found, scale: Scale) -> list[Goal]:
    goals = []
    for (name, tenants), limit in _LIMITS.items():
        count = scale.tenants if tenants > 1 else 1
        case = f"{name}, {count} tenant{'s' if count > 1 else ''}"
        ours, peer = found[case], found[f"{case}, peer"]
        rate = "moves_per_second"
        goals.append(at_least(f"{case}: moves/s", ours[rate], limit))
        times = ratio(ours[rate], peer[rate])
        goals.append(at_least(f"{case}: × SQLAlchemy per command, moves/s", times, 25, " ×"))
        rate = "moves_per_cpu_second"
        times = ratio(ours[rate], peer[rate])
        goals.append(at_least(f"{case}: × SQLAlchemy per command, CPU", times, 25, " ×"))
        if name == "SQLite":
            engine = found.get(f"{case}, {ENGINE}", {}).get("moves_per_second")
            times = ratio(ours["moves_per_second"], engine)
            goals.append(at_least(f"{case}: × {ENGINE}, moves/s", times, 4, " ×"))
    for name in ("SQLite", "PostgreSQL"):
        silent = found[f"{name}, nobody watches"]["cpu_ms_per_move"]
        goals.append(at_most(f"{name}: CPU per command in batches", silent, 0.2, " ms"))
    return goals
