"""Splitting, merging, cancelling and planning deliveries: no piece is lost or doubled."""

import pytest
from msgspec.structs import replace

from protocols.commands import RemoveLine, SetQuantity
from protocols.deliveries import (
    AssignDriver,
    CancelDelivery,
    MergeDeliveries,
    MoveStop,
    ReopenDelivery,
    SetDeliveryAddress,
    SetHub,
    SetMethod,
    SetServiceTime,
    SetTracking,
    SplitDelivery,
)
from protocols.rejections import Invalid, Stale
from protocols.values import Address, Take, Tracking
from protocols.vocabulary import DeliveryId, HubId, OrderId, Rank, Version
from server.domain.decision import Accepted
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Order
from server.domain.orders.undo import decide_undo
from tests.support.builders import (
    a_delivery,
    a_line,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
)
from tests.support.roads import (
    ANA,
    CHAIR,
    DELIVERY,
    ORDER,
    TABLE,
    TOM,
    by_driver,
    carried,
    fail,
    in_vehicle,
    step,
    the,
)
from tests.support.rules import rule

SECOND = DeliveryId("del-2")


def split(new: str = "del-2", delivery: DeliveryId = DELIVERY, **take: int) -> SplitDelivery:
    lines = {"tables": TABLE, "chairs": CHAIR}
    return SplitDelivery(
        order_id=ORDER,
        delivery_id=delivery,
        new_id=DeliveryId(new),
        take=tuple(Take(line_id=lines[name], quantity=n) for name, n in take.items()),
    )


def seen(order: Order):
    return asked(base_version=order.version)


@rule("DL4")
def test_what_is_taken_is_new_and_the_rest_keeps_its_id_its_place_and_its_driver():
    before = carried()

    order = step(before, split(chairs=2))

    rest, new = the(order), the(order, "del-2")
    assert (rest.driver_id, rest.stop_rank, rest.epoch) == (ANA, the(before).stop_rank, 1)
    assert (new.driver_id, new.position) == (None, 2)
    assert brought(order, rest) == {TABLE: 2, CHAIR: 4}
    assert brought(order, new) == {CHAIR: 2}


def test_the_driver_of_the_rest_is_told_that_it_is_less():
    order = step(carried(), split(chairs=2))

    (edit,) = the(order).receipt.edits
    assert (edit.edit.was, edit.edit.now) == (6, 4)


@rule("DL3")
@pytest.mark.parametrize(
    ("take", "rule_"), [({"chairs": 7}, "too_many"), ({"tables": 2, "chairs": 6}, "everything")]
)
def test_nobody_takes_more_than_there_is_or_all_of_it(take, rule_):
    order = carried()

    refusal = refused(decide(order, split(**take), asked(), a_world(order)))

    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].rule == rule_


@rule("DL1")
def test_who_has_not_seen_the_last_split_looks_first():
    order = step(carried(), split(chairs=2))

    refusal = refused(decide(order, split("del-3", chairs=2), asked(), a_world(order)))

    assert isinstance(refusal, Stale)
    assert refusal.conflicts[0].group == "deliveries"
    insisting = asked(over=order.version)
    assert accepted(decide(order, split("del-3", chairs=2), insisting, a_world(order)))


@rule("DL2")
def test_a_new_delivery_needs_an_id_of_its_own():
    order = carried()

    refusal = refused(decide(order, split("del-1", chairs=2), asked(), a_world(order)))

    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].field == "new_id"


def test_what_is_in_a_vehicle_is_not_split_merged_or_cancelled():
    order = in_vehicle()
    for command in (
        split(chairs=2),
        CancelDelivery(order_id=ORDER, delivery_id=DELIVERY, reason="No"),
    ):
        refusal = refused(decide(order, command, seen(order), a_world(order)))
        assert isinstance(refusal, Invalid)
        assert refusal.problems[0].rule == "under_way"


