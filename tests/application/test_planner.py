"""Plans: proposed by a machine, given out item by item, and never over somebody's head."""

import asyncio

import pytest
from msgspec.structs import replace

from protocols.commands import HoldOrder, SetQuantity
from protocols.deliveries import AssignDriver
from protocols.fleet import SaveDriver, SaveHub, SaveZone
from protocols.rejections import Forbidden, Invalid, NotFound
from protocols.values import Address, Point
from protocols.vocabulary import (
    AggregateId,
    DeliveryId,
    DriverId,
    HubId,
    LineId,
    OrderId,
    PlanId,
    ZoneId,
)
from server.application.planner import Begun, GivenOut, Planner
from server.application.verdict import Done
from server.domain.fleet import Plan, Wish
from server.domain.orders.delivery import Delivery
from server.realtime.fanout_memory import MemoryBus
from tests.support.fakes import FakeClock
from tests.support.inline_solver import InlineSolver
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule
from tests.support.site import Nowhere

pytestmark = pytest.mark.asyncio

DORA, DENIZ = DriverId("driver-1"), DriverId("driver-2")
HOME = Point(lat=52.5, lon=13.4)
TWOS = SaveZone(zone_id=ZoneId("zone-1"), name="Twos", countries=("Germany",), postcodes=("12",))


def _fail(bug: BaseException) -> None:
    raise AssertionError from bug


class Day:
    """A tenant with a hub, two drivers, orders around it, and a planner."""

    def __init__(self, store: MemoryStore | None = None, bus: MemoryBus | None = None) -> None:
        self.clock, self.store = FakeClock(), store or MemoryStore([TENANT])
        self.node = a_node(self.store, clock=self.clock, fanout=(bus or MemoryBus()).fanout())
        self.anna = Speaker(self.node)
        self.solver, self.whereabouts = InlineSolver(), Nowhere()
        self.planner = Planner(self.node, self.solver, self.whereabouts, _fail)
        self.actor = an_actor()

    async def place(self, count: int) -> None:
        """So many orders, each a little further to the north."""
        for n in range(1, count + 1):
            address = Address(
                street="Way 1", city="Town", country="Germany", point=_north(n), postcode=f"1{n}"
            )
            placed = replace(an_order_placed(f"order-{n}"), shipping_address=address)
            assert isinstance(await self.anna.do(placed), Done)

    async def plan(self, wish: Wish | None = None) -> Plan:
        """A plan, solved."""
        begun = await self.planner.propose(self.actor, wish or Wish())
        assert isinstance(begun, Begun), begun
        return await self.settled(begun.id)

    async def settled(self, plan_id: PlanId) -> Plan:
        """The plan once it is not being solved any more."""
        await self.planner.idle()
        return await self.read(plan_id)

    async def read(self, plan_id: PlanId) -> Plan:
        """The plan as it is now."""
        found = (await self.node.images(TENANT)).record_of(AggregateId(plan_id))
        assert isinstance(found, Plan)
        return found

    async def commit(self, plan: Plan, *chosen: str, resolve: bool = True) -> GivenOut:
        """Give the plan out."""
        ids = tuple(map(DeliveryId, chosen)) or None
        given = await self.planner.commit(self.actor, plan.id, ids, resolve=resolve)
        assert isinstance(given, GivenOut), given
        return given

    async def delivery(self, n: int) -> Delivery:
        """The delivery of the n-th order."""
        order = (await self.node.images(TENANT)).order(OrderId(f"order-{n}"))
        assert order is not None
        return order.deliveries[0]

    async def assign(self, n: int, driver: str | None, was: str | None = None, **more) -> None:
        """Somebody gives the n-th order to a driver by hand."""
        command = AssignDriver(
            order_id=OrderId(f"order-{n}"),
            delivery_id=DeliveryId(f"order-{n}-d1"),
            from_driver=DriverId(was) if was else None,
            to_driver=DriverId(driver) if driver else None,
            **more,
        )
        assert isinstance(await self.anna.do(command), Done)


def _north(n: int) -> Point:
    return Point(lat=HOME.lat + n / 100, lon=HOME.lon)


async def a_day(count: int = 4, **given) -> Day:
    """A tenant with so many unassigned orders."""
    day = Day(**given)
    await furnish(day.node)
    hub = SaveHub(hub_id=HubId("hub-1"), name="Depot", address=Address(city="Town", point=HOME))
    await day.anna.do(hub)
    for driver_id, name in ((DORA, "Dora"), (DENIZ, "Deniz")):
        saved = SaveDriver(driver_id=driver_id, name=name, hub_id=HubId("hub-1"))
        await day.anna.do(saved, base_version=1)
    await day.place(count)
    return day


