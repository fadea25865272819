"""Commands that took too long, for whoever runs the node: nothing is told of the others."""

from collections.abc import Callable, Iterable, Mapping
from math import inf

import msgspec

from protocols.vocabulary import TenantId
from server.application.submission import Submission
from server.application.tally import Stage, Tally

_WAY: tuple[Stage, ...] = ("decide", "commit", "announce")
"""The stages between the queue and the verdict."""


class SlowBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Commands that were decided together, and the way of the one that waited longest."""

    tenant_id: TenantId
    kinds: tuple[str, ...]
    """What was asked, each once."""
    count: int
    seconds: float
    """From the moment the first was asked until the verdicts were there."""
    stages: Mapping[Stage, float]
    """Seconds in each; what is missing was spent on catching up, or before a refused commit."""
    answered: bool
    """False: no verdict, the askers come again."""


class Slowness(msgspec.Struct, frozen=True, kw_only=True):
    """From when on commands are slow, and who is told then."""

    seconds: float = inf
    tell: Callable[[SlowBatch], None] = lambda _: None


NEVER = Slowness()


class Stopwatch:
    """Runs while a batch is decided. The tally counts the stages anyway; this reads it twice."""

    __slots__ = ("_asked_at", "_before", "_begun", "_tally")

    def __init__(self, tally: Tally, asked_at: float, now: float) -> None:
        """The batch begins now; its first command was asked before."""
        self._tally = tally
        self._asked_at = asked_at
        self._begun = now
        self._before = _times(tally)

    def seconds(self, now: float) -> float:
        """How long the first command has waited."""
        return now - self._asked_at

    def batch(
        self, now: float, tenant_id: TenantId, asked: Iterable[Submission], *, answered: bool
    ) -> SlowBatch:
        """What there is to tell of it."""
        kinds = [type(submission.command).__name__ for submission in asked]
        stages: dict[Stage, float] = {"queue": self._begun - self._asked_at}
        for stage, after, before in zip(_WAY, _times(self._tally), self._before, strict=True):
            stages[stage] = after - before
        return SlowBatch(
            tenant_id=tenant_id,
            kinds=tuple(sorted(set(kinds))),
            count=len(kinds),
            seconds=self.seconds(now),
            stages=stages,
            answered=answered,
        )


def _times(tally: Tally) -> tuple[float, float, float]:
    # Written out: it is asked for every batch, and this takes a fifth of a loop's time.
    stages = tally.stages
    return stages["decide"].seconds, stages["commit"].seconds, stages["announce"].seconds
