"""From one state of a plan to the next; None where the plan is past it. [PL]"""

from collections.abc import Iterable

from msgspec.structs import replace

from server.domain.dispatch.brief import Brief
from server.domain.dispatch.problem import Solution
from server.domain.dispatch.proposal import items_of, rests_of
from server.domain.fleet import Plan, PlanItem


def proposed(plan: Plan, asked: Brief, solution: Solution) -> Plan | None:
    """Solved: here is who should bring what."""
    if plan.state != "solving":
        return None
    return replace(
        plan,
        state="proposed",
        items=tuple(items_of(asked, solution)),
        unassigned=tuple(rests_of(asked, solution)),
        seconds=solution.seconds,
        metres=solution.metres,
        cost_before=solution.seconds_before,
    )


def failed(plan: Plan, problem: str) -> Plan | None:
    """Not solved, and why."""
    return replace(plan, state="failed", problem=problem) if plan.state == "solving" else None


def discarded(plan: Plan) -> Plan | None:
    """Nobody wants it."""
    return replace(plan, state="discarded") if plan.state in {"solving", "proposed"} else None


def given(plan: Plan, outcomes: Iterable[PlanItem]) -> Plan | None:
    """Some items were given out, or found stale; committed when none is left to decide. [PL]"""
    # PL23
    became = {item.delivery_id: item for item in outcomes}
    items = tuple(
        became.get(item.delivery_id, item) if item.outcome == "proposed" else item
        for item in plan.items
    )
    over = all(item.outcome != "proposed" for item in items)
    state = "committed" if over and plan.state == "proposed" else plan.state
    return replace(plan, items=items, state=state)
