"""One change to a thousand screens: what a delivery costs the server, beside two peers."""

from statistics import median
from typing import Any

from tests.bench.processes import load, serving
from tests.bench.report import Figure, Goal, Report, Scale, at_least, machine, ratio, rounded

RATE = 100
"""Messages per second of the second part."""

PEERS = {
    "websockets.broadcast": "tests.bench.peers.websockets_broadcast",
    "ChannelsPlugin": "tests.bench.peers.channels_plugin",
}

_SHOWN = (
    "single_per_cpu_second",
    "single_load_cpu",
    "offered_share",
    "offered_frames_per_second",
    "offered_core_percent",
    "offered_per_cpu_second",
    "offered_load_core_percent",
)


def run(scale: Scale) -> Report:
    """Measure all three in turns; what counts is the median of the rounds."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _ in range(scale.rounds):
        ours = _measure("tests.bench.servers.kanvoy", scale, None)
        found.setdefault("kanvoy", []).append(ours)
        for name, module in PEERS.items():
            found.setdefault(name, []).append(_measure(module, scale, ours["bytes"]))
    middle = {
        name: {key: median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in found.items()
    }
    return Report(
        name="fanout", machine=machine(), figures=_figures(middle, scale), goals=_goals(middle)
    )


def _measure(module: str, scale: Scale, size: int | None) -> dict[str, Any]:
    ours = size is None
    spec = {"store": "memory", "tenants": 1, "orders": 1_000} if ours else {"bytes": size}
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


def _figures(middle: dict[str, dict[str, float]], scale: Scale) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        "sockets": scale.sockets,
        "payload bytes": int(middle["kanvoy"]["bytes"]),
        "messages offered per second": RATE,
    }
    for name, one in middle.items():
        for key in _SHOWN:
            figures[f"{name}: {key.replace('_', ' ')}"] = rounded(one[key])
    return figures


def _goals(middle: dict[str, dict[str, float]]) -> list[Goal]:
    ours, broadcast, plugin = (middle[n] for n in ("kanvoy", *PEERS))
    single, offered = "single_per_cpu_second", "offered_per_cpu_second"
    return [
        at_least(
            "one frame per delivery, × websockets.broadcast",
            ratio(ours[single], broadcast[single]),
            1.4,
            " ×",
        ),
        at_least(
            "one frame per delivery, × ChannelsPlugin", ratio(ours[single], plugin[single]), 4, " ×"
        ),
        at_least(
            "100 messages/s coalesced, × ChannelsPlugin",
            ratio(ours[offered], plugin[offered]),
            7,
            " ×",
        ),
    ]
