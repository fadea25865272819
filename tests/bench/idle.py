"""Twenty thousand screens on which nothing happens: memory, and how fast they may come."""

from typing import Any

from tests.bench import contenders
from tests.bench.processes import load, raise_descriptors, serving
from tests.bench.report import Figure, Report, Scale, at_least, at_most, machine, rounded

PEERS = ("node ws", "Socket.IO", "websockets.broadcast")

_PEERS_SOCKETS = 5_000
"""A peer's figures per socket do not change beyond it."""

_OTHER_FILES = 500
"""Descriptors a process needs besides its sockets."""


def run(scale: Scale) -> Report:
    """One round: memory does not vary."""
    peers, absent = contenders.present(PEERS)
    allowed = raise_descriptors() - _OTHER_FILES
    ours = _measure(contenders.OURS, min(scale.idle, allowed), scale)
    figures: dict[str, Figure] = {"descriptors allowed": allowed + _OTHER_FILES}
    figures |= _shown(contenders.OURS, ours)
    for name in peers:
        count = min(scale.idle, _PEERS_SOCKETS, allowed)
        figures |= _shown(name, _measure(name, count, scale))
    figures |= {f"{name}: skipped": why for name, why in absent.items()}
    return Report(
        name="idle",
        machine=machine(),
        figures=figures,
        goals=[
            at_most("user space of an idle socket", ours["kb_per_socket"], 18, " KB"),
            at_least("idle sockets on one worker", ours["sockets"], 19_000),
            at_most("longest pause with them", ours["longest_pause_ms"], 10, " ms"),
        ],
    )


def _measure(name: str, count: int, scale: Scale) -> dict[str, Any]:
    ours = name == contenders.OURS
    module, peer = contenders.command(name)
    spec = {"store": "memory", "tenants": 1, "orders": 20} if ours else peer
    with serving(module, spec) as server:
        target = server.target
        return load(
            "idle",
            {"target": target, "ours": ours, "sockets": count, "seconds": scale.seconds / 2},
        )


def _shown(name: str, one: dict[str, Any]) -> dict[str, Figure]:
    return {f"{name}: {key.replace('_', ' ')}": rounded(value) for key, value in one.items()}
