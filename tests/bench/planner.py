"""A whole plan as a dispatcher asks for it, beside VROOM alone on the same problem."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import msgspec

from protocols.values import Point
from protocols.vocabulary import AggregateId, DriverId, Instant, TenantId
from server.application.node import Node
from server.application.planner import Begun, Planner
from server.application.verdict import Done
from server.domain.dispatch.problem import Problem, Solution
from server.domain.fleet import Plan, Wish
from server.domain.records import SaveRecord
from server.routing.worker_process import WorkerProcess
from server.system import new_loop
from tests.bench.processes import ROOT
from tests.bench.report import Figure, Goal, Report, Scale, at_most, machine, ratio, rounded
from tests.bench.solomon import COLD, KINDS, fleet, orders
from tests.support.fakes import FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, furnish, records

_MORNING = Instant(1_795_075_200_000)
"""2026-11-19T08:00:00Z."""

_SEED = 7
_TICK = 0.001

_SIZES = {"full": (200, 10, 5), "tiny": (12, 2, 1)}
"""Deliveries, drivers, and the seconds that are asked for."""


def run(scale: Scale) -> Report:
    """Three kinds of instances; for each the time, the cost, and what the event loop notices."""
    stops, drivers, seconds = _SIZES[scale.name]
    figures: dict[str, Figure] = {"deliveries": stops, "drivers": drivers, "budget s": seconds}
    goals: list[Goal] = []
    for kind in KINDS:
        with asyncio.Runner(loop_factory=new_loop()) as runner:
            ours = runner.run(_planned(kind, stops, drivers, seconds))
        direct = _direct(ours["problem"], seconds)
        best = min(direct.values(), key=lambda each: (each["unassigned"], each["cost"]))
        cost, left = ours["plan"].seconds, len(ours["plan"].unassigned)
        figures |= {
            f"{kind}: travel s": cost,
            f"{kind}: unassigned": left,
            f"{kind}: travel s before": ours["plan"].cost_before,
            f"{kind}: gap max ms": rounded(ours["gaps"][-1]),
            f"{kind}: first plan, process started s": rounded(ours["cold"]),
        }
        for level, found in direct.items():
            figures[f"{kind}: VROOM alone, level {level}, travel s"] = found["cost"]
            figures[f"{kind}: VROOM alone, level {level}, unassigned"] = found["unassigned"]
            figures[f"{kind}: VROOM alone, level {level}, s"] = rounded(found["seconds"])
        gap = ours["gaps"][len(ours["gaps"]) * 99 // 100]
        goals += [
            at_most(f"{kind}: asked to proposed", ours["took"], seconds, " s"),
            at_most(f"{kind}: travel over VROOM's best", ratio(cost, best["cost"]), 1.05, " ×"),
            at_most(f"{kind}: more left out than VROOM", left - best["unassigned"], 0),
            at_most(f"{kind}: event loop, gap p99", gap, 20, " ms"),
        ]
    return Report(name="planner", machine=machine(), figures=figures, goals=goals)


class _Watched:
    """The real solver, with an eye on the problem it gets."""

    def __init__(self) -> None:
        self.worker = WorkerProcess()
        self.problem: Problem | None = None

    async def solve(self, problem: Problem, seconds: float) -> Solution:
        self.problem = problem
        return await self.worker.solve(problem, seconds)

    async def close(self) -> None:
        await self.worker.close()


class _Nowhere:
    def positions(self, _tenant_id: TenantId) -> dict[DriverId, Point]:
        return {}


async def _planned(kind: str, stops: int, drivers: int, seconds: int) -> dict[str, Any]:
    node = await _house(kind, stops, drivers)
    solver = _Watched()
    planner = Planner(node, solver, _Nowhere(), _raise)
    cold, _ = await _one(node, planner, 1)
    gaps: list[float] = []
    ticking = asyncio.create_task(_tick(gaps))
    took, plan = await _one(node, planner, seconds)
    ticking.cancel()
    await planner.close()
    assert plan.state == "proposed", plan.problem
    return {
        "plan": plan,
        "took": took,
        "cold": cold,
        "problem": solver.problem,
        "gaps": sorted(gaps),
    }


async def _one(node: Node, planner: Planner, seconds: int) -> tuple[float, Plan]:
    begun = time.perf_counter()
    answer = await planner.propose(an_actor(), Wish(seconds=seconds))
    assert isinstance(answer, Begun)
    await planner.idle()
    took = time.perf_counter() - begun
    plan = (await node.images(TENANT)).record_of(AggregateId(answer.id))
    assert isinstance(plan, Plan)
    return took, plan


async def _house(kind: str, stops: int, drivers: int) -> Node:
    node = a_node(MemoryStore([TENANT]), clock=FakeClock(_MORNING))
    await furnish(node)
    speaker = Speaker(node, client_id="bench")
    settings = next(record for record in records() if record.id == "settings")
    labelled = msgspec.structs.replace(settings, labels=(COLD,))
    for driver_id in ("driver-1", "driver-2"):
        driver = (await node.images(TENANT)).driver(DriverId(driver_id))
        assert driver is not None
        await speaker.do(SaveRecord(record=msgspec.structs.replace(driver, active=False)))
    for record in (labelled, *fleet(drivers, stops // drivers)):
        await speaker.do(SaveRecord(record=record))
    for order in orders(kind, stops, _SEED, _MORNING):
        verdict = await speaker.do(order)
        assert isinstance(verdict, Done), verdict
    return node


async def _tick(gaps: list[float]) -> None:
    """How much later than asked for the loop comes back, in milliseconds."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(_TICK)
        gaps.append((time.perf_counter() - begun - _TICK) * 1_000)


def _direct(problem: Problem, seconds: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.direct_vroom", str(seconds)],
        cwd=ROOT,
        input=msgspec.msgpack.encode(problem),
        capture_output=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:].decode())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _raise(bug: BaseException) -> None:
    raise bug
