"""An event loop with a clock of its own that picks the next ready callback by seed.

The same seed runs the same schedule, step for step. Needs code without threads and without real
input or output; hash randomisation does not matter as long as nobody iterates over sets.
"""

import asyncio
import heapq
import random
import selectors
from typing import Any

from tests.simulation.divergence import Divergence

MOST_STEPS = 400_000
"""Schedules of 160 commands take about 10,000; many more go in circles."""


class SeededLoop(asyncio.SelectorEventLoop):
    """Runs one ready callback at a time, chosen by chance; time jumps to the next timer.

    Raises `Divergence` out of `run_until_complete` when everybody waits for something that will
    never come, and when the steps do not end.
    """

    def __init__(self, seed: int, most_steps: int = MOST_STEPS) -> None:
        """Start at time 0."""
        super().__init__(selectors.SelectSelector())
        self._chance = random.Random(seed).random
        self._now = 0.0
        self._most_steps = most_steps
        self.steps = 0

    def time(self) -> float:
        """Virtual seconds since the start."""
        return self._now

    def drain(self) -> None:
        """Run what is ready until nothing is, without letting time pass: to end cleanly."""
        loop: Any = self
        ready = loop._ready
        while ready:
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _run_once(self) -> None:
        # The names below are CPython's own (3.11 to 3.14); test_loop.py fails when they change.
        loop: Any = self
        self._wake(loop._ready, loop._scheduled)
        ready = loop._ready
        if len(ready) > 1:
            ready.rotate(-int(self._chance() * len(ready)))
        handle = ready.popleft()
        self.steps += 1
        if self.steps > self._most_steps:
            raise Divergence(f"no end after {self.steps} steps, {self._now:.0f} virtual seconds")
        if not handle._cancelled:
            handle._run()

    def _wake(self, ready: Any, scheduled: Any) -> None:
        """Make ready what is due; when nothing else is, let the time of the next timer come."""
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready:
            if not scheduled:
                raise Divergence("everybody waits for something that never comes")
            self._now = max(self._now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
