"""The adjudication inbox: two drivers say they delivered the same, and a person decides."""

import pytest

from protocols.commands import HoldOrder
from protocols.deliveries import SettleClaim
from protocols.rejections import Forbidden, Invalid
from protocols.vocabulary import ClaimId
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from tests.support.builders import a_world, an_actor, asked, refused
from tests.support.roads import (
    ANA,
    ORDER,
    TOM,
    acknowledged,
    by_driver,
    carried,
    collect,
    complete,
    fail,
    given_to_tom,
    step,
    the,
)
from tests.support.rules import rule


def disputed():
    """Given to Tom while Ana, offline, delivered."""
    return step(given_to_tom(carried()), complete(), by_driver(offline=True))


def settle(order, *, accept: bool, note: str = "") -> SettleClaim:
    return SettleClaim(order_id=ORDER, claim_id=order.claims[0].id, accept=accept, note=note)


def test_believing_the_driver_delivers_the_order_with_one_click():
    order = disputed()

    settled = step(order, settle(order, accept=True))

    delivery = the(settled)
    assert settled.claims == ()
    assert (settled.category, delivery.category, delivery.driver_id) == ("done", "done", ANA)
    assert [proof.kind for proof in delivery.proofs] == ["signature"]
    assert delivery.epoch > the(order).epoch, "Tom's phone is fenced"


def test_not_believing_changes_nothing_but_the_inbox():
    order = disputed()

    settled = step(order, settle(order, accept=False, note="Wrong door"))

    assert settled.claims == ()
    assert (settled.category, the(settled).driver_id) == ("ready", TOM)


@rule("CM1")
def test_a_claim_is_decided_once():
    order = disputed()
    decision = settle(order, accept=True)
    settled = step(order, decision)

    refusal = refused(decide(settled, decision, asked(), a_world(settled)))

    assert isinstance(refusal, Invalid)
    assert refusal.problems[0].rule == "gone"
    unknown = SettleClaim(order_id=ORDER, claim_id=ClaimId("claim-99"), accept=True)
    assert isinstance(refused(decide(order, unknown, asked(), a_world(order))), Invalid)


def test_only_who_may_assign_drivers_decides():
    order = disputed()
    how = asked(an_actor(without=["driver.assign"]))

    assert refused(decide(order, settle(order, accept=True), how, a_world(order))) == Forbidden(
        permission="driver.assign"
    )


def test_a_claim_of_failing_fails_the_delivery_with_its_reason():
    order = step(given_to_tom(carried()), fail(), by_driver(offline=True))

    settled = step(order, settle(order, accept=True))

    assert the(settled).category == "failed"
    assert the(settled).attempts[-1].reason == "nobody_home"


@rule("CM3")
def test_the_goods_are_decided_even_where_the_workflow_holds_the_card():
    order = disputed()
    held = step(order, _hold(), asked(base_version=order.version))

    decision = decide(held, settle(held, accept=True), asked(), a_world(held))

    assert isinstance(decision, Accepted)
    assert decision.warnings == ("stage_stays",)
    assert the(step(held, settle(held, accept=True))).category == "done"


def test_two_drivers_may_claim_the_same_and_both_are_heard():
    order = disputed()
    read = step(order, acknowledged(order), by_driver(TOM))
    toms = step(read, collect(epoch=2), by_driver(TOM))

    assert toms.category == "in_transit"
    assert len(toms.claims) == 1
    settled = step(toms, settle(toms, accept=True))
    assert (the(settled).driver_id, settled.category) == (ANA, "done")


@rule("CM4")
def test_believing_one_driver_does_not_overwrite_what_another_one_handed_over():
    order = disputed()
    read = step(order, acknowledged(order), by_driver(TOM))
    carried_by_tom = step(read, collect(epoch=2), by_driver(TOM))
    handed = step(carried_by_tom, complete(epoch=2, cash=500), by_driver(TOM))
    assert the(handed).handed is not None

    decision = decide(handed, settle(handed, accept=True), asked(), a_world(handed))

    refusal = refused(decision)
    assert isinstance(refusal, Invalid)
    assert [problem.rule for problem in refusal.problems] == ["handed_over"]
    noted = step(handed, settle(handed, accept=False, note="Tom's counts"))
    assert (the(noted).driver_id, the(noted).handed) == (TOM, the(handed).handed)
    assert noted.claims == ()


@rule("CM4")
def test_believing_the_handover_first_leaves_the_way_there_to_be_believed_too():
    order = given_to_tom(carried())
    for fact in (collect(), complete()):
        order = step(order, fact, by_driver(offline=True))
    collected, delivered = order.claims
    done = step(order, SettleClaim(order_id=ORDER, claim_id=delivered.id, accept=True))

    settled = step(done, SettleClaim(order_id=ORDER, claim_id=collected.id, accept=True))

    assert (settled.claims, the(settled).handed) == ((), the(done).handed)
    assert the(settled).driver_id == ANA


@pytest.mark.parametrize("accept", [True, False])
def test_the_proof_of_a_claim_is_kept_in_the_journal_whatever_is_decided(accept):
    order = disputed()

    decision = decide(order, settle(order, accept=accept), asked(), a_world(order))

    assert isinstance(decision, Accepted)
    assert decision.events[0].claim.proofs[0].kind == "signature"


def _hold():
    return HoldOrder(order_id=ORDER, reason="Unpaid")
