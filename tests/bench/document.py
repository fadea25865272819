"""Keeps the newest run of every bench in `docs/performance.json`, and tells it beside it."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.bench.plot import plots
from tests.bench.processes import ROOT
from tests.bench.report import Report

_JSON, _MARKDOWN = ROOT / "docs" / "performance.json", ROOT / "docs" / "performance.md"
_PLOTS = ROOT / "docs" / "performance"
_NOTES = ROOT / "docs" / "performance.notes.md"
"""What a person has to say about the figures; copied in front of them."""


def write(report: Report) -> None:
    """Put one report in the place of the bench's older one."""
    kept: dict[str, Any] = {}
    if _JSON.exists():
        kept = json.loads(_JSON.read_text(encoding="utf-8"))
    kept[report.name] = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        **msgspec.to_builtins(report),
    }
    text = json.dumps(kept, indent=2, ensure_ascii=False, sort_keys=True)
    _JSON.write_text(text + "\n", encoding="utf-8")
    _PLOTS.mkdir(exist_ok=True)
    for name, drawn in plots(kept[report.name]).items():
        (_PLOTS / name).write_text(drawn, encoding="utf-8")
    _MARKDOWN.write_text(told(kept), encoding="utf-8")


def told(kept: dict[str, Any]) -> str:
    """All reports as Markdown."""
    lines = [_NOTES.read_text(encoding="utf-8").rstrip()] if _NOTES.exists() else ["# Performance"]
    for name, report in kept.items():
        on = ", ".join(f"{key} {value}" for key, value in report["machine"].items())
        lines += ["", f"## {name}", "", f"Measured {report['measured']}: {on}.", ""]
        lines += [f"![{name}: us beside our peers](performance/{file})" for file in plots(report)]
        lines += [""] if plots(report) else []
        lines += ["| goal | measured | budget | |", "| --- | ---: | --- | --- |"]
        lines += [
            f"| {g['name']} | {_shown(g['value'])} | {g['goal']} | {_met(g)} |"
            for g in report["goals"]
        ]
        lines += ["", "| figure | |", "| --- | ---: |"]
        lines += [f"| {key} | {_shown(value)} |" for key, value in report["figures"].items()]
    return "\n".join(lines) + "\n"


def _met(goal: dict[str, Any]) -> str:
    return "met" if goal["met"] else "**missed**"


def _shown(value: float | str | None) -> str:
    match value:
        case None:
            return "–"
        case float() if abs(value) < 10_000:
            return f"{value:,.4g}"
        case int() | float():
            return f"{value:,.0f}"
        case _:
            return value
