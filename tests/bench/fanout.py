"""One change to a thousand screens: what a delivery costs the server, beside its peers."""

from typing import Any

from tests.bench import contenders
from tests.bench.processes import load, serving
from tests.bench.report import (
    Figure,
    Goal,
    Report,
    Scale,
    at_least,
    at_most,
    machine,
    ratio,
    rounded,
)

RATE = 100
"""Messages per second of the last part."""

PEERS = (
    "nginx + nchan",
    "node ws",
    "Socket.IO",
    "websockets.broadcast",
    "ChannelsPlugin",
    "python-socketio",
)

_SHOWN = (
    "single_per_cpu_second",
    "single_load_cpu",
    "burst_per_cpu_second",
    "burst_deliveries_per_second",
    "offered_share",
    "offered_frames_per_second",
    "offered_core_percent",
    "offered_per_cpu_second",
    "offered_p50_ms",
    "offered_p99_ms",
    "offered_load_core_percent",
)

_RATIOS = (
    ("one frame per delivery", "single_per_cpu_second", "nginx + nchan", 0.95),
    ("one frame per delivery", "single_per_cpu_second", "Socket.IO", 1.4),
    ("one frame per delivery", "single_per_cpu_second", "websockets.broadcast", 1.4),
    ("one frame per delivery", "single_per_cpu_second", "ChannelsPlugin", 4),
    ("100 messages/s coalesced", "offered_per_cpu_second", "nginx + nchan", 2),
    ("100 messages/s coalesced", "offered_per_cpu_second", "node ws", 3),
    ("100 messages/s coalesced", "offered_per_cpu_second", "Socket.IO", 4),
    ("100 messages/s coalesced", "offered_per_cpu_second", "ChannelsPlugin", 7),
    ("bursts", "burst_per_cpu_second", "Socket.IO", 15),
)
"""What is compared, with whom, and how many times as much it should be."""

Middle = dict[str, dict[str, float]]


def run(scale: Scale) -> Report:
    """Measure all in turns; what counts is the median of the rounds."""
    peers, absent = contenders.present(PEERS)
    found: dict[str, list[dict[str, Any]]] = {}
    for _ in range(scale.rounds):
        ours = _measure(contenders.OURS, scale, contenders.BYTES)
        found.setdefault(contenders.OURS, []).append(ours)
        for name in peers:
            found.setdefault(name, []).append(_measure(name, scale, ours["bytes"]))
    middle = contenders.middle(found)
    figures = _figures(middle, scale) | {f"{n}: skipped": why for n, why in absent.items()}
    return Report(name="fanout", machine=machine(), figures=figures, goals=_goals(middle))


def _measure(name: str, scale: Scale, size: int) -> dict[str, Any]:
    ours = name == contenders.OURS
    module, peer = contenders.command(name, size=size)
    spec = {"store": "memory", "tenants": 1, "orders": 1_000} if ours else peer
    with serving(module, spec) as server:
        return load(
            "fanout",
            {
                "target": server.target,
                "ours": ours,
                "sockets": scale.sockets,
                "messages": max(3, round(20 * scale.seconds)),
                "rate": RATE,
                "seconds": scale.seconds,
            },
        )


def _figures(middle: Middle, scale: Scale) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        "sockets": scale.sockets,
        "payload bytes": int(middle[contenders.OURS]["bytes"]),
        "messages offered per second": RATE,
    }
    for name, one in middle.items():
        for key in _SHOWN:
            figures[f"{name}: {key.replace('_', ' ')}"] = rounded(one[key])
    return figures


def _goals(middle: Middle) -> list[Goal]:
    ours = middle[contenders.OURS]
    goals = [
        at_least(f"{what}, × {peer}", ratio(ours[key], middle.get(peer, {}).get(key)), limit, " ×")
        for what, key, peer, limit in _RATIOS
    ]
    core, late = ours["offered_core_percent"], ours["offered_p99_ms"]
    goals.append(at_most("100 messages/s coalesced, core", core, 45, " %"))
    goals.append(at_most("100 messages/s coalesced, p99", late, 60, " ms"))
    return goals
