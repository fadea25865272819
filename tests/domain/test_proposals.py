"""After collecting, an edit is a question to the driver."""

import pytest
from msgspec.structs import replace

from protocols.commands import RemoveLine, SetAddress, SetQuantity, SetWindow
from protocols.deliveries import SplitDelivery, WithdrawProposal
from protocols.facts import AnswerProposal
from protocols.rejections import Invalid, Stale
from protocols.values import Address, Take, Window
from protocols.vocabulary import DeliveryId, ProposalId, Version
from server.domain.decision import Accepted
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from tests.support.builders import NOW, a_world, asked, refused
from tests.support.roads import (
    CHAIR,
    DELIVERY,
    ORDER,
    TABLE,
    acknowledged,
    by_driver,
    carried,
    collect,
    in_vehicle,
    step,
    the,
)
from tests.support.rules import rule

ELSEWHERE = Address(street="Quay 9", city="Nantes")
CHAIRS = SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=4)
ADDRESS = SetAddress(order_id=ORDER, which="shipping", address=ELSEWHERE)


def seen(order):
    """Mei has looked at the order as it is."""
    return asked(base_version=order.version)


def proposed(*commands):
    """An order in Ana's vehicle about which the office has asked."""
    order = in_vehicle()
    for command in commands:
        order = step(order, command, seen(order))
    return order


def answer(order, *accepted: str) -> AnswerProposal:
    proposal = the(order).proposal
    assert proposal is not None
    return AnswerProposal(
        order_id=ORDER,
        delivery_id=DELIVERY,
        epoch=1,
        proposal_id=proposal.id,
        accepted=tuple(accepted),
        at=NOW,
    )


@rule("PO1")
@pytest.mark.parametrize(
    "command",
    [
        CHAIRS,
        ADDRESS,
        RemoveLine(order_id=ORDER, line_id=CHAIR),
        SetWindow(order_id=ORDER, delivery_id=DELIVERY, window=Window(opens=NOW, closes=NOW + 1)),
    ],
)
def test_an_edit_of_goods_in_a_vehicle_asks_the_driver_and_changes_nothing(command):
    before = in_vehicle()
    decision = decide(before, command, seen(before), a_world(before))

    after = step(before, command, seen(before))

    assert isinstance(decision, Accepted)
    assert decision.warnings == ("proposed",)
    assert the(after).proposal is not None
    assert (after.lines, after.shipping_address) == (before.lines, before.shipping_address)
    assert the(after).window == the(before).window


def test_accepting_makes_it_so_and_keeps_every_piece_accounted_for():
    order = proposed(CHAIRS)

    after = step(order, answer(order, f"quantity:{CHAIR}"), by_driver())

    assert [line.quantity for line in after.lines] == [2, 4]
    assert brought(after, the(after)) == {TABLE: 2, CHAIR: 4}
    assert the(after).proposal is None


def test_refusing_leaves_the_order_as_it_was():
    order = proposed(CHAIRS, ADDRESS)

    after = step(order, answer(order), by_driver())

    assert [line.quantity for line in after.lines] == [2, 6]
    assert after.shipping_address.city == "Lyon"
    assert the(after).proposal is None


def test_a_driver_accepts_a_part():
    order = proposed(CHAIRS, ADDRESS)

    after = step(order, answer(order, "shipping_address"), by_driver())

    assert after.shipping_address.city == "Nantes"
    assert [line.quantity for line in after.lines] == [2, 6]


@rule("PO7")
def test_a_phone_that_sees_one_address_may_call_it_by_either_name():
    order = proposed(ADDRESS)

    after = step(order, answer(order, f"delivery_address:{DELIVERY}"), by_driver())

    assert after.shipping_address.city == "Nantes"


def test_removing_a_line_that_the_driver_agrees_to_removes_it():
    order = proposed(RemoveLine(order_id=ORDER, line_id=CHAIR))

    after = step(order, answer(order, f"quantity:{CHAIR}"), by_driver())

    assert [line.id for line in after.lines] == [TABLE]
    assert brought(after, the(after)) == {TABLE: 2}


@rule("PO4", "PO6")
def test_an_answer_to_what_was_asked_before_answers_nothing_else():
    order = proposed(CHAIRS)
    early = answer(order, f"quantity:{CHAIR}")
    newer = step(order, ADDRESS, seen(order))

    refusal = refused(decide(newer, early, by_driver(), a_world(newer)))

    assert isinstance(refusal, Invalid)
    proposal = the(newer).proposal
    assert proposal is not None
    assert (len(proposal.quantities), proposal.address) == (1, ELSEWHERE)