@rule("DL5", "DL7")
def test_merging_brings_everything_together_again():
    order = step(carried(), split(chairs=2))
    merge = MergeDeliveries(order_id=ORDER, into_id=SECOND, from_ids=(DELIVERY,))

    merged = step(order, merge, seen(order))

    assert [each.id for each in merged.deliveries] == ["del-2"]
    assert brought(merged, the(merged, "del-2")) == {TABLE: 2, CHAIR: 6}


@rule("DL6")
def test_a_cancelled_delivery_leaves_its_pieces_to_another_and_the_last_one_stays():
    order = step(carried(), split(chairs=2))
    cancelled = step(
        order, CancelDelivery(order_id=ORDER, delivery_id=SECOND, reason="Together"), seen(order)
    )

    assert brought(cancelled, the(cancelled)) == {TABLE: 2, CHAIR: 6}
    last = CancelDelivery(order_id=ORDER, delivery_id=DELIVERY, reason="None")
    refusal = refused(decide(cancelled, last, seen(cancelled), a_world(cancelled)))
    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].rule == "last_delivery"


@pytest.mark.parametrize("shape", ["split", "merge", "cancel"])
def test_undo_brings_the_deliveries_back(shape: str):
    order = carried() if shape == "split" else step(carried(), split(chairs=2))
    command = {
        "split": split(chairs=2),
        "merge": MergeDeliveries(order_id=ORDER, into_id=DELIVERY, from_ids=(SECOND,)),
        "cancel": CancelDelivery(order_id=ORDER, delivery_id=SECOND, reason="No"),
    }[shape]
    decision = decide(order, command, seen(order), a_world(order))
    assert isinstance(decision, Accepted)
    done = evolve(order, decision.events, asked().touch(Version(order.version + 1)))

    back = decide_undo(done, decision.events, done.version, seen(done), a_world(done), undone=1)

    restored = evolve(done, accepted(back), asked().touch(Version(done.version + 1)))
    assert [each.id for each in restored.deliveries] == [each.id for each in order.deliveries]
    for was, now in zip(order.deliveries, restored.deliveries, strict=True):
        assert brought(restored, now) == brought(order, was)


@rule("AL1")
def test_another_quantity_is_the_rests_affair():
    order = step(carried(), split(chairs=2))

    more = step(order, SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=9), seen(order))

    assert brought(more, the(more)) == {TABLE: 2, CHAIR: 7}
    assert brought(more, the(more, "del-2")) == {CHAIR: 2}


@rule("AL2", "AL3")
def test_what_was_handed_over_stays_on_the_paper():
    order = at_stage(
        an_order(
            lines=(a_line(), a_line("line-2", name="Chair", quantity=6)),
            deliveries=(
                a_delivery(
                    category="done",
                    closed_at=1,
                    collected_at=1,
                    allocations=(Take(line_id=CHAIR, quantity=4),),
                ),
                a_delivery("del-2", position=2),
            ),
        ),
        "ready",
        "ready",
    )
    order = step_categories(order)

    fewer = SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=3)
    refusal = refused(decide(order, fewer, asked(), a_world(order)))
    gone = refused(
        decide(order, RemoveLine(order_id=ORDER, line_id=CHAIR), asked(), a_world(order))
    )

    for each in (refusal, gone):
        assert isinstance(each, Invalid)
        assert (each.problems[0].rule, each.problems[0].limit) == ("allocated", 4)


def step_categories(order: Order) -> Order:
    done, rest = order.deliveries
    return replace(order, deliveries=(replace(done, category="done"), rest))


