"""Several works, none of which holds up the others."""

import asyncio
from collections.abc import Awaitable, Iterable


async def all_of(works: Iterable[Awaitable[object]]) -> None:
    """Let all of them come to their end, then raise what the first failing one raised."""
    ends = await asyncio.gather(*works, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
