"""`python -m tests.experiments X1 --scale pr --seed 1`: run one, print one closing line.

The exit code says whether anything was found; what was found is printed with how to repeat it.
"""

import argparse
import datetime
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import structlog

from tests.experiments.audit import X11
from tests.experiments.backups import X13
from tests.experiments.beset import X7
from tests.experiments.black_box import X2
from tests.experiments.borrowed import X15
from tests.experiments.frames import X3
from tests.experiments.hostile import X10
from tests.experiments.kills import X4
from tests.experiments.ledger import LEDGER, Ran, append, commit_here, entry
from tests.experiments.neighbours import X6
from tests.experiments.registry import Experiment, Request, Result, Scale, closing_line
from tests.experiments.revocations import X14
from tests.experiments.schedules import X1
from tests.experiments.storm import X8
from tests.experiments.strangers import X5

EXPERIMENTS: dict[str, Experiment] = {
    each.name: each for each in (X1, X2, X3, X4, X5, X6, X7, X8, X10, X11, X13, X14, X15)
}

_SHOWN = 600
"""Characters of a finding: enough to see what it is about."""


def main(words: Sequence[str] | None = None) -> int:
    """Run what the words ask for."""
    asked = _parser().parse_args(words)
    experiment = EXPERIMENTS[asked.experiment]
    request = Request(
        scale=asked.scale,
        count=asked.count or experiment.counts[asked.scale],
        seed=asked.seed,
        workers=asked.workers,
    )
    commit, start = commit_here(), time.monotonic()
    with _logging_aside():
        result = experiment.run(request)
    if asked.count is None and not asked.no_ledger:
        today = datetime.datetime.now(datetime.UTC).date()
        ran = Ran(commit=commit, date=today, seconds=time.monotonic() - start)
        append(entry(experiment, request, result, ran), asked.ledger)
    _tell(experiment, result)
    return 1 if result.findings else 0


@contextmanager
def _logging_aside() -> Iterator[None]:
    """What the servers log meanwhile is not what the experiment says."""
    before = structlog.get_config()["logger_factory"]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        yield
    finally:
        structlog.configure(logger_factory=before)


def _tell(experiment: Experiment, result: Result) -> None:
    for finding in sorted(result.findings, key=lambda each: each.seed):
        print(f"seed {finding.seed}: {finding.what[:_SHOWN]}")
        again = f"python -m tests.experiments {experiment.name} --seed {finding.seed} --count 1"
        print(f"  repeat with: {again}")
    print(closing_line(experiment, result))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.experiments", description=__doc__)
    parser.add_argument("experiment", choices=sorted(EXPERIMENTS))
    parser.add_argument("--scale", choices=get_args(Scale), default="pr")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, help="so many trials only; not entered in the ledger")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="where the run is entered")
    parser.add_argument("--no-ledger", action="store_true", help="do not enter the run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
