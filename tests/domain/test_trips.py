"""Whatever drivers and the house do at the same time, no work of the road is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.commands import OrderCommand, RemoveLine, SetAddress, SetQuantity, SetWindow
from protocols.deliveries import (
    AssignDriver,
    CancelDelivery,
    MergeDeliveries,
    ReopenDelivery,
    SplitDelivery,
)
from protocols.facts import CollectDelivery, CompleteDelivery, FailDelivery
from protocols.rejections import Invalid
from protocols.values import Address, Take
from protocols.vocabulary import DeliveryId, DriverId, LineId, OrderId
from server.domain.audience import is_open
from server.domain.decision import Refused
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import ClaimFiled, ClaimSettled, DeliveryCompleted
from server.domain.orders.groups import delivery_of
from server.domain.orders.hand_over import missing_of
from server.domain.orders.state import Order
from tests.domain.drivers import ANA, TOM, aimed, facts, replies
from tests.domain.operators import Turn, seen, take, trips, turns
from tests.support.builders import (
    DictWorld,
    a_delivery,
    a_line,
    a_world,
    an_order,
    at_stage,
)
from tests.support.rules import rule

ORDER = OrderId("ord-1")
LONG = settings(max_examples=200)

_order = st.just(ORDER)
_lines = st.sampled_from(["line-1", "line-1", "line-2"]).map(LineId)
_deliveries = st.sampled_from(["del-1", "del-1", "part-1", "rest-1"]).map(DeliveryId)
_drivers = st.sampled_from([None, "ana", "ana", "tom"])


def house() -> st.SearchStrategy[OrderCommand]:
    """What the house does to an order that is on the road."""
    return st.one_of(
        st.builds(SetQuantity, order_id=_order, line_id=_lines, quantity=st.integers(1, 4)),
        st.builds(RemoveLine, order_id=_order, line_id=_lines),
        st.builds(
            SetAddress,
            order_id=_order,
            which=st.just("shipping"),
            address=st.sampled_from([Address(city="Lyon"), Address(city="Nice")]),
        ),
        st.builds(SetWindow, order_id=_order, delivery_id=_deliveries, window=st.none()),
        st.builds(
            AssignDriver,
            order_id=_order,
            delivery_id=_deliveries,
            from_driver=_drivers,
            to_driver=_drivers,
        ),
        st.builds(
            SplitDelivery,
            order_id=_order,
            delivery_id=_deliveries,
            new_id=st.just("part-1"),
            take=st.builds(Take, line_id=_lines, quantity=st.just(1)).map(lambda each: (each,)),
        ),
        st.builds(
            MergeDeliveries,
            order_id=_order,
            into_id=_deliveries,
            from_ids=_deliveries.map(lambda each: (each,)),
        ),
        st.builds(CancelDelivery, order_id=_order, delivery_id=_deliveries, reason=st.just("x")),
        st.builds(ReopenDelivery, order_id=_order, delivery_id=_deliveries),
        replies(),
    )


def journeys(most: int) -> st.SearchStrategy[list[Turn]]:
    """So many turns at most of drivers who are out and of a house that cannot leave it alone."""
    return st.lists(st.one_of(trips(), trips(), turns(house)), max_size=most)


def a_road() -> DictWorld:
    """An order that stands ready, one part with Ana and the rest with Tom."""
    deliveries = (
        a_delivery(driver_id=DriverId("ana"), epoch=1),
        a_delivery(
            "part-1",
            position=2,
            driver_id=DriverId("tom"),
            epoch=1,
            allocations=(Take(line_id=LineId("line-1"), quantity=1),),
        ),
    )
    order = an_order(lines=(a_line(), a_line("line-2")), deliveries=deliveries)
    return a_world(at_stage(order, "ready", "ready"))


@rule("AL4")
@LONG
@given(journeys(30))
def test_whatever_happens_on_the_road_no_piece_is_lost_or_doubled(day: list[Turn]):
    world = a_road()
    for turn in day:
        take(world, turn)

        order = world.order(ORDER)
        assert order is not None
        for line in order.lines:
            carried = [brought(order, each).get(line.id, 0) for each in order.deliveries]
            assert sum(carried) == line.quantity


def had(order: Order, delivery_id: str, driver_id: DriverId | None) -> bool:
    """Whether the delivery is, or was once, in this driver's hands, also if it is gone since."""
    there = (
        driver_id in {each.driver_id, *(former.driver_id for former in each.former)}
        for each in order.deliveries
        if each.id == delivery_id
    )
    away = (driver_id in each.driver_ids for each in order.gone if each.id == delivery_id)
    return any((*there, *away))


_PHONES_OWN = {("note", "required"), ("handed", "nothing")}
"""What a phone does not let its driver say in the first place."""


@rule("LW1")
@LONG
@given(journeys(30), st.sampled_from([ANA, ANA, TOM]), facts())
def test_what_happened_offline_is_never_refused_for_what_others_did(day, driver, fact):
    world = a_road()
    for turn in day:
        take(world, turn)
    order = world.order(ORDER)
    assert order is not None
    turn = Turn(driver, aimed(fact, order), fact=True)
    if not isinstance(fact, CollectDelivery | CompleteDelivery | FailDelivery):
        return
    if fact.order_id != ORDER or not had(order, fact.delivery_id, driver.driver_id):
        return

    decision = decide(order, turn.command, seen(turn, order), world)

    if isinstance(decision, Refused):
        assert isinstance(decision.reason, Invalid), decision.reason
        said = {(each.field, each.rule) for each in decision.reason.problems}
        assert said <= _PHONES_OWN


@rule("FA11", "LW3")
@LONG
@given(journeys(40))
def test_what_a_customer_did_not_get_is_in_a_delivery_that_somebody_plans(day: list[Turn]):
    world = a_road()
    for turn in day:
        before = world.order(ORDER)
        events = take(world, turn) or ()
        for event in events:
            if isinstance(event, DeliveryCompleted) and is_open(_one(before, event.delivery_id)):
                after = world.order(ORDER)
                assert after is not None
                handed = {each.line_id: each.quantity for each in event.handed}
                brings = brought(after, _one(after, event.delivery_id))
                assert missing_of(brings, handed) == {}


def _one(order: Order | None, delivery_id: str) -> Delivery:
    delivery = delivery_of(order, delivery_id) if order is not None else None
    assert delivery is not None
    return delivery


@rule("FA10", "CM1")
@LONG
@given(journeys(40))
def test_a_claim_waits_once_until_somebody_decides(day: list[Turn]):
    world = a_road()
    waiting: list[str] = []
    for turn in day:
        for event in take(world, turn) or ():
            if isinstance(event, ClaimFiled):
                waiting.append(event.claim.id)
            if isinstance(event, ClaimSettled):
                waiting.remove(event.claim_id)

        order = world.order(ORDER)
        assert order is not None
        assert [each.id for each in order.claims] == waiting
