"""The sockets a node listens on: opened before anything else is begun."""

import socket
import sys
from typing import Any

from server.settings import Settings

BACKLOG = 2_048
"""Connections the kernel keeps for us until we accept them; as many as uvicorn asks for."""


class CannotListen(Exception):
    """Nobody can be served there; the message says why and which setting decides it."""

    def __init__(self, settings: Settings, problem: OSError) -> None:
        """Say it of the address in these settings."""
        self.reason = problem.strerror or str(problem)
        super().__init__(
            f"cannot listen on {settings.host}:{settings.port}: {self.reason}; "
            "choose with KANVOY_PORT and KANVOY_HOST, or --port and --host"
        )


def listen(settings: Settings) -> list[socket.socket]:
    """Listen at once, so that nobody else can: whoever connects now waits until we serve.

    A name may stand for several addresses; we listen on all of them or raise `CannotListen`.
    """
    listening = bound(settings)
    try:
        for each in listening:
            each.listen(BACKLOG)
    except OSError as problem:
        close(listening)
        raise CannotListen(settings, problem) from problem
    return listening


def bound(settings: Settings) -> list[socket.socket]:
    """Sockets that hold the address and do not listen yet."""
    found: list[socket.socket] = []
    try:
        for family, address in _addresses(settings):
            found.append(one := socket.socket(family, socket.SOCK_STREAM))
            _prepare(one)
            one.bind(address)
    except OSError as problem:
        close(found)
        raise CannotListen(settings, problem) from problem
    return found


def close(sockets: list[socket.socket]) -> None:
    """Let go of the address."""
    for each in sockets:
        each.close()


def _addresses(settings: Settings) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    found = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return list(dict.fromkeys((family, address) for family, *_, address in found))


def _prepare(one: socket.socket) -> None:
    one.settimeout(0)
    if sys.platform != "win32":
        # A port in TIME_WAIT is free.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if one.family == socket.AF_INET6:
        # Otherwise `::` would take IPv4's port too.
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
