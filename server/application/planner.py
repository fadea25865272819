"""Plans: asked for, solved outside, proposed, and given out item by item. [PL]"""

import asyncio
from collections.abc import Callable
from collections.abc import Sequence as Series
from functools import partial
from typing import Literal

import msgspec
from msgspec.structs import replace

from protocols.commands import RunBulk
from protocols.rejections import Forbidden, Invalid, NotFound, Problem
from protocols.vocabulary import AggregateId, DeliveryId, PlanId, TenantId
from server.application.automation import Automation, machine, on_behalf_of
from server.application.images import Images
from server.application.node import Node
from server.application.plan_book import PlanBook
from server.application.situations import Whereabouts, situation_of
from server.application.solving import CannotSolve, Solver
from server.application.verdict import Done
from server.domain.actor import Actor
from server.domain.audience import is_open
from server.domain.dispatch.brief import brief
from server.domain.dispatch.errands import errand_of, is_fixed
from server.domain.dispatch.plan_steps import discarded, failed, proposed
from server.domain.dispatch.plan_steps import given as became
from server.domain.dispatch.proposal import commands_of, is_fresh
from server.domain.dispatch.situation import free_of
from server.domain.fleet import Plan, PlanItem, Wish, Zone
from server.domain.orders.delivery import Delivery
from server.domain.orders.groups import delivery_of
from server.domain.orders.state import Order

_LOST_MS = 60_000
"""No plan is solved for so long: its node is gone."""

Refusal = Forbidden | NotFound | Invalid | Literal["busy", "over"]
"""`busy`: another plan of the tenant is being solved; `over`: this one is not proposed any more."""

Report = Callable[[BaseException], object]


class Begun(msgspec.Struct, frozen=True):
    """A plan is being solved."""

    id: PlanId


