"""Work that comes round: each piece in its own rhythm, none stopping another."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Protocol

import msgspec
from structlog import get_logger

_log = get_logger()

Sleep = Callable[[float], Awaitable[None]]


class Took(Protocol):
    """Hears how long rounds take."""

    def __call__(self, name: str, seconds: float, *, failed: bool) -> None:
        """A round came to its end."""


def _nobody(name: str, seconds: float, *, failed: bool) -> None:
    """Nobody wants to know."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work and the pause after it."""

    name: str
    seconds: float
    work: Callable[[], Awaitable[None]]


class Rounds:
    """Runs rounds until it is stopped. A round that fails is told to the log and comes round again.

    The pause follows the work, so a slow round never overlaps itself.
    """

    def __init__(
        self, rounds: tuple[Round, ...], sleep: Sleep = asyncio.sleep, took: Took = _nobody
    ) -> None:
        """Run these; tests bring their own `sleep`."""
        self._rounds = rounds
        self._sleep = sleep
        self._took = took
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin every round after its first pause."""
        self._tasks = [asyncio.create_task(self._run(round_)) for round_ in self._rounds]

    async def stop(self) -> None:
        """End all rounds; returns when none runs any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, round_: Round) -> None:
        while True:
            await self._sleep(round_.seconds)
            since, failed = monotonic(), False
            try:
                await round_.work()
            except Exception as fault:  # noqa: BLE001 - the next round may succeed
                failed = True
                _log.warning("round failed", round=round_.name, fault=repr(fault))
            self._took(round_.name, monotonic() - since, failed=failed)