def _outcomes(given: GivenOut) -> dict[str, str]:
    return {item.delivery_id: item.outcome for item in given.items}


@rule("PL17", "PL18")
async def test_a_plan_proposes_drivers_for_what_has_none_and_changes_nothing():
    day = await a_day()
    await day.assign(2, DORA)

    plan = await day.plan()

    assert plan.state == "proposed"
    assert {item.order_id for item in plan.items} == {"order-1", "order-3", "order-4"}
    assert all(item.outcome == "proposed" for item in plan.items)
    assert plan.unassigned == ()
    assert plan.metres > 0
    assert plan.seconds >= plan.cost_before > 0
    assert plan.by_name == "Anna"
    assert [(await day.delivery(n)).driver_id for n in (1, 2, 3, 4)] == [None, DORA, None, None]


@rule("PL19", "PL23")
async def test_what_is_given_out_is_in_the_planned_order_and_marked_as_the_planners():
    day = await a_day()
    plan = await day.plan(Wish(driver_ids=(DORA,)))

    given = await day.commit(plan)

    assert set(_outcomes(given).values()) == {"applied"}
    planned = [i.delivery_id for i in sorted(plan.items, key=lambda item: item.position)]
    assert list((await day.node.images(TENANT)).runs.all()[DORA]) == planned
    first = await day.delivery(1)
    assert (first.driver_id, first.assigned_by, first.pinned) == (DORA, "planner", False)
    assert (await day.read(plan.id)).state == "committed"
    row = (await day.store.rows_after(TENANT, 0))[-2]
    assert (row.actor_name, row.via) == ("Anna", "automation")


@rule("PL18")
async def test_new_stops_go_between_those_that_stay_with_their_driver():
    day = await a_day(5)
    for n in (2, 4):
        await day.assign(n, DORA)
    plan = await day.plan(Wish(driver_ids=(DORA,)))

    await day.commit(plan)

    run = (await day.node.images(TENANT)).runs.all()[DORA]
    assert set(run) == {f"order-{n}-d1" for n in range(1, 6)}
    assert run.index("order-2-d1") < run.index("order-4-d1")
    assert [run[item.position - 1] for item in plan.items] == [i.delivery_id for i in plan.items]


@rule("PL19", "PL24")
async def test_a_human_who_was_faster_wins_and_the_rest_is_applied():
    day = await a_day()
    plan = await day.plan(Wish(driver_ids=(DORA,)))
    await day.assign(2, DENIZ)

    given = await day.commit(plan)

    assert _outcomes(given) == {
        "order-1-d1": "applied",
        "order-2-d1": "stale",
        "order-3-d1": "applied",
        "order-4-d1": "applied",
    }
    second = await day.delivery(2)
    assert (second.driver_id, second.assigned_by) == (DENIZ, "human")
    # What somebody decided is not planned anew.
    assert given.next_id is None


@rule("PL24")
async def test_humans_who_assign_while_the_plan_is_given_out_keep_every_word():
    day = await a_day(6)
    plan = await day.plan(Wish(driver_ids=(DORA,)))
    command = AssignDriver(
        order_id=OrderId("order-3"),
        delivery_id=DeliveryId("order-3-d1"),
        from_driver=None,
        to_driver=DENIZ,
    )

    given, word = await asyncio.gather(day.commit(plan), day.anna.do(command))

    third = await day.delivery(3)
    if isinstance(word, Done):
        assert third.driver_id == DENIZ
        assert _outcomes(given)["order-3-d1"] == "stale"
    else:
        assert third.driver_id == DORA
        assert _outcomes(given)["order-3-d1"] == "applied"
    assert [(await day.delivery(n)).driver_id for n in (1, 2, 4, 5, 6)] == [DORA] * 5


@rule("PL19", "PL24")
async def test_what_changed_meanwhile_is_stale_and_planned_anew():
    day = await a_day()
    plan = await day.plan()
    line = LineId("order-1-l1")
    await day.anna.do(SetQuantity(order_id=OrderId("order-1"), line_id=line, quantity=40))
    await day.assign(3, DENIZ)
    await day.assign(3, None, DENIZ)

    given = await day.commit(plan)

    stale = {i for i, outcome in _outcomes(given).items() if outcome == "stale"}
    assert stale == {"order-1-d1", "order-3-d1"}
    assert given.next_id is not None
    again = await day.settled(given.next_id)
    assert {item.delivery_id for item in again.items} == stale
    assert (await day.read(plan.id)).state == "committed"
    assert set(_outcomes(await day.commit(again)).values()) == {"applied"}


