"""What a driver did offline is heard, although the order or the delivery is another one by now."""

import pytest

from protocols.commands import SetQuantity
from protocols.deliveries import CancelDelivery, MergeDeliveries, SettleClaim, SplitDelivery
from protocols.facts import AcknowledgeStop, AddProof, AnswerProposal, ReportExpense
from protocols.rejections import Invalid, NotFound, Superseded
from protocols.values import Handed, Proof, Take
from protocols.vocabulary import (
    DeliveryId,
    ExpenseId,
    LineId,
    Number,
    ProofId,
    ProposalId,
    Version,
)
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from server.domain.orders.delivery import Gone
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Order
from server.domain.orders.undo import decide_undo
from tests.support.builders import NOW, a_world, accepted, asked, refused
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
    given_to_tom,
    step,
    the,
)
from tests.support.rules import rule

NEW, NEWER = DeliveryId("del-2"), DeliveryId("del-3")


def chairs(quantity: int) -> SetQuantity:
    return SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=quantity)


def split(order: Order, new_id: DeliveryId = NEW) -> Order:
    """One of the chairs goes with another delivery."""
    take = (Take(line_id=CHAIR, quantity=1),)
    command = SplitDelivery(order_id=ORDER, delivery_id=DELIVERY, new_id=new_id, take=take)
    return step(order, command, seen(order))


def seen(order: Order):
    return asked(base_version=order.version)


def merged(order: Order, into: DeliveryId = NEW, gone: DeliveryId = DELIVERY) -> Order:
    """Ana's delivery is brought with another one."""
    command = MergeDeliveries(order_id=ORDER, into_id=into, from_ids=(gone,))
    return step(order, command, seen(order))


def believe(order: Order) -> Order:
    """Accept the only claim."""
    (claim,) = order.claims
    return step(order, SettleClaim(order_id=ORDER, claim_id=claim.id, accept=True))


@rule("LW1")
@pytest.mark.parametrize("quantity", [5, 8])
def test_a_quantity_that_changed_while_the_driver_was_offline_makes_a_claim_of_the_handover(
    quantity,
):
    order = step(carried(), chairs(quantity))

    late = step(order, complete(), by_driver(offline=True))

    (claim,) = late.claims
    assert (claim.fact, claim.cause) == ("delivered", "quantities")
    assert claim.handed[1] == Handed(line_id=CHAIR, quantity=6)
    assert claim.proofs[0].kind == "signature"
    assert the(late).handed is None


@rule("LW1")
def test_online_the_same_handover_is_refused_and_the_driver_looks_again():
    order = step(carried(), chairs(5))

    refusal = refused(decide(order, complete(), by_driver(), a_world(order)))

    assert isinstance(refusal, Invalid)


@rule("LW3")
def test_believing_that_less_was_handed_over_plans_what_is_missing():
    order = step(step(carried(), chairs(8)), complete(), by_driver(offline=True))

    settled = believe(order)

    (rest,) = (each for each in settled.deliveries if each.id != DELIVERY)
    assert brought(settled, rest) == {CHAIR: 2}
    assert brought(settled, the(settled)) == {TABLE: 2, CHAIR: 6}
    assert (rest.driver_id, rest.category) == (None, "ready")
    assert the(settled).category == "done"
    assert settled.category != "done", "two chairs are still to be brought"


@rule("LW3")
def test_believing_that_more_was_handed_over_notes_it_as_it_was():
    order = step(step(carried(), chairs(5)), complete(), by_driver(offline=True))

    settled = believe(order)

    assert (the(settled).category, len(settled.deliveries)) == ("done", 1)
    assert the(settled).handed == (
        Handed(line_id=TABLE, quantity=2),
        Handed(line_id=CHAIR, quantity=6),
    )


@rule("LW3")
def test_a_part_of_a_former_driver_that_is_believed_leaves_the_rest_to_be_planned():
    partial = complete(chairs=4, reason="Two broken", rest_id=NEW)
    order = step(given_to_tom(carried()), partial, by_driver(offline=True))

    settled = believe(order)

    (rest,) = (each for each in settled.deliveries if each.id != DELIVERY)
    assert brought(settled, rest) == {CHAIR: 2}
    assert the(settled).driver_id == ANA


@rule("LW2")
@pytest.mark.parametrize("fact", [collect(), complete(), fail()])
def test_a_driver_whose_delivery_was_merged_away_is_heard_about_the_one_that_took_over(fact):
    order = merged(split(carried()))

    late = step(order, fact, by_driver(offline=True))

    (claim,) = late.claims
    assert (claim.delivery_id, claim.driver_id, claim.cause) == (NEW, ANA, "merged")
    assert the(late, NEW).category == "ready"


