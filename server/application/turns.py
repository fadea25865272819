"""Places at what is scarce, a database or the event loop, given to tenants in turn. [FQ]"""

import asyncio
from types import TracebackType

from server.application.fair import FairQueue
from server.application.ports import StorageBusy

Waiter = asyncio.Future[None]


class Turns:
    """So many at once, and fewer of one tenant, so that nobody can take all places.

    None stays empty that somebody may have. A free one costs a look into a dictionary. Belongs to
    one event loop.
    """

    def __init__(self, places: int, each: int, *, patience: float) -> None:
        """Have so many places, at most `each` for one tenant; wait so many seconds for one."""
        self._free = places
        self._each = each
        self._patience = patience
        self._held: dict[str, int] = {}
        self._full: set[str] = set()
        self._waiting: FairQueue[Waiter] = FairQueue(is_gone=asyncio.Future.done)

    def of(self, whose: str) -> "Turn":
        """A turn of this tenant's, for `async with`; raises `StorageBusy` after the patience."""
        return Turn(self, whose)

    async def enter(self, whose: str) -> None:
        """Have a place, at once when one is free, else after everybody whose turn is before."""
        # Whoever waits while a place is free waits for one of its own.
        if self._free and whose not in self._full:
            self._give(whose)
            return
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiting.put(whose, waiter)
        try:
            async with asyncio.timeout(self._patience):
                await waiter
        except BaseException as end:
            if waiter.done() and not waiter.cancelled():
                # Given and taken away in the same moment: somebody else may have it.
                self.leave(whose)
            if isinstance(end, TimeoutError):
                raise StorageBusy from end
            raise

    def leave(self, whose: str) -> None:
        """Give the place back; the next in turn has it at once."""
        self._free += 1
        self._full.discard(whose)
        left = self._held[whose] - 1
        if left:
            self._held[whose] = left
        else:
            del self._held[whose]
        while self._free and self._waiting:
            found = self._waiting.take(self._full)
            if found is None:
                return
            self._give(found[0])
            found[1].set_result(None)

    def _give(self, whose: str) -> None:
        self._free -= 1
        held = self._held[whose] = self._held.get(whose, 0) + 1
        if held == self._each:
            self._full.add(whose)


class Turn:
    """One place for one tenant, as a context."""

    __slots__ = ("_turns", "_whose")

    def __init__(self, turns: Turns, whose: str) -> None:
        """Not entered yet."""
        self._turns = turns
        self._whose = whose

    async def __aenter__(self) -> None:
        """Wait for the place."""
        await self._turns.enter(self._whose)

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Give it back, whatever happened."""
        self._turns.leave(self._whose)
