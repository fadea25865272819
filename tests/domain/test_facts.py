"""What drivers say: believed when it fits, kept when it does not, never lost."""

import pytest
from msgspec.structs import replace

from protocols.commands import ArchiveOrder, DeleteOrder, SetQuantity
from protocols.deliveries import AssignDriver
from protocols.facts import AddProof, ReportExpense
from protocols.rejections import GateFailed, Invalid, NotFound, Superseded
from protocols.values import Handed, Proof
from protocols.vocabulary import DeliveryId, DriverId, ExpenseId, LineId, ProofId, StageId, Version
from server.domain.decision import Accepted
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from server.domain.orders.delivery_events import ClaimFiled, DeliveryCollected
from server.domain.workflow.presets import simple_3
from tests.support.builders import NOW, a_world, accepted, asked, refused
from tests.support.roads import (
    ANA,
    CHAIR,
    DELIVERY,
    ORDER,
    TABLE,
    TOM,
    acknowledged,
    arrive,
    by_driver,
    carried,
    collect,
    complete,
    fail,
    given_to_tom,
    in_vehicle,
    step,
    the,
)
from tests.support.rules import rule


@rule("FA1")
@pytest.mark.parametrize("who", [DriverId("eve"), None])
def test_who_never_had_it_learns_nothing(who):
    order = carried()
    how = by_driver(who) if who else asked()

    assert refused(decide(order, collect(), how, a_world(order))) == NotFound(aggregate_id=ORDER)


@rule("RU3")
def test_collecting_moves_the_order_in_the_same_step_and_fixes_what_is_brought():
    order = in_vehicle()

    assert (order.stage_id, order.category) == ("in-transit", "in_transit")
    assert the(order).collected_at == NOW
    assert {t.line_id: t.quantity for t in the(order).allocations or ()} == {TABLE: 2, CHAIR: 6}


def test_delivering_moves_the_order_to_its_end_with_what_was_signed():
    order = step(step(in_vehicle(), arrive(), by_driver()), complete(), by_driver())

    assert order.stage_id == "delivered"
    assert the(order).category == "done"
    seen = the(order).seen
    assert seen is not None
    assert [(line.name, line.quantity) for line in seen.lines] == [("Oak table", 2), ("Chair", 6)]


@rule("FA13")
def test_a_signature_stays_bound_to_the_version_the_customer_saw():
    order = step(in_vehicle(), complete(shown_version=Version(1)), by_driver())

    seen = the(order).seen
    assert seen is not None
    assert seen.version == 1
    assert order.version > seen.version


@rule("FA9")
def test_who_hands_over_has_had_the_goods():
    order = step(carried(), complete(), by_driver())

    assert the(order).collected_at == NOW
    assert order.category == "done"


@rule("FA8")
@pytest.mark.parametrize("again", [collect(), arrive(), complete(), fail()])
def test_twice_tapped_is_once_done(again):
    order = carried()
    once = step(order, again, by_driver())

    assert step(once, again, by_driver()) == once


@rule("FA2", "FA5")
def test_a_driver_whose_delivery_was_given_away_is_told_so_while_online():
    order = given_to_tom(carried())

    refusal = refused(decide(order, collect(epoch=1), by_driver(), a_world(order)))

    assert refusal == Superseded(epoch=2)


@rule("FA5", "FA10")
def test_the_old_driver_who_delivers_offline_is_heard_and_nothing_is_overwritten():
    order = given_to_tom(carried())

    late = step(order, complete(), by_driver(offline=True))
    twice = step(late, complete(), by_driver(offline=True))

    assert twice == late
    (claim,) = late.claims
    assert (claim.driver_id, claim.fact, claim.cause) == (ANA, "delivered", "superseded")
    assert claim.proofs[0].kind == "signature"
    assert (the(late).driver_id, the(late).category) == (TOM, "ready")


@rule("FA2")
def test_a_delivery_that_came_back_is_a_new_one_to_the_phone():
    order = given_to_tom(carried())
    from_tom = step(order, _back_to_ana())

    refusal = refused(decide(from_tom, collect(epoch=1), by_driver(), a_world(from_tom)))

    assert refusal == Superseded(epoch=3)
    read = step(from_tom, acknowledged(from_tom), by_driver())
    assert step(read, collect(epoch=3), by_driver()).category == "in_transit"


@rule("FA6")
@pytest.mark.parametrize("end", [DeleteOrder(order_id=ORDER), ArchiveOrder(order_id=ORDER)])
def test_a_fact_about_an_order_that_is_gone_is_kept_all_the_same(end):
    order = carried()
    if isinstance(end, ArchiveOrder):
        order = step(order, complete(), by_driver())
        end_fact = fail()
    else:
        end_fact = complete()
    gone = step(order, end, asked(base_version=order.version))

    late = step(gone, end_fact, by_driver(offline=True))

    assert [claim.cause for claim in late.claims] == ["closed"]


