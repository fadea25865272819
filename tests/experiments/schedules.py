"""X1: many clients, nodes and faults in one seeded schedule; every screen equals the journal."""

import faulthandler
import multiprocessing
import sys
from collections.abc import Iterator

import msgspec

from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.simulation.world import World

OPS = 160
"""Commands per schedule."""

_STUCK_SECONDS = 120
"""A schedule takes 0.1 s; one that runs in a circle without a step ends its process, loudly."""


class Trial(msgspec.Struct, frozen=True):
    """What one seed came to."""

    seed: int
    ops: int
    trouble: str


def play(seed: int) -> Trial:
    """One schedule. Whatever it raises is a finding: also our own bugs must not pass."""
    faulthandler.dump_traceback_later(_STUCK_SECONDS, exit=True, file=sys.__stderr__)
    try:
        return Trial(seed, World(seed, commands=OPS).run().commands, "")
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the other seeds must run
        return Trial(seed, OPS, f"{type(trouble).__name__}: {trouble}")
    finally:
        faulthandler.cancel_dump_traceback_later()


def run(request: Request) -> Result:
    """All schedules of the request, spread over the workers."""
    trials = list(_trials(request))
    assert len(trials) == request.count, "a worker ended early"
    return Result(
        counts={"schedules": len(trials), "ops": sum(trial.ops for trial in trials)},
        bad="divergences",
        findings=tuple(Finding(t.seed, t.trouble) for t in trials if t.trouble),
    )


def _trials(request: Request) -> Iterator[Trial]:
    seeds = range(request.seed, request.seed + request.count)
    if request.workers == 1:
        yield from map(play, seeds)
        return
    # Fresh processes: the parent may hold loops and threads, which a fork would copy.
    context = multiprocessing.get_context("spawn")
    with context.Pool(request.workers) as pool:
        yield from pool.imap_unordered(play, seeds, chunksize=10)


X1 = Experiment(
    name="X1",
    title="schedules",
    counts={"pr": 2_000, "release": 100_000},
    run=run,
)
