"""By how much the event loop is late: what everything on this node waits for."""

import asyncio
from collections.abc import Callable

_EVERY = 0.25
"""Seconds between two looks."""


class LoopGap:
    """Asks to be called back in a moment, and tells by how much that was late."""

    def __init__(self, told: Callable[[float], None]) -> None:
        """Tell this, in seconds."""
        self._told = told
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look."""
        loop = asyncio.get_running_loop()
        due = loop.time() + _EVERY
        self._handle = loop.call_at(due, self._look, due)

    async def stop(self) -> None:
        """Look no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _look(self, due: float) -> None:
        # Timers may come a clock's tick early.
        self._told(max(0.0, asyncio.get_running_loop().time() - due))
        self.start()
