"""X2: operators on two nodes over a bad road; one journal must explain what they saw.

The road keeps back 30 % of the verdicts, one by one, and every other second breaks 30 % of the
connections with whatever is on its way. A client learns of a lost verdict only when its connection
is gone: then it says all its unanswered commands again, with their old numbers. `asked again`
counts the commands that a node had answered and whose answer had not arrived when their client
came back; `dropped` counts the verdicts that the road kept back, second answers included.
"""

import asyncio
import random

from tests.experiments.at_work import TORN, play
from tests.experiments.history import History, anomalies
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.two_nodes import Installation

_EVERY = 2.0
"""Seconds between two tears. A connection lives for about 7 s: one that did not live for 5 s is
followed by a wait, which would leave the experiment with nothing under way."""


class Tally:
    """So many commands, and no more."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.asked = wanted, 0

    def __call__(self) -> bool:
        """Whether another one is wanted; counts it."""
        if self.is_full:
            return False
        self.asked += 1
        return True

    @property
    def is_full(self) -> bool:
        """Whether all have been asked."""
        return self.asked >= self.wanted


def found(history: History, seed: int) -> tuple[Finding, ...]:
    """Every anomaly, under the seed that it came with."""
    return tuple(Finding(seed, what) for what in anomalies(history))


def run(request: Request) -> Result:
    """So many commands."""
    tally, dice = Tally(request.count), random.Random(request.seed)

    async def tears(installation: Installation) -> None:
        while not tally.is_full:
            await asyncio.sleep(_EVERY)
            installation.road.tear(dice, TORN)

    history = asyncio.run(play(request.seed, tally, tears))
    return Result(
        counts={
            "ops": request.count,
            "applied": len(history.written),
            "stale": len(history.refused),
            "asked again": history.asked_again,
            "dropped": history.dropped,
            "shown": len(history.shown),
            "reads": len(history.reads),
        },
        bad="anomalies",
        findings=found(history, request.seed),
    )


X2 = Experiment(name="X2", title="black box", counts={"pr": 20_000, "release": 100_000}, run=run)