class GivenOut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan that somebody committed."""

    items: tuple[PlanItem, ...]
    next_id: PlanId | None = None
    """The plan for what was stale."""


class Planner:
    """Makes plans for the tenants of this node, one at a time for each."""

    def __init__(
        self, node: Node, solver: Solver, whereabouts: Whereabouts, report: Report
    ) -> None:
        """Solve with this solver."""
        self._node = node
        self._solver = solver
        self._whereabouts = whereabouts
        self._report = report
        self._automation = Automation(node)
        self._book = PlanBook(node, self._automation)
        self._solving: dict[TenantId, tuple[PlanId, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def propose(self, actor: Actor, wish: Wish) -> Begun | Refusal:
        """Begin a plan; answers its id at once. What becomes of it is told by its record."""
        if not actor.may("driver.assign"):
            return Forbidden(permission="driver.assign")
        images = await self._node.images(actor.tenant_id)
        problems = _unknown(wish, images)
        if problems:
            return Invalid(problems=problems)
        # PL20
        if self.is_solving(actor.tenant_id):
            return "busy"
        plan = Plan(
            id=PlanId(self._node.ids.uuid()),
            state="solving",
            by_name=actor.name,
            at=self._node.clock.now(),
            wish=wish,
        )
        by = on_behalf_of(actor)
        begun = asyncio.Event()
        task = asyncio.create_task(self._run(by, plan, begun))
        self._solving[actor.tenant_id] = plan.id, task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(by, plan, done))
        try:
            await self._book.add(by, plan)
        except BaseException:
            task.cancel()
            raise
        begun.set()
        return Begun(plan.id)

    async def end(self, actor: Actor, plan_id: PlanId) -> Refusal | None:
        """Cancel a plan that is being solved, or discard a proposed one."""
        if not actor.may("driver.assign"):
            return Forbidden(permission="driver.assign")
        plan = await self._book.find(actor.tenant_id, plan_id)
        if plan is None:
            return NotFound(aggregate_id=AggregateId(plan_id))
        here, task = self._solving.get(actor.tenant_id, (None, None))
        if here == plan_id and task is not None:
            # PL15
            task.cancel()
            await asyncio.wait([task])
        ended = await self._book.change(on_behalf_of(actor), plan_id, discarded)
        return None if ended is not None else "over"

    async def commit(
        self,
        actor: Actor,
        plan_id: PlanId,
        chosen: Series[DeliveryId] | None,
        *,
        resolve: bool,
    ) -> GivenOut | Refusal:
        """Give out what is proposed, each delivery only if it is still as it was planned. [PL]"""
        if not actor.may("driver.assign"):
            return Forbidden(permission="driver.assign")
        plan = await self._book.find(actor.tenant_id, plan_id)
        if plan is None:
            return NotFound(aggregate_id=AggregateId(plan_id))
        if plan.state != "proposed":
            return "over"
        unknown = set(chosen or ()) - {item.delivery_id for item in plan.items}
        if unknown:
            return Invalid(problems=(Problem(field="items", rule="unknown", limit=min(unknown)),))
        asked = [
            item
            for item in plan.items
            if item.outcome == "proposed" and (chosen is None or item.delivery_id in chosen)
        ]
        by = on_behalf_of(actor)
        given = await self._give(by, asked)
        await self._book.change(by, plan_id, lambda now: became(now, given))
        stale = tuple(item.delivery_id for item in given if item.outcome == "stale")
        again = None
        if resolve and stale and await self._is_open(actor, stale, plan.wish):
            again = await self.propose(actor, replace(plan.wish, only=stale))
        return GivenOut(items=given, next_id=again.id if isinstance(again, Begun) else None)

    def is_solving(self, tenant_id: TenantId) -> bool:
        """Whether this node solves a plan of the tenant."""
        return tenant_id in self._solving

    async def idle(self) -> None:
        """Return when nothing is being solved or written down."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def round(self) -> None:
        """Fail the plans whose node is gone. [PL]"""
        for journal in self._node.held():
            before = journal.clock.now() - _LOST_MS
            for plan in tuple(journal.images.records(Plan)):
                # PL21: one that waits here for the solver is not lost
                here = self._solving.get(journal.tenant_id, (None,))[0] == plan.id
                if plan.state == "solving" and plan.at < before and not here:
                    await self._book.change(machine(journal.tenant_id), plan.id, _lost)

    async def close(self) -> None:
        """End all searches and the solver; the plans fail when a node looks at them again."""
        for _, task in tuple(self._solving.values()):
            task.cancel()
        await self.idle()
        await self._solver.close()

    async def _run(self, by: Actor, plan: Plan, begun: asyncio.Event) -> None:
        await begun.wait()
        become: Callable[[Plan], Plan | None]
        try:
            images = await self._node.images(by.tenant_id)
            positions = self._whereabouts.positions(by.tenant_id)
            found = await situation_of(images, plan.at, positions, with_free=True)
            asked = brief(found, plan.wish)
            solution = await self._solver.solve(asked.problem, plan.wish.seconds)
            become = partial(proposed, asked=asked, solution=solution)
        except CannotSolve as fault:
            become = partial(failed, problem=str(fault))
        except Exception as bug:  # noqa: BLE001 - whoever asked must hear, whatever happened
            self._report(bug)
            become = partial(failed, problem="internal")
        # Whoever hears of the plan may ask for the next one at once.
        self._ended(by, plan)
        await self._book.change(by, plan.id, become)

    def _ended(self, by: Actor, plan: Plan) -> None:
        if self._solving.get(by.tenant_id, (None,))[0] == plan.id:
            del self._solving[by.tenant_id]

    def _over(self, by: Actor, plan: Plan, task: asyncio.Task[None]) -> None:
        self._ended(by, plan)
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            # The storage was busy: the plan stays where it is, and a round will fail it.
            self._report(fault)

    async def _give(self, by: Actor, asked: Series[PlanItem]) -> tuple[PlanItem, ...]:
        """The items with what became of them. Decided in the order they are given out."""
        images = await self._node.images(by.tenant_id)
        fresh = [item for item in asked if _holds(item, images)]
        commands = list(commands_of(fresh, images.runs.all()))
        applied: set[DeliveryId] = set()
        if commands:
            verdict = await self._automation.submit(by, RunBulk(items=commands))
            if isinstance(verdict, Done):
                applied = {
                    done
                    for each, command in zip(verdict.items, commands, strict=True)
                    if each.rejection is None
                    and (done := getattr(command.command, "delivery_id", None)) is not None
                }
        return tuple(
            replace(item, outcome="applied" if item.delivery_id in applied else "stale")
            for item in asked
        )

    async def _is_open(self, actor: Actor, stale: Series[DeliveryId], wish: Wish) -> bool:
        """Whether another plan may still be about any of these."""
        images = await self._node.images(actor.tenant_id)
        positions = self._whereabouts.positions(actor.tenant_id)
        now = self._node.clock.now()
        found = await situation_of(images, now, positions, with_free=True)
        return bool(brief(found, replace(wish, only=tuple(stale))).wanted)


def _lost(plan: Plan) -> Plan | None:
    return failed(plan, "the server that solved it was stopped")


def _unknown(wish: Wish, images: Images) -> tuple[Problem, ...]:
    """What the wish names and nobody knows."""
    found = []
    if wish.zone_id is not None and not isinstance(
        images.record_of(AggregateId(wish.zone_id)), Zone
    ):
        found.append(Problem(field="zone_id", rule="unknown", limit=wish.zone_id))
    found += [
        Problem(field="driver_ids", rule="unknown", limit=driver_id)
        for driver_id in wish.driver_ids or ()
        if images.driver(driver_id) is None
    ]
    return tuple(found)


def _holds(item: PlanItem, images: Images) -> bool:
    """Whether the delivery is as it was planned, and still the planner's to give."""
    order = images.order(item.order_id)
    delivery = delivery_of(order, item.delivery_id) if order is not None else None
    if order is None or delivery is None or not _is_ours(order, delivery):
        return False
    errand = errand_of(order, delivery, images.settings)
    return is_fresh(item, errand, delivery.driver_id, delivery.epoch)


def _is_ours(order: Order, delivery: Delivery) -> bool:
    if delivery.driver_id is not None:
        return is_open(delivery) and not is_fixed(order, delivery)
    return order.hold is None and any(each.id == delivery.id for each in free_of(order))
