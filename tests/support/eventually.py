"""Wait for what another program does in its own time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

SECONDS = 15.0


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = SECONDS) -> None:
    """Ask again and again until it is so; fails when it never is."""
    ends = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < ends, f"{holds} did not become true in {seconds} s"
        await asyncio.sleep(0.1)