@rule("FA7", "RU4")
def test_an_unread_change_holds_the_goods_back_while_the_driver_is_online():
    order = _edited(carried())

    refusal = refused(decide(order, collect(), by_driver(), a_world(order)))

    assert isinstance(refusal, GateFailed)
    assert [gate.gate for gate in refusal.gates] == ["driver_acked"]


@rule("FA7")
def test_goods_that_left_offline_with_an_unread_change_are_somebodys_decision():
    order = step(_edited(carried()), collect(), by_driver(offline=True))

    assert [(claim.fact, claim.cause) for claim in order.claims] == [("collected", "driver_acked")]
    assert the(order).collected_at is None


@rule("FA11")
def test_a_part_handed_over_leaves_a_delivery_for_the_rest():
    partial = complete(tables=2, chairs=4, reason="Two broken", rest_id=DeliveryId("del-2"))
    order = step(in_vehicle(), partial, by_driver())

    rest = the(order, "del-2")
    assert brought(order, rest) == {CHAIR: 2}
    assert brought(order, the(order)) == {TABLE: 2, CHAIR: 4}
    assert (rest.driver_id, the(order).category, order.category) == (None, "done", "in_transit")


@rule("FA11")
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"rest_id": DeliveryId("del-2")}, "reason"),
        ({"reason": "Two broken"}, "rest_id"),
        ({"reason": "Two broken", "rest_id": DELIVERY}, "rest_id"),
    ],
)
def test_a_part_needs_a_reason_and_a_name_for_the_rest(said, field):
    order = in_vehicle()

    refusal = refused(decide(order, complete(chairs=4, **said), by_driver(), a_world(order)))

    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].field == field


@rule("FA12")
def test_nobody_hands_over_more_than_was_brought_or_nothing_at_all():
    order = in_vehicle()

    many = refused(decide(order, complete(chairs=7), by_driver(), a_world(order)))
    none = refused(
        decide(
            order,
            complete(handed=(Handed(line_id=LineId("line-1"), quantity=0),)),
            by_driver(),
            a_world(order),
        )
    )

    assert isinstance(many, Invalid)
    assert (many.problems[0].field, many.problems[0].limit) == (f"handed:{CHAIR}", 6)
    assert isinstance(none, Invalid)
    assert none.problems[0].rule == "nothing"


@rule("RU6")
def test_an_order_whose_only_delivery_failed_asks_for_a_look():
    order = step(in_vehicle(), fail(), by_driver())

    assert the(order).category == "failed"
    assert order.review == "Delivery failed: nobody home"
    assert order.stage_id == "in-transit"


@rule("FA3")
def test_a_late_proof_is_kept_whoever_has_the_delivery_by_now():
    order = given_to_tom(carried())
    photo = AddProof(
        order_id=ORDER,
        delivery_id=DELIVERY,
        epoch=1,
        proof=Proof(id=ProofId("late"), kind="photo", at=NOW),
    )

    kept = step(order, photo, by_driver(offline=True))

    assert [proof.id for proof in the(kept).proofs] == ["late"]
    assert refused(decide(order, photo, by_driver(), a_world(order))) == Superseded(epoch=2)


@rule("FA4")
def test_what_a_driver_paid_is_noted_once():
    expense = ReportExpense(
        order_id=ORDER,
        delivery_id=DELIVERY,
        epoch=1,
        expense_id=ExpenseId("exp-1"),
        expense="parking",
        amount=450,
        at=NOW,
    )
    once = step(carried(), expense, by_driver())

    assert [(each.amount, each.driver_id) for each in once.expenses] == [(450, ANA)]
    assert step(once, expense, by_driver()) == once


def test_a_filed_claim_says_so_in_the_receipt():
    order = given_to_tom(carried())

    decision = decide(order, complete(), by_driver(offline=True), a_world(order))

    assert isinstance(decision, Accepted)
    assert decision.warnings == ("claim_filed",)
    assert isinstance(decision.events[0], ClaimFiled)


def test_a_workflow_without_arrows_for_drivers_stays_where_people_put_the_card():
    flow = simple_3()
    order = carried()
    moved = replace(order, workflow_id=flow.id, stage_id=StageId("doing"))
    world = a_world(moved, workflows=(flow,))

    events = accepted(decide(moved, collect(), by_driver(), world))

    assert [type(event) for event in events] == [DeliveryCollected]


def _edited(order):
    return step(order, SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=8))


def _back_to_ana():
    return AssignDriver(order_id=ORDER, from_driver=TOM, to_driver=ANA)
