"""Several works as one: begun together, ended in the other order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Work(Protocol):
    """What a node does without being asked."""

    def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End; returns when nothing of it runs any more."""


@asynccontextmanager
async def going(*works: Work) -> AsyncIterator[None]:
    """What the node does without being asked goes on meanwhile."""
    for work in works:
        work.start()
    try:
        yield
    finally:
        for work in reversed(works):
            await work.stop()
