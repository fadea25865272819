from typing import Any

import pytest

from protocols.commands import AssignCsr
from protocols.deliveries import AssignDriver, MoveStop
from protocols.rejections import Forbidden, Invalid, InvalidAfterMerge, Stale, Superseded
from protocols.vocabulary import DeliveryId, DriverId, OrderId, PersonId, Rank, Version
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery_events import DriverAssigned, StopMoved
from server.domain.orders.events import CsrAssigned
from server.domain.orders.state import Order
from tests.support.builders import (
    a_delivery,
    a_driver,
    a_person,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
    touched_by_ben,
)
from tests.support.rules import rule

ORDER = OrderId("ord-1")
BEN, MEI = PersonId("ben"), PersonId("mei")
ANA, TOM = DriverId("ana"), DriverId("tom")


def csr(to: PersonId | None, was: PersonId | None = None) -> AssignCsr:
    return AssignCsr(order_id=ORDER, from_csr=was, to_csr=to)


def driver(to: DriverId | None = TOM, was: DriverId | None = None, **fields: Any) -> AssignDriver:
    return AssignDriver(order_id=ORDER, from_driver=was, to_driver=to, **fields)


def test_an_order_is_given_to_a_colleague_and_taken_away():
    order, has = an_order(), an_order(csr_id=BEN)

    given = accepted(decide(order, csr(BEN), asked(), a_world(order)))
    taken = accepted(decide(has, csr(None, BEN), asked(), a_world(has)))

    assert given == (CsrAssigned(csr_id=BEN, was=None),)
    assert taken == (CsrAssigned(csr_id=None, was=BEN),)


@rule("AS1")
def test_who_may_not_assign_others_takes_it_themselves():
    order = an_order()
    world = a_world(order, records=(a_person(), a_person("mei")))
    meek = asked(an_actor(without=["csr.assign"]))
    powerless = asked(an_actor(without=["csr.assign", "csr.assign_self"]))

    assert refused(decide(order, csr(BEN), meek, world)) == Forbidden(permission="csr.assign")
    assert accepted(decide(order, csr(MEI), meek, world))
    assert isinstance(refused(decide(order, csr(MEI), powerless, world)), Forbidden)


@rule("AS2")
def test_nothing_is_given_to_nobody():
    order = an_order()
    left = a_world(order, records=(a_person(active=False), a_driver("tom", active=False)))
    empty = a_world(order, records=())

    for command in (csr(BEN), driver()):
        for world, expected in ((left, "inactive"), (empty, "unknown")):
            reason = refused(decide(order, command, asked(), world))
            assert isinstance(reason, Invalid)
            assert reason.problems[0].rule == expected


@rule("AS3")
def test_giving_it_to_who_has_it_does_nothing():
    order = touched_by_ben(an_order(csr_id=BEN), "csr")

    assert accepted(decide(order, csr(BEN), asked(), a_world(order))) == ()


@rule("AS4")
def test_an_order_that_went_to_somebody_else_is_not_taken_unseen():
    order = touched_by_ben(an_order(csr_id=MEI), "csr")

    reason = refused(decide(order, csr(BEN), asked(base_version=Version(9)), a_world(order)))

    assert isinstance(reason, Stale)
    assert (reason.conflicts[0].theirs, reason.conflicts[0].mine) == (MEI, BEN)
    assert accepted(decide(order, csr(BEN), asked(over=Version(2)), a_world(order)))


def carried(**fields: Any) -> Order:
    return touched_by_ben(
        an_order(deliveries=(a_delivery(driver_id=ANA, epoch=4, **fields),)), "assignment:del-1"
    )


@rule("AS8")
def test_a_delivery_is_given_to_another_driver_with_a_new_epoch():
    order = carried()

    events = accepted(decide(order, driver(TOM, ANA, pinned=True), asked(), a_world(order)))

    assert events == (
        DriverAssigned(
            delivery_id=DeliveryId("del-1"),
            driver_id=TOM,
            was=ANA,
            pinned=True,
            epoch=5,
            stop_rank=Rank("a0"),
        ),
    )


@rule("AS8")
def test_a_delivery_that_went_to_somebody_else_is_not_taken_unseen():
    order = carried()

    reason = refused(decide(order, driver(), asked(), a_world(order)))

    assert isinstance(reason, Stale)
    assert (reason.conflicts[0].group, reason.conflicts[0].theirs) == ("assignment:del-1", ANA)
    assert accepted(decide(order, driver(), asked(fact=True), a_world(order)))


@rule("AS6")
def test_giving_a_delivery_to_who_has_it_does_nothing():
    order = carried()

    assert accepted(decide(order, driver(ANA, None, epoch=1), asked(), a_world(order))) == ()


@rule("AS7")
def test_an_older_epoch_is_superseded():
    order = carried()
    old, new = driver(TOM, ANA, epoch=3), driver(TOM, ANA, epoch=4)

    assert refused(decide(order, old, asked(), a_world(order))) == Superseded(epoch=4)
    assert accepted(decide(order, new, asked(), a_world(order)))
    assert accepted(decide(order, old, asked(over=Version(2)), a_world(order)))