@rule("PO7")
def test_nobody_accepts_what_was_not_asked():
    order = proposed(CHAIRS)

    refusal = refused(decide(order, answer(order, "shipping_address"), by_driver(), a_world(order)))

    assert isinstance(refusal, Invalid)


@rule("PO5")
def test_the_office_takes_its_question_back():
    order = proposed(CHAIRS)
    proposal = the(order).proposal
    assert proposal is not None
    back = WithdrawProposal(order_id=ORDER, delivery_id=DELIVERY, proposal_id=proposal.id)

    after = step(order, back)

    assert the(after).proposal is None
    other = WithdrawProposal(
        order_id=ORDER, delivery_id=DELIVERY, proposal_id=ProposalId("proposal-1")
    )
    assert step(order, other) == order


@rule("PO3")
def test_asking_for_what_is_so_already_asks_nobody():
    order = in_vehicle()
    same = SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=6)

    assert step(order, same, seen(order)) == order


def test_two_colleagues_still_meet_field_by_field():
    order = proposed(CHAIRS)
    accepted = step(order, answer(order, f"quantity:{CHAIR}"), by_driver())
    other = SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=3)

    refusal = refused(decide(accepted, other, asked(base_version=Version(1)), a_world(accepted)))

    assert isinstance(refusal, Stale)


@rule("PO2")
def test_what_is_still_in_the_house_takes_the_difference_without_asking():
    split = SplitDelivery(
        order_id=ORDER,
        delivery_id=DELIVERY,
        new_id=DeliveryId("del-2"),
        take=(Take(line_id=CHAIR, quantity=2),),
    )
    order = step(carried(), split)
    order = step(order, acknowledged(order), by_driver())
    order = step(order, collect(), by_driver())

    after = step(order, SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=7), seen(order))

    assert order.category == "ready", "one of two deliveries is still in the house"
    assert brought(after, the(after)) == {TABLE: 2, CHAIR: 4}
    assert brought(after, the(after, "del-2")) == {CHAIR: 3}


LATER = SetWindow(
    order_id=ORDER, delivery_id=DELIVERY, window=Window(opens=NOW + 1, closes=NOW + 2)
)


@rule("PO8")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CHAIRS, SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=3)),
        (ADDRESS, SetAddress(order_id=ORDER, which="shipping", address=Address(city="Nice"))),
        (
            LATER,
            SetWindow(
                order_id=ORDER, delivery_id=DELIVERY, window=Window(opens=NOW + 5, closes=NOW + 6)
            ),
        ),
        (CHAIRS, SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=6)),
    ],
)
def test_a_colleague_who_has_not_seen_the_question_does_not_ask_for_something_else(first, second):
    before = in_vehicle()
    order = proposed(first)

    refusal = refused(decide(order, second, seen(before), a_world(order)))
    knowing = step(order, second, seen(order))
    anyway = step(order, second, replace(seen(before), over=order.version))

    assert isinstance(refusal, Stale)
    assert [each.group for each in refusal.conflicts] == [f"proposal:{DELIVERY}"]
    assert knowing == anyway
    assert the(knowing).proposal != the(order).proposal


@rule("PO4", "PO8")
@pytest.mark.parametrize(("first", "second"), [(CHAIRS, ADDRESS), (ADDRESS, LATER)])
def test_colleagues_who_ask_for_different_things_do_not_meet(first, second):
    order = step(proposed(first), second, seen(in_vehicle()))

    proposal = the(order).proposal
    assert proposal is not None
    things = (proposal.quantities, proposal.address, proposal.window)
    assert sum(bool(each) for each in things) == 2


@rule("PO9")
def test_setting_back_what_the_driver_is_asked_about_takes_it_out_of_the_question():
    back = SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=6)
    both, one = proposed(CHAIRS, ADDRESS), proposed(CHAIRS)

    narrowed, withdrawn = step(both, back, seen(both)), step(one, back, seen(one))

    proposal = the(narrowed).proposal
    assert proposal is not None
    assert (proposal.quantities, proposal.address) == ((), ELSEWHERE)
    assert proposal.id != the(both).proposal.id  # type: ignore[union-attr]
    assert the(withdrawn).proposal is None
    assert step(narrowed, back, seen(narrowed)) == narrowed
