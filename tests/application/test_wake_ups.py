"""Phones that did not hear of a change are woken: once, gently, and never by whoever waits."""

import asyncio

import msgspec
import pytest

from protocols.commands import AssignDriver, SetQuantity
from protocols.facts import AcknowledgeStop
from protocols.vocabulary import DeliveryId, DriverId, Instant, LineId, OrderId, Version
from server.application.escalations import Escalations
from server.application.node import Node
from server.application.push import Gone, Later, PushSubscription, Unfit
from server.application.verdict import Done
from server.application.wake_ups import MOST_TRIES, WakeUps
from server.realtime.fanout_memory import MemoryBus
from tests.contracts.test_devices import a_device
from tests.support.fakes import FakeClock, FakeIds
from tests.support.memory_devices import MemoryDevices
from tests.support.memory_push import FakePushService, MemoryPush
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule
from tests.support.site import SocketLog

pytestmark = pytest.mark.asyncio

ORDER, DELIVERY, LINE = OrderId("order-1"), DeliveryId("order-1-d1"), LineId("order-1-l1")


class Day:
    """Dora drives with one phone, and has what was given to her so far."""

    def __init__(self, node: Node, clock: FakeClock) -> None:
        self.node, self.clock = node, clock
        self.anna = Speaker(node)
        dora = an_actor("Dora", roles=("driver",), driver_id=DriverId("driver-1"))
        self.dora = Speaker(node, dora, "phone-1")
        self.sockets = SocketLog()
        self.service = FakePushService()
        devices = MemoryDevices()
        self.devices, self.ledger = devices, MemoryPush(devices)
        self.wake_ups = self.waking(node)

    def waking(self, node: Node) -> WakeUps:
        return WakeUps(node, self.ledger, self.service, self.sockets, FakeIds(5))

    async def a_phone(self, name: str = "phone") -> None:
        await self.devices.open_device(a_device(TENANT, name, "driver-1"), [])
        subscription = PushSubscription(
            tenant_id=TENANT,
            device_id=name,
            endpoint=f"https://push.example/{name}",
            p256dh="p",
            auth="a",
            made_at=Instant(1),
        )
        assert await self.ledger.subscribe(subscription)

    async def change(self, quantity: int) -> Version:
        assert isinstance(
            await self.anna.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=quantity)), Done
        )
        order = (await self.node.images(TENANT)).order(ORDER)
        assert order is not None
        return order.deliveries[0].receipt.told

    async def say(self, word: str, version: int) -> None:
        said = AcknowledgeStop(
            order_id=ORDER,
            delivery_id=DELIVERY,
            epoch=1,
            version=Version(version),
            receipt=word,  # type: ignore[arg-type]
            at=self.clock.now(),
        )
        assert isinstance(await self.dora.do(said), Done)

    async def rounds(self, seconds: float) -> None:
        """Let rounds come every two seconds for so long."""
        for _ in range(round(seconds / 2)):
            self.clock.advance(2)
            await self.wake_ups.round()

    @property
    def woken(self) -> list[str]:
        return [phone for phone, _ in self.service.sent]


async def a_day() -> Day:
    clock = FakeClock()
    node = a_node(MemoryStore([TENANT]), clock=clock)
    await furnish(node)
    day = Day(node, clock)
    assert isinstance(await day.anna.do(an_order_placed(driver="driver-1")), Done)
    await day.say("acknowledged", 1)
    await day.a_phone()
    await day.wake_ups.round()
    return day


@rule("WU5")
async def test_a_change_that_the_phone_did_not_get_in_time_wakes_it_once():
    day = await a_day()
    await day.change(4)

    await day.rounds(2)
    early = day.woken
    await day.rounds(60)

    assert (early, day.service.sent) == ([], [("phone", "normal")])


@rule("WU5")
async def test_a_phone_that_has_the_change_is_left_alone():
    day = await a_day()
    told = await day.change(4)
    await day.say("delivered", told)

    await day.rounds(60)

    assert day.woken == []


@rule("WU5")
async def test_what_is_not_for_the_driver_or_comes_from_the_driver_wakes_nobody():
    day = await a_day()
    await day.anna.do(an_order_placed("order-2", driver="driver-2"))
    await day.say("seen", 1)

    await day.rounds(60)

    assert day.woken == []


