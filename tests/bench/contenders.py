"""Who takes part in a bench beside us, how each is started, and who is absent and why."""

from collections.abc import Iterable
from typing import Any

from tests.bench import report
from tests.bench.peers.install import missing

OURS = "kanvoy"

BYTES = 300
"""Size of a peer's message where no message of ours was measured before."""

_MODULES = {
    OURS: "tests.bench.servers.kanvoy",
    "nginx + nchan": "tests.bench.peers.nchan",
    "node ws": "tests.bench.peers.on_node",
    "Socket.IO": "tests.bench.peers.on_node",
    "tldraw sync": "tests.bench.peers.on_node",
    "websockets.broadcast": "tests.bench.peers.websockets_broadcast",
    "ChannelsPlugin": "tests.bench.peers.channels_plugin",
    "python-socketio": "tests.bench.peers.python_socketio",
}
_SCRIPTS = {"node ws": "ws.cjs", "Socket.IO": "socket_io.cjs", "tldraw sync": "tldraw.cjs"}


def present(names: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Those that can run here, and the reasons of those that cannot."""
    names = tuple(names)
    reasons = {name: reason for name in names if (reason := missing(name)) is not None}
    return tuple(name for name in names if name not in reasons), reasons


def command(name: str, *, channels: int = 1, size: int = BYTES) -> tuple[str, dict[str, Any]]:
    """The module and the spec with which a peer is started."""
    spec: dict[str, Any] = {"bytes": size, "channels": channels}
    if name in _SCRIPTS:
        spec["script"] = _SCRIPTS[name]
    return _MODULES[name], spec


def middle(found: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """The median of each figure over the rounds."""
    return {name: report.middle(rounds) for name, rounds in found.items()}