@rule("PL24")
async def test_nothing_is_planned_anew_when_nobody_wants_it():
    day = await a_day()
    plan = await day.plan()
    await day.anna.do(
        SetQuantity(order_id=OrderId("order-1"), line_id=LineId("order-1-l1"), quantity=9)
    )

    given = await day.commit(plan, resolve=False)

    assert given.next_id is None
    assert len(day.solver.problems) == 1


@rule("PL23")
async def test_a_plan_stays_proposed_until_every_item_is_decided():
    day = await a_day()
    plan = await day.plan()

    first = await day.commit(plan, "order-2-d1")
    between = await day.read(plan.id)
    rest = await day.commit(between)

    assert _outcomes(first) == {"order-2-d1": "applied"}
    assert between.state == "proposed"
    assert {i.delivery_id: i.outcome for i in between.items}["order-2-d1"] == "applied"
    assert set(_outcomes(rest)) == {"order-1-d1", "order-3-d1", "order-4-d1"}
    assert (await day.read(plan.id)).state == "committed"
    assert await day.planner.commit(day.actor, plan.id, None, resolve=True) == "over"


@rule("PL10")
async def test_a_plan_of_everything_moves_what_a_plan_gave_and_nothing_else():
    day = await a_day(5)
    await day.assign(1, DENIZ)
    await day.assign(2, DENIZ, pinned=True)
    await day.commit(await day.plan(Wish(driver_ids=(DENIZ,))))
    await day.anna.do(HoldOrder(order_id=OrderId("order-3"), reason="wait"))

    plan = await day.plan(Wish(scope="all", driver_ids=(DORA,)))

    assert {item.delivery_id for item in plan.items} == {"order-4-d1", "order-5-d1"}
    assert {item.from_driver for item in plan.items} == {DENIZ}
    await day.commit(plan)
    drivers = [(await day.delivery(n)).driver_id for n in range(1, 6)]
    assert drivers == [DENIZ, DENIZ, DENIZ, DORA, DORA]


@rule("PL13")
async def test_every_delivery_that_nobody_gets_has_its_reason():
    day = await a_day(3)
    await day.anna.do(HoldOrder(order_id=OrderId("order-1"), reason="wait"))
    nowhere = Address(street="Way 1", city="Atlantis")
    await day.anna.do(replace(an_order_placed("order-9"), shipping_address=nowhere))
    await day.anna.do(TWOS)
    for driver_id, name in ((DORA, "Dora"), (DENIZ, "Deniz")):
        saved = SaveDriver(driver_id=driver_id, name=name, zones=("zone-1",))
        await day.anna.do(saved, base_version=2)

    plan = await day.plan()

    assert {rest.order_id: rest.reason for rest in plan.unassigned} == {
        "order-1": "on_hold",
        "order-9": "no_point",
        "order-3": "zone_not_served",
    }
    assert {item.order_id for item in plan.items} == {"order-2"}


@rule("PL17")
async def test_a_plan_is_about_the_zone_and_the_drivers_that_were_asked_for():
    day = await a_day(3)
    await day.anna.do(TWOS)

    plan = await day.plan(Wish(zone_id=ZoneId("zone-1"), driver_ids=(DENIZ,)))

    assert [(i.order_id, i.to_driver) for i in plan.items] == [("order-2", DENIZ)]
    assert plan.unassigned == ()


@rule("PL17")
async def test_zones_and_drivers_that_nobody_knows_are_refused():
    day = await a_day(1)

    zone = await day.planner.propose(day.actor, Wish(zone_id=ZoneId("zone-9")))
    driver = await day.planner.propose(day.actor, Wish(driver_ids=(DORA, DriverId("nobody"))))

    assert isinstance(zone, Invalid)
    assert isinstance(driver, Invalid)
    assert [p.field for p in (*zone.problems, *driver.problems)] == ["zone_id", "driver_ids"]


@rule("PL20")
async def test_a_tenant_has_one_plan_in_the_making():
    day = await a_day()
    day.solver.may_answer.clear()
    begun = await day.planner.propose(day.actor, Wish())
    assert isinstance(begun, Begun)

    second = await day.planner.propose(day.actor, Wish())
    day.solver.may_answer.set()

    assert second == "busy"
    assert (await day.settled(begun.id)).state == "proposed"
    assert isinstance(await day.planner.propose(day.actor, Wish()), Begun)


