"""Accessibility as axe-core judges it."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SOURCE = Path(__file__).resolve().parents[3] / "client/node_modules/axe-core/axe.min.js"

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_AT_REST = """Promise.all(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().iterations !== Infinity)
  .map(one => one.finished.catch(() => null))).then(() => null)"""


async def violations(page: Page, *more: str) -> list[str]:
    """One line for each broken rule, with the first place that breaks it; `more` rules by id."""
    # An animation half done has half a contrast.
    await page.evaluate(_AT_REST)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"{_SOURCE.read_text(encoding='utf-8')};0")
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    if more:
        also: dict[str, Any] = await page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'rule', values: rules}})", list(more)
        )
        found["violations"] += also["violations"]
    return [_line(one) for one in found["violations"]]


def _line(violation: dict[str, Any]) -> str:
    first = violation["nodes"][0]
    why = " ".join(first["failureSummary"].split())
    count = len(violation["nodes"])
    return f"{violation['id']} ×{count}: {first['html'][:160]} — {why[:300]}"
