"""Whether the node should get work: what it depends on, each looked at in bounded time. [OB]"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from collections.abc import Sequence as Series
from pathlib import Path
from typing import Literal

import msgspec

State = Literal["ok", "degraded", "down"]
"""degraded: the node serves, but somebody should look · down: it must get no work."""

Look = Callable[[], Awaitable[State]]

PATIENCE_SECONDS = 2.0
"""Balancers ask every few seconds; a database that takes longer serves nobody."""

LEAST_FREE_BYTES = 1_024**3
"""A day's pictures of a busy depot, or half an hour of a log that was left at `debug`."""


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """Something the node needs."""

    name: str
    look: Look
    worst: State
    """What it counts as when looking fails or takes too long."""


class Readiness:
    """Looks at everything a node depends on, all at once.

    However many ask, each dependency is looked at once at a time: a folder that hangs or a database
    that is slow gets no crowd of questions on top.
    """

    def __init__(
        self,
        dependencies: Series[Dependency],
        clock: Callable[[], float],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """The node lives from now on, by this clock in seconds that only grow."""
        self._dependencies = tuple(dependencies)
        self._clock = clock
        self._since = clock()
        self._patience = patience
        self._looking: dict[str, asyncio.Task[State]] = {}

    def uptime(self) -> float:
        """Seconds since the node began."""
        return self._clock() - self._since

    async def states(self) -> dict[str, State]:
        """How each dependency is now, in the order they were named; takes `patience` at most."""
        tasks = [self._task(dependency) for dependency in self._dependencies]
        if tasks:
            await asyncio.wait(tasks, timeout=self._patience)
        return {
            dependency.name: task.result() if task.done() else dependency.worst
            for dependency, task in zip(self._dependencies, tasks, strict=True)
        }

    def _task(self, dependency: Dependency) -> asyncio.Task[State]:
        task = self._looking.get(dependency.name)
        if task is None or task.done():
            task = self._looking[dependency.name] = asyncio.create_task(_look(dependency))
        return task


async def _look(dependency: Dependency) -> State:
    try:
        return await dependency.look()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it does not work
        return dependency.worst


def disk_of(folder: Path, least: int = LEAST_FREE_BYTES) -> Look:
    """How much room is left in the folder of the data. Orders move on as long as there is any."""

    async def look() -> State:
        free = await asyncio.to_thread(_free, folder)
        return "ok" if free >= least else "degraded"

    return look


def _free(folder: Path) -> int:
    """Bytes left where the folder is, or will be once something is put into it."""
    absolute = folder.absolute()
    there = next(path for path in (absolute, *absolute.parents) if path.exists())
    return shutil.disk_usage(there).free
