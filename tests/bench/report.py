"""What a bench found: figures, and goals that are met or missed. A miss is told, not hidden."""

import os
import platform
from collections.abc import Iterable
from statistics import median
from typing import Any, Literal

import msgspec

Figure = int | float | str | None


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One budget. `value` is None when the machine lacks what the measurement needs."""

    name: str
    value: float | None
    goal: str
    met: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one bench."""

    name: str
    machine: dict[str, str | int | float]
    figures: dict[str, Figure]
    goals: list[Goal]


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much of everything: `full` is what the budgets speak of, `tiny` proves the harness."""

    name: Literal["full", "tiny"]
    sockets: int
    seconds: float
    rounds: int
    orders: int
    tenants: int
    watchers: int
    cards: int
    channels: int
    idle: int
    storm: int


FULL = Scale(
    name="full",
    sockets=1_000,
    seconds=6.0,
    rounds=3,
    orders=50_000,
    tenants=20,
    watchers=50,
    cards=10_000,
    channels=200,
    idle=19_000,
    storm=10_000,
)
TINY = Scale(
    name="tiny",
    sockets=5,
    seconds=0.3,
    rounds=1,
    orders=900,
    tenants=2,
    watchers=3,
    cards=200,
    channels=3,
    idle=20,
    storm=20,
)


def middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure over the rounds."""
    return {key: median(one[key] for one in rounds) for key in rounds[0]}


def at_least(name: str, value: float | None, limit: float, unit: str = "") -> Goal:
    """More is better."""
    met = value is not None and value >= limit
    return Goal(name=name, value=rounded(value), goal=f"≥ {limit:g}{unit}", met=met)


def at_most(name: str, value: float | None, limit: float, unit: str = "") -> Goal:
    """Less is better."""
    met = value is not None and value <= limit
    return Goal(name=name, value=rounded(value), goal=f"≤ {limit:g}{unit}", met=met)


def rounded(value: float | None) -> float | None:
    """Four significant digits: more would be noise."""
    return None if value is None else float(f"{value:.4g}")


def ratio(one: float | None, other: float | None) -> float | None:
    """How many times the other; None when either is missing."""
    return None if one is None or not other else one / other


def machine() -> dict[str, str | int | float]:
    """Where this was measured, and how busy the machine was with other things."""
    return {
        "cpu": _model(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def table(report: Report) -> str:
    """The report for a person."""
    lines = [f"{report.name}  ({', '.join(f'{k} {v}' for k, v in report.machine.items())})", ""]
    lines += _columns((name, _shown(value)) for name, value in report.figures.items())
    lines.append("")
    lines += _columns(
        (goal.name, f"{_shown(goal.value)}  goal {goal.goal}  {'met' if goal.met else 'MISSED'}")
        for goal in report.goals
    )
    return "\n".join(lines)


def _columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:{width}}  {shown}" for name, shown in rows]


def _shown(value: Figure) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else value
