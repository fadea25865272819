"""Calling back later on this event loop."""

import asyncio
from collections.abc import Callable


def schedule(seconds: float, call: Callable[[], None]) -> None:
    """Call once after so many seconds; 0 is as soon as the current callbacks are done."""
    loop = asyncio.get_running_loop()
    if seconds > 0:
        loop.call_later(seconds, call)
    else:
        loop.call_soon(call)