@rule("PL15")
async def test_a_cancelled_plan_ends_the_search_and_is_discarded():
    day = await a_day()
    day.solver.may_answer.clear()
    begun = await day.planner.propose(day.actor, Wish())
    assert isinstance(begun, Begun)
    await day.solver.asked.wait()

    refusal = await day.planner.end(day.actor, begun.id)

    assert refusal is None
    assert day.solver.cancelled == 1
    assert (await day.read(begun.id)).state == "discarded"
    day.solver.may_answer.set()
    assert (await day.plan()).state == "proposed"


@rule("PL23")
async def test_a_discarded_plan_gives_nothing_out():
    day = await a_day()
    plan = await day.plan()

    assert await day.planner.end(day.actor, plan.id) is None
    assert await day.planner.end(day.actor, plan.id) == "over"
    assert await day.planner.commit(day.actor, plan.id, None, resolve=True) == "over"
    assert (await day.delivery(1)).driver_id is None


@rule("PL26")
async def test_a_solver_that_breaks_makes_a_failed_plan_that_says_why():
    day = await a_day()
    day.solver.fault = "the solver broke off"

    plan = await day.plan()

    assert (plan.state, plan.problem) == ("failed", "the solver broke off")
    day.solver.fault = ""
    assert (await day.plan()).state == "proposed"


@rule("PL16")
async def test_a_plan_that_another_node_discarded_is_not_proposed_by_this_one():
    bus, store = MemoryBus(), MemoryStore([TENANT])
    day = await a_day(bus=bus, store=store)
    elsewhere = Day(bus=bus, store=store)
    day.solver.may_answer.clear()
    begun = await day.planner.propose(day.actor, Wish())
    assert isinstance(begun, Begun)

    assert await elsewhere.planner.end(day.actor, begun.id) is None
    day.solver.may_answer.set()
    await day.planner.idle()

    assert (await day.read(begun.id)).state == "discarded"


@rule("PL21")
async def test_a_plan_whose_node_is_gone_fails_a_minute_later():
    day = await a_day()
    day.solver.may_answer.clear()
    begun = await day.planner.propose(day.actor, Wish())
    assert isinstance(begun, Begun)
    later = Day(store=day.store)
    await later.node.images(TENANT)

    await later.planner.round()
    early = (await later.read(begun.id)).state
    later.clock.advance(61)
    await later.planner.round()

    assert early == "solving"
    lost = await later.read(begun.id)
    assert (lost.state, bool(lost.problem)) == ("failed", True)
    await day.planner.close()


@rule("PL21")
async def test_a_plan_that_waits_for_the_solver_on_this_node_is_not_lost():
    day = await a_day()
    day.solver.may_answer.clear()
    begun = await day.planner.propose(day.actor, Wish())
    assert isinstance(begun, Begun)
    day.clock.advance(61)

    await day.planner.round()
    day.solver.may_answer.set()

    assert (await day.settled(begun.id)).state == "proposed"


@rule("PL19", "PL23")
async def test_two_people_who_give_the_same_plan_out_do_it_once():
    day = await a_day()
    plan = await day.plan()

    one, other = await asyncio.gather(day.commit(plan), day.commit(plan))

    assert [(await day.delivery(n)).epoch for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert set(_outcomes(one).values()) | set(_outcomes(other).values()) <= {"applied", "stale"}
    kept = await day.read(plan.id)
    assert (kept.state, {item.outcome for item in kept.items}) == ("committed", {"applied"})


@rule("PL22")
async def test_the_newest_twenty_plans_are_kept_and_older_ones_are_emptied():
    day = await a_day(1)
    plans = []
    for _ in range(23):
        day.clock.advance(1)
        plans.append(await day.plan())

    kept = [await day.read(plan.id) for plan in plans]

    assert [plan.forgotten for plan in kept] == [True] * 3 + [False] * 20
    assert all(plan.items == () for plan in kept[:3])
    assert all(len(plan.items) == 1 for plan in kept[3:])
    found = await day.planner.commit(day.actor, plans[0].id, None, resolve=True)
    assert isinstance(found, NotFound)


@rule("PL9")
async def test_who_may_not_assign_drivers_makes_no_plans():
    day = await a_day(1)
    plan = await day.plan()
    wilma = an_actor("Wilma", roles=("warehouse",))

    answers = [
        await day.planner.propose(wilma, Wish()),
        await day.planner.end(wilma, plan.id),
        await day.planner.commit(wilma, plan.id, None, resolve=True),
    ]

    assert all(isinstance(answer, Forbidden) for answer in answers)
    assert (await day.read(plan.id)).state == "proposed"
