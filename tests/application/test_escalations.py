"""News that a driver does not acknowledge raises an alarm, once, whoever notices."""

import asyncio

import pytest

from protocols.commands import AddNote, CancelOrder, SetQuantity
from protocols.facts import AcknowledgeStop
from protocols.fleet import SetDispatch
from protocols.vocabulary import DeliveryId, DriverId, LineId, NoteId, OrderId, TenantId, Version
from server.application.escalations import Escalations
from server.application.node import Node
from server.application.ports import Batch, CommitOutcome, StorageBusy
from server.application.unacknowledged import Unacknowledged
from server.application.verdict import Done
from server.domain.orders.delivery import Receipt
from server.domain.orders.delivery_events import StopEscalated
from server.realtime.fanout_memory import MemoryBus
from tests.support.fakes import MONDAY, FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import (
    TENANT,
    Speaker,
    a_node,
    an_actor,
    an_order_placed,
    furnish,
)
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER, DELIVERY, LINE = OrderId("order-1"), DeliveryId("order-1-d1"), LineId("order-1-l1")
OTHER = TenantId("tenant-b")
PATIENCE = 60


class Day:
    """A tenant, its operator, Dora who drives, and the round of one node."""

    def __init__(self, store: MemoryStore, node: Node, clock: FakeClock) -> None:
        self.store, self.node, self.clock = store, node, clock
        self.anna = Speaker(node)
        dora = an_actor("Dora", roles=("driver",), driver_id=DriverId("driver-1"))
        self.dora = Speaker(node, dora, "phone-1")
        self.escalations = Escalations(node)

    async def round_after(self, seconds: float) -> None:
        """Let time pass, then have the round come."""
        self.clock.advance(seconds)
        await self.escalations.round()

    async def receipt(self, order_id: str = ORDER) -> Receipt:
        """What is known of the order's driver."""
        order = (await self.node.images(TENANT)).order(OrderId(order_id))
        assert order is not None
        return order.deliveries[0].receipt

    async def alarms(self) -> list[Version]:
        """The versions of the order that were escalated, in the order of the journal."""
        rows = await self.store.rows_after(TENANT, 0)
        events = [event for row in rows for event in row.events]
        return [event.version for event in events if isinstance(event, StopEscalated)]

    async def acknowledge(self, version: int) -> None:
        """Dora has read the order up to this version."""
        told = AcknowledgeStop(
            order_id=ORDER,
            delivery_id=DELIVERY,
            epoch=1,
            version=Version(version),
            receipt="acknowledged",
            at=self.clock.now(),
        )
        assert isinstance(await self.dora.do(told), Done)


async def a_day() -> Day:
    """An order was just given to Dora, and she has acknowledged it."""
    clock, store = FakeClock(), MemoryStore([TENANT, OTHER])
    node = a_node(store, clock=clock)
    await furnish(node)
    day = Day(store, node, clock)
    assert isinstance(await day.anna.do(an_order_placed(driver="driver-1")), Done)
    await day.acknowledge(1)
    return day


@rule("ES1")
async def test_news_that_nobody_acknowledged_is_escalated_when_its_time_is_over() -> None:
    day = await a_day()
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    told = (await day.receipt()).told

    await day.round_after(PATIENCE - 1)
    early = await day.alarms()
    await day.round_after(1)

    assert (early, await day.alarms()) == ([], [told])
    row = (await day.store.rows_after(TENANT, 0))[-1]
    assert (row.actor_name, row.via) == ("Kanvoy", "system")


@rule("ES1")
async def test_an_assignment_that_the_driver_does_not_acknowledge_is_escalated_too() -> None:
    day = await a_day()
    await day.anna.do(an_order_placed("order-2", driver="driver-2"))

    await day.round_after(PATIENCE)

    assert (await day.receipt("order-2")).escalated == 1
    assert (await day.receipt()).escalated == 0


@rule("ES1")
async def test_a_phone_that_dies_after_seeing_is_below_acknowledged_and_escalates() -> None:
    day = await a_day()
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    told = (await day.receipt()).told
    for word in ("delivered", "seen"):
        fact = AcknowledgeStop(
            order_id=ORDER,
            delivery_id=DELIVERY,
            epoch=1,
            version=told,
            receipt=word,  # type: ignore[arg-type]
            at=day.clock.now(),
        )
        await day.dora.do(fact)

    await day.round_after(PATIENCE)
    dead = await day.receipt()
    await day.acknowledge(told)
    await day.round_after(PATIENCE)

    assert (dead.seen, dead.acknowledged, dead.escalated) == (told, 1, told)
    assert (await day.receipt()).acknowledged == told
    assert await day.alarms() == [told]


@rule("ES1")
async def test_what_was_acknowledged_in_time_raises_nothing() -> None:
    day = await a_day()
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    await day.round_after(PATIENCE / 2)
    await day.acknowledge((await day.receipt()).told)

    await day.round_after(PATIENCE)

    assert await day.alarms() == []


@rule("ES1")
async def test_what_the_driver_does_not_see_raises_nothing() -> None:
    day = await a_day()
    await day.anna.do(AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="for us"))

    await day.round_after(PATIENCE * 10)

    assert await day.alarms() == []


@rule("ES1")
async def test_an_order_that_is_over_raises_nothing() -> None:
    day = await a_day()
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    await day.escalations.round()
    await day.anna.do(CancelOrder(order_id=ORDER, reason="called off"))

    await day.round_after(PATIENCE)

    assert await day.alarms() == []


