"""docs/reliability.json: every run made to be published, with what is needed to repeat it."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

import msgspec

from tests.experiments.registry import Experiment, Request, Result

LEDGER = Path(__file__).parents[2] / "docs" / "reliability.json"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one experiment."""

    experiment: str
    title: str
    scale: str
    counts: dict[str, int]
    bad: str
    found: int
    failing_seeds: list[int]
    first_seed: int
    commit: str
    """`+` at the end: the worktree had changes on top of it."""
    date: str
    seconds: float
    workers: int
    cpus: int
    python: str
    machine: str


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """When a run took place, on what, and for how long."""

    commit: str
    """As of its start: who commits meanwhile does not change what was loaded."""
    date: datetime.date
    seconds: float


def entry(experiment: Experiment, request: Request, result: Result, ran: Ran) -> Entry:
    """The record of a run that just ended."""
    return Entry(
        experiment=experiment.name,
        title=experiment.title,
        scale=request.scale,
        counts=result.counts,
        bad=result.bad,
        found=len(result.findings),
        failing_seeds=[finding.seed for finding in result.findings],
        first_seed=request.seed,
        commit=ran.commit,
        date=ran.date.isoformat(),
        seconds=round(ran.seconds, 1),
        workers=request.workers,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
    )


def read(ledger: Path = LEDGER) -> list[Entry]:
    """All runs, oldest first."""
    return msgspec.json.decode(ledger.read_bytes(), type=list[Entry]) if ledger.exists() else []


def append(new: Entry, ledger: Path = LEDGER) -> None:
    """Add a run; earlier ones are never changed."""
    entries = [*read(ledger), new]
    ledger.write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n")


def commit_here() -> str:
    """The commit of this worktree, `+` when it has changes on top."""
    here = LEDGER.parent
    try:
        commit = _git(here, "rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git(here, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        # An unpacked archive has no history.
        return "unknown"


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