@rule("DL8", "DL9", "DL10")
def test_the_plain_fields_of_a_delivery_are_set_one_by_one():
    order = carried()
    there = Address(street="Quay 9", city="Nantes")
    tracking = Tracking(carrier="DHL", code="1Z")

    order = step(order, SetTracking(order_id=ORDER, delivery_id=DELIVERY, tracking=tracking))
    order = step(order, SetDeliveryAddress(order_id=ORDER, delivery_id=DELIVERY, address=there))
    order = step(order, SetServiceTime(order_id=ORDER, delivery_id=DELIVERY, seconds=900))
    order = step(order, SetMethod(order_id=ORDER, delivery_id=DELIVERY, method="carrier"))

    delivery = the(order)
    assert (delivery.tracking, delivery.address, delivery.service_seconds) == (tracking, there, 900)
    assert (delivery.method, delivery.driver_id, delivery.epoch) == ("carrier", None, 2)
    unknown = SetHub(order_id=ORDER, delivery_id=DELIVERY, hub_id=HubId("nowhere"))
    assert isinstance(refused(decide(order, unknown, seen(order), a_world(order))), Invalid)


@rule("DL11", "DL12")
def test_a_stop_goes_between_the_neighbours_the_mover_saw():
    first, second = _of_ana("ord-1", "a0"), _of_ana("ord-2", "a1")
    third = _of_ana("ord-3", "a2")
    world = a_world(first, second, third)
    move = MoveStop(
        order_id=OrderId("ord-3"),
        delivery_id=DeliveryId("ord-3-d"),
        after_id=DeliveryId("ord-1-d"),
    )

    (event,) = accepted(decide(third, move, asked(), world))

    assert Rank("a0") < event.stop_rank < Rank("a1")
    nobody = an_order("ord-4", deliveries=(a_delivery("ord-4-d"),))
    homeless = MoveStop(order_id=OrderId("ord-4"), delivery_id=DeliveryId("ord-4-d"))
    assert isinstance(refused(decide(nobody, homeless, asked(), a_world(nobody))), Invalid)


def test_a_given_stop_is_the_last_of_its_run_or_where_it_was_put():
    first, second = _of_ana("ord-1", "a0"), _of_ana("ord-2", "a1")
    new = an_order("ord-3", deliveries=(a_delivery("ord-3-d"),))
    world = a_world(first, second, new)
    last = AssignDriver(order_id=OrderId("ord-3"), from_driver=None, to_driver=ANA)
    between = AssignDriver(
        order_id=OrderId("ord-3"),
        from_driver=None,
        to_driver=ANA,
        before_id=DeliveryId("ord-2-d"),
    )

    (at_end,) = accepted(decide(new, last, asked(), world))
    (inside,) = accepted(decide(new, between, asked(), world))

    assert at_end.stop_rank > Rank("a1")
    assert Rank("a0") < inside.stop_rank < Rank("a1")


def _of_ana(order_id: str, rank: str) -> Order:
    delivery = a_delivery(f"{order_id}-d", driver_id=ANA, epoch=1, stop_rank=Rank(rank))
    return an_order(order_id, deliveries=(delivery,))


@rule("DL13")
def test_a_failed_delivery_is_planned_again_without_a_driver():
    order = step(in_vehicle(), fail(), by_driver())
    again = ReopenDelivery(order_id=ORDER, delivery_id=DELIVERY, reason="Customer called")

    order = step(order, again, seen(order))

    delivery = the(order)
    assert (delivery.category, delivery.driver_id, delivery.epoch) == ("ready", None, 2)
    assert len(delivery.attempts) == 1
    assert isinstance(refused(decide(order, again, seen(order), a_world(order))), Invalid)


@rule("AS10")
def test_the_planner_never_moves_what_a_person_decided():
    order = carried()
    planner = asked(an_actor(via="automation"))
    give = AssignDriver(order_id=ORDER, from_driver=ANA, to_driver=TOM, delivery_id=DELIVERY)

    refusal = refused(decide(order, give, planner, a_world(order)))

    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].rule == "human"


@rule("AS11")
def test_taking_goods_from_a_vehicle_is_done_knowingly():
    order = in_vehicle()
    give = AssignDriver(order_id=ORDER, from_driver=ANA, to_driver=TOM)

    decision = decide(order, give, seen(order), a_world(order))

    assert isinstance(decision, Accepted)
    assert decision.warnings == ("goods_with_driver",)