@rule("WU5")
@pytest.mark.parametrize(("online", "woken"), [([], ["phone"]), (["phone"], [])])
async def test_a_stop_that_left_the_run_wakes_a_phone_without_a_socket(online, woken):
    day = await a_day()
    day.sockets.online[TENANT] = online
    away = AssignDriver(
        order_id=ORDER, from_driver=DriverId("driver-1"), to_driver=DriverId("driver-2")
    )
    assert isinstance(await day.anna.do(away), Done)

    await day.rounds(60)

    assert day.woken == woken


@rule("WU6")
async def test_many_changes_wake_a_phone_once_in_half_a_minute():
    day = await a_day()
    for quantity in range(4, 12):
        await day.change(quantity)
        await day.rounds(4)
    in_half_a_minute = len(day.woken)

    await day.rounds(30)

    assert (in_half_a_minute, len(day.woken)) == (1, 2)


@rule("WU6")
async def test_an_alarm_does_not_wait_and_is_urgent():
    day = await a_day()
    await day.change(4)
    day.clock.advance(50)
    await day.wake_ups.round()
    day.clock.advance(10)

    await Escalations(day.node).round()
    await day.rounds(4)

    assert day.service.sent == [("phone", "normal"), ("phone", "high")]


@rule("WU7")
async def test_two_nodes_wake_a_phone_once():
    clock, store, bus = FakeClock(), MemoryStore([TENANT]), MemoryBus()
    nodes = [a_node(store, clock=clock, seed=seed, fanout=bus.fanout()) for seed in (1, 2)]
    await furnish(nodes[0])
    day = Day(nodes[0], clock)
    await day.a_phone()
    await nodes[1].images(TENANT)
    elsewhere = day.waking(nodes[1])
    await asyncio.gather(day.wake_ups.round(), elsewhere.round())
    await day.anna.do(an_order_placed(driver="driver-1"))
    clock.advance(4)

    await asyncio.gather(day.wake_ups.round(), elsewhere.round())

    assert day.woken == ["phone"]


@rule("WU8")
async def test_a_subscription_that_ended_is_forgotten():
    day = await a_day()
    day.service.answers = [Gone()]
    await day.change(4)
    await day.rounds(10)
    await day.change(5)

    await day.rounds(60)

    assert day.woken == ["phone"]
    assert await day.ledger.subscription(TENANT, "phone") is None


@rule("WU9")
async def test_a_busy_push_service_is_asked_again_when_it_said():
    day = await a_day()
    day.service.answers = [Later(60.0)]
    await day.change(4)
    await day.rounds(4)

    await day.rounds(56)
    before = len(day.woken)
    await day.rounds(10)

    assert (before, len(day.woken)) == (1, 2)


@rule("WU9")
@pytest.mark.parametrize(
    ("answer", "times"), [(Later(), MOST_TRIES), (Later(86_400.0), 1), (Unfit(400), 1)]
)
async def test_a_push_service_that_never_takes_it_is_not_asked_for_ever(answer, times):
    day = await a_day()
    day.service.answers = [answer] * 20
    await day.change(4)

    await day.rounds(900)

    assert len(day.woken) == times


@rule("WU9")
async def test_a_phone_that_came_by_itself_is_not_tried_again():
    day = await a_day()
    day.service.answers = [Later()] * 20
    told = await day.change(4)
    await day.rounds(4)
    await day.say("delivered", told)

    await day.rounds(600)

    assert day.woken == ["phone"]


@rule("WU10")
async def test_a_push_service_that_hangs_holds_up_no_command():
    day = await a_day()
    hanging = asyncio.Event()

    class Hanging(FakePushService):
        async def wake(self, subscription, urgency):
            await hanging.wait()
            return await super().wake(subscription, urgency)

    day.service = Hanging()
    day.wake_ups = day.waking(day.node)
    await day.wake_ups.round()
    await day.change(4)
    day.clock.advance(4)
    under_way = asyncio.create_task(day.wake_ups.round())
    await asyncio.sleep(0)

    told = await day.change(5)
    hanging.set()
    await under_way

    assert told > 1
    assert day.woken == ["phone"]


async def test_a_history_that_is_replaced_owes_nothing():
    day = await a_day()
    await day.change(4)
    journal = await day.node.journal(TENANT)
    journal.reset(await day.node.store.load(TENANT))

    await day.rounds(60)

    assert day.woken == []
    assert msgspec.structs.asdict(journal.images.head)["sequence"] > 0