@rule("AS5")
def test_without_naming_a_delivery_all_open_ones_are_given():
    order = an_order(
        deliveries=(
            a_delivery("del-1"),
            a_delivery("del-2", driver_id=TOM),
            a_delivery("del-3", category="failed"),
            a_delivery("del-4"),
        )
    )

    events = accepted(decide(order, driver(), asked(), a_world(order)))

    assert [event.delivery_id for event in events if isinstance(event, DriverAssigned)] == [
        "del-1",
        "del-4",
    ]


@rule("AS5")
def test_a_done_order_needs_no_driver():
    order = at_stage(an_order(), "delivered", "done")
    ended = touched_by_ben(order, "stage")
    named = driver(delivery_id=DeliveryId("del-1"))

    assert isinstance(refused(decide(order, driver(), asked(), a_world(order))), Invalid)
    assert isinstance(refused(decide(order, named, asked(), a_world(order))), Invalid)
    assert isinstance(refused(decide(ended, named, asked(), a_world(ended))), InvalidAfterMerge)


def test_a_named_delivery_exists():
    order = an_order()
    lost, found = driver(delivery_id=DeliveryId("del-x")), driver(delivery_id=DeliveryId("del-1"))

    assert isinstance(refused(decide(order, lost, asked(), a_world(order))), Invalid)
    assert accepted(decide(order, found, asked(), a_world(order)))


@rule("AS9")
def test_a_planner_leaves_pinned_deliveries_alone():
    order = carried(pinned=True)
    planner = asked(an_actor(via="automation"))

    reason = refused(decide(order, driver(TOM, ANA), planner, a_world(order)))

    assert isinstance(reason, Invalid)
    assert accepted(decide(order, driver(TOM, ANA), asked(), a_world(order)))


@pytest.mark.parametrize(
    ("via", "kind"),
    [("socket", "human"), ("http", "api"), ("import", "import"), ("system", "planner")],
)
def test_an_assignment_remembers_what_kind_of_asker_gave_it(via: str, kind: str):
    order = an_order()

    (event,) = accepted(decide(order, driver(), asked(an_actor(via=via)), a_world(order)))

    assert isinstance(event, DriverAssigned)
    assert event.assigned_by == kind


def of_ana(order_id: str, rank: str) -> Order:
    stop = a_delivery(f"{order_id}-d", driver_id=ANA, epoch=1, stop_rank=Rank(rank))
    return an_order(order_id, deliveries=(stop,))


@rule("AS12")
@pytest.mark.parametrize("place", [{}, {"after_id": "ord-8-d"}, {"before_id": "ord-9-d"}])
def test_deliveries_given_together_become_stops_one_behind_the_other(place: dict[str, Any]):
    order = an_order(deliveries=(a_delivery(), a_delivery("del-2", position=2)))
    world = a_world(order, of_ana("ord-8", "a0"), of_ana("ord-9", "a1"))

    first, second = accepted(decide(order, driver(ANA, **place), asked(), world))

    assert first.stop_rank < second.stop_rank
    assert first.stop_rank > Rank("a0")
    assert bool(place) == (second.stop_rank < Rank("a1"))


@rule("AS6")
def test_who_drags_a_stop_to_its_driver_again_still_says_where_it_goes():
    order = of_ana("ord-1", "a9")
    world = a_world(order, of_ana("ord-8", "a0"), of_ana("ord-9", "a1"))
    give = driver(ANA, None, before_id=DeliveryId("ord-9-d"))

    (moved,) = accepted(decide(order, give, asked(), world))

    assert isinstance(moved, StopMoved)
    assert Rank("a0") < moved.stop_rank < Rank("a1")


@rule("AS11")
def test_only_what_really_changes_hands_is_warned_of():
    order = an_order(
        deliveries=(
            a_delivery(driver_id=TOM, epoch=1, collected_at=1, category="in_transit"),
            a_delivery("del-2", position=2, method="carrier"),
        )
    )

    decision = decide(order, driver(TOM), asked(), a_world(order))

    assert isinstance(decision, Accepted)
    assert [event.delivery_id for event in decision.events] == ["del-2"]
    assert decision.warnings == ("not_own_driver",)


@rule("AS8")
def test_nobody_is_no_driver_to_be_pinned_to():
    order = carried()

    (event,) = accepted(decide(order, driver(None, ANA, pinned=True), asked(), a_world(order)))

    assert (event.driver_id, event.pinned) == (None, False)


@rule("DL15")
def test_a_stop_that_is_where_it_should_be_does_not_move():
    order = of_ana("ord-2", "a1V")
    world = a_world(of_ana("ord-1", "a1"), order, of_ana("ord-3", "a2"))
    move = MoveStop(
        order_id=OrderId("ord-2"), delivery_id=DeliveryId("ord-2-d"), after_id=DeliveryId("ord-1-d")
    )

    assert accepted(decide(order, move, asked(), world)) == ()


@rule("DL15")
def test_a_gap_that_is_used_up_puts_the_stop_at_the_end():
    tight = "a0" + "z" * 510
    order = of_ana("ord-4", "a9")
    world = a_world(
        of_ana("ord-1", tight), of_ana("ord-2", tight + "1"), of_ana("ord-3", "a2"), order
    )
    move = MoveStop(
        order_id=OrderId("ord-4"), delivery_id=DeliveryId("ord-4-d"), after_id=DeliveryId("ord-1-d")
    )

    (moved,) = accepted(decide(order, move, asked(), world))

    assert Rank("a2") < moved.stop_rank
    assert len(moved.stop_rank) < 10