@rule("ES1")
async def test_later_news_after_an_alarm_has_its_own_time_and_its_own_alarm() -> None:
    day = await a_day()
    alarms = []
    for quantity in (4, 5):
        await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=quantity))
        alarms.append((await day.receipt()).told)
        await day.round_after(PATIENCE)
        await day.round_after(PATIENCE)

    assert await day.alarms() == alarms


@rule("ES1")
async def test_the_house_says_how_long_it_waits() -> None:
    day = await a_day()
    settings = (await day.node.images(TENANT)).settings
    patient = SetDispatch(acknowledge_seconds=300, service_seconds=240)
    await day.anna.do(patient, base_version=settings.version)
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))

    await day.round_after(299)
    early = await day.alarms()
    await day.round_after(1)

    assert (early, len(await day.alarms())) == ([], 1)


@rule("ES2")
async def test_two_nodes_with_the_same_round_raise_each_alarm_once() -> None:
    clock, store, bus = FakeClock(), MemoryStore([TENANT]), MemoryBus()
    nodes = [a_node(store, clock=clock, seed=seed, fanout=bus.fanout()) for seed in (1, 2)]
    await furnish(nodes[0])
    day, elsewhere = Day(store, nodes[0], clock), Escalations(nodes[1])
    orders = [f"order-{n}" for n in range(1, 6)]
    for order_id in orders:
        await day.anna.do(an_order_placed(order_id, driver="driver-1"))
    await nodes[1].images(TENANT)
    clock.advance(PATIENCE)

    for _ in range(2):
        await asyncio.gather(day.escalations.round(), elsewhere.round())

    assert await day.alarms() == [Version(1)] * 5
    assert [(await day.receipt(each)).escalated for each in orders] == [1] * 5


@rule("ES2")
async def test_a_node_whose_numbers_another_one_took_asks_again_in_the_next_round() -> None:
    clock, store = FakeClock(), MemoryStore([TENANT])
    # Without a bus between them the nodes learn of each other's rows at the commit only.
    day, other = (Day(store, a_node(store, clock=clock, seed=seed), clock) for seed in (1, 2))
    await furnish(day.node)
    await day.anna.do(an_order_placed(driver="driver-1"))
    await other.node.images(TENANT)
    await day.anna.do(an_order_placed("order-2", driver="driver-2"))
    clock.advance(PATIENCE)

    await asyncio.gather(other.escalations.round(), day.escalations.round())
    await day.escalations.round()

    assert await day.alarms() == [Version(1)] * 2


async def test_more_alarms_than_fit_into_a_round_come_in_the_next_ones() -> None:
    day = await a_day()
    for n in range(2, 102):
        await day.anna.do(an_order_placed(f"order-{n}", driver="driver-2"))

    await day.round_after(PATIENCE)
    first = len(await day.alarms())
    await day.round_after(5)

    assert (first, len(await day.alarms())) == (64, 100)


class Full(MemoryStore):
    """Cannot commit for the tenants in `full`."""

    full: frozenset[TenantId] = frozenset()

    async def commit(self, batch: Batch) -> CommitOutcome:
        """Be busy for them."""
        if batch.tenant_id in self.full:
            raise StorageBusy
        return await super().commit(batch)


async def test_a_journal_that_cannot_be_written_holds_up_no_other_and_is_due_again() -> None:
    clock, store = FakeClock(), Full([TENANT, OTHER])
    day = Day(store, a_node(store, clock=clock), clock)
    for tenant_id in (OTHER, TENANT):
        await furnish(day.node, tenant_id)
        speaker = Speaker(day.node, an_actor(tenant_id=tenant_id))
        await speaker.do(an_order_placed(driver="driver-1"))
    clock.advance(PATIENCE)
    store.full = frozenset({OTHER})

    with pytest.raises(StorageBusy):
        await day.escalations.round()
    store.full = frozenset()
    first = await day.alarms()
    await day.escalations.round()

    assert (first, await day.alarms()) == ([1], [1])
    there = (await day.node.images(OTHER)).order(ORDER)
    assert there is not None
    assert there.deliveries[0].receipt.escalated == 1


async def test_a_node_that_starts_late_finds_what_was_told_before_it_was_there() -> None:
    day = await a_day()
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    late = a_node(day.store, clock=day.clock, seed=2)
    escalations = Escalations(late)
    await escalations.round()
    await late.images(TENANT)
    day.clock.advance(PATIENCE)

    await escalations.round()

    assert len(await day.alarms()) == 1


async def test_a_history_that_is_replaced_is_looked_at_anew() -> None:
    day = await a_day()
    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    journal = await day.node.journal(TENANT)
    stops = Unacknowledged(journal.images)
    list(stops.look())
    before = stops.since(MONDAY, 10)
    journal.images.open_orders.clear()

    stops.reset()

    assert [each.delivery_id for each in before] == [DELIVERY]
    assert (list(stops.look()), stops.since(MONDAY, 10)) == ([], [])


async def test_changes_while_the_orders_are_looked_at_in_slices_are_not_lost() -> None:
    day = await a_day()
    journal = await day.node.journal(TENANT)
    stops = Unacknowledged(journal.images)
    journal.listen(stops)

    await day.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=4))
    known = stops.since(day.clock.now(), 10)
    await day.acknowledge((await day.receipt()).told)
    list(stops.look())

    assert [each.order_id for each in known] == [ORDER]
    assert stops.since(day.clock.now(), 10) == []
