"""Two hundred tenants with ten screens each and five changes per second: the usual customers."""

from typing import Any

from tests.bench import contenders
from tests.bench.processes import load, serving
from tests.bench.report import Figure, Goal, Report, Scale, at_most, machine, ratio, rounded

EACH, RATE = 10, 5
"""Sockets of a tenant, and its changes per second."""

PEERS = ("Socket.IO", "node ws", "ChannelsPlugin")

Middle = dict[str, dict[str, float]]


def run(scale: Scale) -> Report:
    """All in turns; what counts is the median of the rounds."""
    peers, absent = contenders.present(PEERS)
    found: dict[str, list[dict[str, Any]]] = {}
    for _ in range(scale.rounds):
        for name in (contenders.OURS, *peers):
            found.setdefault(name, []).append(_measure(name, scale))
    middle = contenders.middle(found)
    return Report(
        name="tenants",
        machine=machine(),
        figures=_figures(middle, absent, scale),
        goals=_goals(middle),
    )


def _measure(name: str, scale: Scale) -> dict[str, Any]:
    ours, channels = name == contenders.OURS, scale.channels
    spec = {"store": "memory", "tenants": channels, "orders": 50} if ours else {}
    module, peer = contenders.command(name, channels=channels, size=contenders.BYTES)
    with serving(module, spec or peer) as server:
        return load(
            "tenants",
            {
                "target": server.target,
                "ours": ours,
                "channels": channels,
                "each": EACH,
                "rate": RATE,
                "seconds": scale.seconds,
            },
        )


def _figures(middle: Middle, absent: dict[str, str], scale: Scale) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        "tenants": scale.channels,
        "sockets of each": EACH,
        "changes per second of each": RATE,
    }
    for name, one in middle.items():
        figures |= {f"{name}: {k.replace('_', ' ')}": rounded(v) for k, v in one.items()}
    return figures | {f"{name}: skipped": why for name, why in absent.items()}


def _goals(middle: Middle) -> list[Goal]:
    ours, core = middle[contenders.OURS], "core_percent"
    other = middle.get("Socket.IO", {}).get(core)
    return [
        at_most("many small tenants, p50", ours["p50_ms"], 0.6, " ms"),
        at_most("many small tenants, p99", ours["p99_ms"], 10, " ms"),
        at_most("many small tenants, longest pause", ours["longest_pause_ms"], 10, " ms"),
        at_most("many small tenants, core × Socket.IO's", ratio(ours[core], other), 1, " ×"),
    ]
