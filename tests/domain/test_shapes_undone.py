"""Splits, merges and cancellations taken back, when others went on working meanwhile."""

import pytest
from msgspec.structs import replace

from protocols.commands import MoveOrder, SetAddress, SetWindow
from protocols.deliveries import MoveStop, ReopenDelivery, SetDeliveryAddress, SetMethod
from protocols.rejections import Invalid, InvalidAfterMerge, NothingToUndo, Stale
from protocols.values import Address, Window
from protocols.vocabulary import Rank, StageId
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from tests.support.builders import a_delivery, a_driver, a_world, an_order, asked, refused
from tests.support.roads import (
    ANA,
    CHAIR,
    DELIVERY,
    ORDER,
    TABLE,
    TOM,
    by_driver,
    carried,
    collect,
    complete,
    fail,
    in_vehicle,
    step,
    the,
)
from tests.support.rules import rule
from tests.support.shapes import (
    SECOND,
    THIRD,
    Done,
    chairs,
    dropped,
    give,
    merge,
    seen,
    split,
    then,
)

SOON = Window(opens=1_000, closes=2_000)


def two():
    """Two tables and four chairs with Ana, two chairs with nobody."""
    return then(carried(), split(chairs=2))


@rule("UN9")
def test_a_split_is_not_undone_once_somebody_gave_the_new_delivery_to_a_driver():
    done = Done(carried(), split(chairs=2))
    given = then(done.order, give(TOM))

    refusal = refused(done.undo(given))

    assert isinstance(refusal, Stale)
    assert [each.group for each in refusal.conflicts] == ["assignment:del-2"]


@rule("UN9")
def test_a_split_is_undone_with_whatever_is_in_both_by_now():
    apart = Done(two(), split(THIRD, SECOND, chairs=1))
    fewer = then(apart.order, chairs(1))

    back = apart.undone(fewer)

    assert [brought(back, each).get(CHAIR, 0) for each in back.deliveries] == [0, 1]


@rule("UN9")
@pytest.mark.parametrize("command", [merge(SECOND, DELIVERY), dropped(DELIVERY)])
def test_what_returns_has_no_driver_and_stands_where_the_order_stands(command):
    done = Done(two(), command)
    back_in = MoveOrder(
        order_id=ORDER, from_stage=StageId("ready"), to_stage=StageId("preparing"), note="x"
    )
    moved = then(done.order, back_in)

    back = done.undone(moved)

    returned = the(back)
    assert (returned.driver_id, returned.call_sign, returned.stop_rank) == (None, "", None)
    assert (returned.epoch, returned.category) == (2, moved.category)
    assert [each.driver_id for each in returned.former] == [ANA]
    assert brought(back, returned) == {TABLE: 2, CHAIR: 4}


@rule("UN9")
def test_what_has_left_stays_as_it_is_and_the_others_may_be_undone():
    order = then(carried(), split(tables=2), split(THIRD, SECOND, tables=1))
    done = Done(order, merge(SECOND, THIRD))
    out = step(done.order, collect(), by_driver())

    assert len(done.undone(out).deliveries) == 3
    gone = step(then(done.order, give(TOM)), _collect_second(done.order), by_driver(TOM))
    assert isinstance(refused(done.undo(gone)), NothingToUndo)


def _collect_second(order):
    return replace(collect(epoch=the(order, SECOND).epoch + 1), delivery_id=SECOND)


@rule("UN9")
def test_undoing_an_undo_keeps_what_was_planned_since():
    merged = Done(two(), merge(DELIVERY, SECOND))
    back = merged.taken_back()
    moved = then(back.order, give(TOM, DELIVERY, ANA))

    again = back.undone(moved)

    assert [each.id for each in again.deliveries] == [DELIVERY]
    assert brought(again, the(again)) == {TABLE: 2, CHAIR: 6}
    assert (the(again).driver_id, the(again).epoch) == (TOM, 2)
    assert isinstance(refused(back.undo(then(back.order, give(TOM)))), Stale)


@rule("DL14")
@pytest.mark.parametrize("command", [merge(DELIVERY, SECOND), dropped(SECOND)])
@pytest.mark.parametrize(
    "planned",
    [
        give(TOM),
        SetWindow(order_id=ORDER, delivery_id=SECOND, window=SOON),
        SetMethod(order_id=ORDER, delivery_id=SECOND, method="carrier"),
    ],
)
def test_what_a_colleague_has_planned_does_not_end_unseen(command, planned):
    order = two()
    busy = then(order, planned)

    refusal = refused(decide(busy, command, seen(order), a_world(busy)))

    assert isinstance(refusal, Stale)
    assert refusal.conflicts[0].group.endswith(":del-2")
    assert len(then(busy, command).deliveries) == 1


@rule("DL2", "DL9", "ED10")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"window": Window(opens=2_000, closes=1_000)}, "window"),
        ({"hub_id": "nowhere"}, "hub_id"),
        ({"new": SECOND}, "new_id"),
    ],
)
def test_a_new_delivery_is_held_to_the_rules_of_its_fields(given, field):
    order = then(two(), give(TOM), dropped(SECOND))

    command = split(given.pop("new", THIRD), chairs=1, **given)
    refusal = refused(decide(order, command, seen(order), a_world(order)))

    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].field == field