@rule("LW2")
def test_a_driver_whose_delivery_was_cancelled_is_heard_too():
    order = split(carried())
    order = step(
        order, CancelDelivery(order_id=ORDER, delivery_id=DELIVERY, reason="x"), seen(order)
    )

    late = step(order, complete(), by_driver(offline=True))

    assert [claim.delivery_id for claim in late.claims] == [NEW]


@rule("LW2")
def test_what_took_over_may_have_been_taken_over_itself():
    order = split(split(carried()), NEWER)
    order = merged(merged(order), into=NEWER, gone=NEW)

    late = step(order, complete(), by_driver(offline=True))

    assert [claim.delivery_id for claim in late.claims] == [NEWER]


@rule("LW2", "LW3")
def test_believing_that_driver_gives_them_what_took_over_and_plans_what_is_missing():
    order = merged(split(carried()))
    late = step(order, complete(chairs=5, reason="as planned"), by_driver(offline=True))

    settled = believe(late)

    done = the(settled, NEW)
    (rest,) = (each for each in settled.deliveries if each.id != NEW)
    assert (done.driver_id, done.category) == (ANA, "done")
    assert brought(settled, done) == {TABLE: 2, CHAIR: 5}
    assert brought(settled, rest) == {CHAIR: 1}


@rule("CM2")
def test_a_claim_filed_before_its_delivery_was_merged_away_is_about_who_took_over():
    claimed = step(given_to_tom(split(carried())), complete(), by_driver(offline=True))
    order = merged(claimed)
    assert order.claims[0].delivery_id == DELIVERY

    settled = believe(order)

    done = the(settled, NEW)
    assert (done.driver_id, done.category, settled.claims) == (ANA, "done", ())


@rule("LW2")
def test_online_the_driver_is_told_that_the_delivery_is_in_other_hands():
    order = merged(split(carried()))

    refusal = refused(decide(order, complete(), by_driver(), a_world(order)))

    assert refusal == Superseded(epoch=0)


@rule("LW2", "FA1")
def test_who_never_had_what_is_gone_learns_nothing():
    order = merged(split(carried()))

    refusal = refused(decide(order, complete(), by_driver(TOM, offline=True), a_world(order)))

    assert refusal == NotFound(aggregate_id=ORDER)


@rule("LW2")
def test_proofs_and_expenses_of_what_is_gone_are_kept_and_the_rest_is_no_matter_any_more():
    order = merged(split(carried()))
    stop = {"order_id": ORDER, "delivery_id": DELIVERY, "epoch": 1}
    proof = Proof(id=ProofId("proof-9"), kind="photo", at=NOW)
    paid = ReportExpense(**stop, expense_id=ExpenseId("exp-1"), expense="toll", amount=300, at=NOW)
    answer = AnswerProposal(**stop, proposal_id=ProposalId("proposal-1"), accepted=(), at=NOW)
    read = AcknowledgeStop(**stop, version=Version(1), receipt="acknowledged", at=NOW)
    late = by_driver(offline=True)

    proven = step(step(order, AddProof(**stop, proof=proof), late), paid, late)

    assert [each.id for each in the(proven, NEW).proofs] == ["proof-9"]
    assert [each.amount for each in proven.expenses] == [300]
    assert refused(decide(order, answer, late, a_world(order))) == Superseded(epoch=0)
    assert accepted(decide(order, read, late, a_world(order))) == ()


@rule("LW2", "UN8")
def test_a_delivery_that_undo_brings_back_knows_who_had_it():
    before = split(carried())
    command = MergeDeliveries(order_id=ORDER, into_id=NEW, from_ids=(DELIVERY,))
    events = accepted(decide(before, command, seen(before), a_world(before)))
    after = step(before, command, seen(before))
    reverse = accepted(
        decide_undo(after, events, after.version, seen(after), a_world(after), Number(1))
    )

    back = evolve(after, reverse, seen(after).touch(Version(after.version + 1)))
    late = step(back, complete(chairs=5), by_driver(offline=True))

    assert (after.gone, back.gone) == (
        (Gone(id=DELIVERY, into_id=NEW, driver_ids=(ANA,)),),
        (),
    )
    assert [(claim.delivery_id, claim.cause) for claim in late.claims] == [(DELIVERY, "superseded")]


@rule("LW2")
def test_deliveries_that_nobody_had_are_forgotten():
    order = split(split(carried()), NEWER)

    assert merged(order, into=NEWER, gone=NEW).gone == ()


def test_a_line_id_that_nobody_knows_is_not_in_the_way_of_a_claim():
    odd = complete(handed=(Handed(line_id=LineId("line-9"), quantity=1),))

    late = step(carried(), odd, by_driver(offline=True))

    settled = believe(late)
    (rest,) = (each for each in settled.deliveries if each.id != DELIVERY)
    assert brought(settled, rest) == {TABLE: 2, CHAIR: 6}
