"""What an experiment is: a question about reliability, answered by counting."""

from collections.abc import Callable
from typing import Literal

import msgspec

Scale = Literal["pr", "release"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an experiment is to be run."""

    scale: Scale
    count: int
    """Trials; the scale's own number unless somebody asked for another."""
    seed: int
    """The first seed; trial n uses seed + n, so that any one can be repeated alone."""
    workers: int


class Finding(msgspec.Struct, frozen=True):
    """One trial that did not hold, and how to see it again."""

    seed: int
    what: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment came to."""

    counts: dict[str, int]
    """In the order of the closing line, such as schedules and ops."""
    bad: str
    """What a finding is called: `divergences`, `leaks`, …"""
    findings: tuple[Finding, ...]


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """One row of docs/reliability.md."""

    name: str
    """`X1`: the name in the design, in the ledger and on the command line."""
    title: str
    counts: dict[Scale, int]
    run: Callable[[Request], Result]


def closing_line(experiment: Experiment, result: Result) -> str:
    """`X1 schedules: 2000 schedules, 320000 ops, 0 divergences`."""
    numbers = [f"{number} {name}" for name, number in result.counts.items()]
    numbers.append(f"{len(result.findings)} {result.bad}")
    return f"{experiment.name} {experiment.title}: {', '.join(numbers)}"