@rule("DL16")
def test_an_order_is_not_split_without_end():
    order = carried()
    order = then(order, chairs(100))
    for turn in range(49):
        order = then(order, split(f"del-{turn + 10}", chairs=1))

    refusal = refused(decide(order, split(chairs=1), seen(order), a_world(order)))

    assert isinstance(refusal, Invalid)
    assert (refusal.problems[0].rule, refusal.problems[0].limit) == ("count_limit", 50)


@rule("DL7")
def test_what_was_tried_and_proven_is_not_lost_in_a_merge_and_goes_back_with_undo():
    failed = step(step(two(), collect(), by_driver()), fail(proofs=complete().proofs), by_driver())
    order = then(failed, ReopenDelivery(order_id=ORDER, delivery_id=DELIVERY))
    done = Done(order, merge(SECOND, DELIVERY))

    heir = the(done.order, SECOND)
    assert [each.reason for each in heir.attempts] == ["nobody_home"]
    assert [each.kind for each in heir.proofs] == ["signature"]
    back = done.undone()
    assert (the(back, SECOND).attempts, the(back, SECOND).proofs) == ((), ())
    assert len(the(back).attempts) == len(the(back).proofs) == 1


@rule("UN10")
@pytest.mark.parametrize(
    "command",
    [
        SetWindow(order_id=ORDER, delivery_id=DELIVERY, window=SOON),
        SetDeliveryAddress(
            order_id=ORDER, delivery_id=DELIVERY, address=Address(street="Quay 9", city="Nantes")
        ),
        SetAddress(order_id=ORDER, which="shipping", address=Address(city="Nantes")),
        give(TOM, DELIVERY, ANA),
    ],
)
def test_nothing_is_undone_behind_the_back_of_a_driver_on_the_way(command):
    done = Done(two(), command)
    driver = the(done.order)
    way = collect(epoch=driver.epoch)
    out = step(done.order, way, by_driver(driver.driver_id))

    refusal = refused(done.undo(out))

    assert isinstance(refusal, Stale | InvalidAfterMerge)
    if isinstance(refusal, Stale):
        assert [each.group for each in refusal.conflicts] == ["progress:del-1"]


@rule("UN10")
def test_the_place_of_a_stop_is_not_undone_in_another_drivers_run():
    order = two()
    stop = a_delivery("other-d", driver_id=ANA, epoch=1, stop_rank=Rank("a5"))
    other = an_order("ord-2", deliveries=(stop,))
    last = MoveStop(order_id=ORDER, delivery_id=DELIVERY, after_id=stop.id)
    done = Done(order, last, a_world(order, other))
    assert the(done.order).stop_rank > stop.stop_rank

    given = then(done.order, give(TOM, DELIVERY, ANA))

    assert isinstance(refused(done.undo(given)), Stale)
    assert the(done.undone()).stop_rank == the(order).stop_rank


@rule("UN11")
@pytest.mark.parametrize("records", [(), (a_driver("ana", active=False),)])
def test_nothing_is_given_back_to_a_driver_who_left(records):
    done = Done(two(), give(TOM, DELIVERY, ANA))

    back = done.undone(world=a_world(done.order, records=records))

    assert (the(back).driver_id, the(back).epoch) == (None, 3)


@rule("UN8")
def test_a_driver_who_gets_it_back_is_called_as_before():
    records = (a_driver("ana", call_sign="A1"), a_driver("tom", call_sign="T1"))
    done = Done(two(), give(TOM, DELIVERY, ANA))

    back = done.undone(world=a_world(done.order, records=records))

    assert (the(back).driver_id, the(back).call_sign) == (ANA, "A1")


@rule("MV8")
def test_who_has_delivered_is_not_sent_away_when_the_rest_is_cancelled():
    order = step(two(), complete(chairs=4), by_driver())
    assert the(order).category == "done"
    cancel = MoveOrder(
        order_id=ORDER, from_stage=order.stage_id, to_stage=StageId("cancelled"), note="x"
    )

    ended = then(order, cancel)

    assert (the(ended).driver_id, the(ended).category) == (ANA, "done")


@rule("DL8")
def test_goods_in_a_vehicle_are_there_again_when_the_order_comes_back_from_an_end():
    order = in_vehicle()
    done = Done(
        order,
        MoveOrder(
            order_id=ORDER, from_stage=order.stage_id, to_stage=StageId("cancelled"), note="x"
        ),
    )
    assert the(done.order).category == "cancelled"

    assert the(done.undone()).category == "in_transit"


@rule("DL13")
def test_why_a_delivery_is_not_planned_again_is_said_rightly():
    again = ReopenDelivery(order_id=ORDER, delivery_id=DELIVERY)
    fresh = two()

    refusal = refused(decide(fresh, again, seen(fresh), a_world(fresh)))
    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].rule == "not_failed"
    late = refused(decide(fresh, again, asked(), a_world(fresh)))
    assert isinstance(late, InvalidAfterMerge), "a colleague's split is named beside it"
