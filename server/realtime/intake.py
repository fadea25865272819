"""What comes in on all sockets, handled in turns of their tenants. [FQ]"""

import asyncio
from typing import Protocol

from server.application.fair import FairQueue
from server.application.ports import Clock

PIECE = 512
"""Bytes handled in a row: three or four commands. A longer message comes together in pieces."""

AT_ONCE = 16_384
"""Bytes that need not wait, between two turns of the loop: all there is on a node at work."""

TURN_SECONDS = 0.001
"""How long the loop stays with what waits; everybody's answers wait as long, several times."""

_MUCH = 16 * 1_024
"""Bytes of one socket that wait before nothing more is read from it: its network waits then."""


class Inlet(Protocol):
    """The end of a socket that bytes come out of."""

    whose: str
    """The tenant."""
    held: int
    """Bytes that came and were not handled yet. The intake's own."""

    @property
    def is_gone(self) -> bool:
        """Whether nobody is there any more to handle them for."""

    def handle(self, data: bytes) -> None:
        """Handle these bytes, which follow those before."""

    def hold(self) -> None:
        """Read nothing more for now."""

    def go_on(self) -> None:
        """Read again."""


Waiting = tuple[Inlet, bytes]


class Intake:
    """One for all sockets of a node. Bytes of one socket are handled in the order they came.

    The kernel hands over up to 256 KB of each socket at once. Handled as they come, a tenant that
    fills fifty sockets would keep all others waiting for all of it. Belongs to one event loop.
    """

    def __init__(self, clock: Clock) -> None:
        """Nothing waits."""
        self._clock = clock
        self._waiting: FairQueue[Waiting] = FairQueue(PIECE, is_gone=_is_gone)
        self._left = AT_ONCE
        self._due = False

    def came(self, inlet: Inlet, data: bytes) -> None:
        """Handle this now, or when it is its tenant's turn."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._turn)
        if self._left >= len(data) and not self._waiting:
            self._left -= len(data)
            inlet.handle(data)
            return
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self._waiting.put(inlet.whose, (inlet, piece), len(piece))
        inlet.held += len(data)
        if inlet.held > _MUCH:
            inlet.hold()

    def holds(self, whose: str) -> bool:
        """Whether anything of this tenant's is here that was not handled yet."""
        return self._waiting.holds(whose)

    def _turn(self) -> None:
        """The loop turned: a little of what waits, and again when it has turned once more."""
        self._due = False
        self._left = AT_ONCE
        until = self._clock.monotonic() + TURN_SECONDS
        while (found := self._waiting.take()) is not None:
            self._handle(*found[1])
            if self._clock.monotonic() >= until:
                break
        if self._waiting and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _handle(self, inlet: Inlet, piece: bytes) -> None:
        was_much = inlet.held > _MUCH
        inlet.held -= len(piece)
        inlet.handle(piece)
        if was_much and inlet.held <= _MUCH:
            inlet.go_on()


def _is_gone(waiting: Waiting) -> bool:
    return waiting[0].is_gone
