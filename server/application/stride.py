"""Long work on the event loop, cut so that nobody else waits for all of it. [FQ]"""

import asyncio

STRIDE = 4
"""Decisions in a row. Eight take a millisecond; the way round the loop takes some microseconds."""

ROWS = 16
"""Rows encoded, or told to screens, in a row: about a millisecond too."""


class Stride:
    """Counts small things that are done in a row, and lets the others go first after so many."""

    __slots__ = ("_each", "_left")

    def __init__(self, each: int = STRIDE) -> None:
        """Nothing was done yet."""
        self._each = each
        self._left = each

    async def step(self) -> None:
        """One more is done. What else waits on this event loop may run before this returns."""
        self._left -= 1
        if self._left == 0:
            self._left = self._each
            await asyncio.sleep(0)
