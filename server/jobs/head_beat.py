"""The head-beat: comparing our journals with the store's heads, whatever the bus told us. [MN]"""

import asyncio
from collections.abc import Awaitable, Callable

from structlog import get_logger

from server.application.ports import Fanout

_log = get_logger()

CALM_SECONDS = 1.0
"""While the bus is whole: what a lost hint costs at most."""

ALONE_SECONDS = 0.25
"""While it is away: what every move of another node costs at most."""


class HeadBeat:
    """Beats until it is stopped. A beat that fails is told to the log; the next may succeed."""

    def __init__(self, beat: Callable[[], Awaitable[None]], fanout: Fanout) -> None:
        """Beat as fast as the fan-out needs it."""
        self._beat = beat
        self._fanout = fanout
        self._changed = asyncio.Event()
        self._stop_attending: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with a first beat after a pause."""
        self._stop_attending = self._fanout.attend(self._changed.set)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; returns when no beat runs any more."""
        self._stop_attending()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._pause()
            try:
                await self._beat()
            except Exception as fault:  # noqa: BLE001 - the next beat may succeed
                _log.warning("head-beat failed", fault=repr(fault))

    async def _pause(self) -> None:
        """Wait for the next beat; none when the bus went or came, for then something was lost."""
        # MN4, MN5
        seconds = CALM_SECONDS if self._fanout.whole else ALONE_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()
