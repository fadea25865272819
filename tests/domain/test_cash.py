"""What drivers ask for at the doors of an order that is paid in cash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.commands import SetDiscount, SetPayment, SetQuantity
from protocols.deliveries import AssignDriver, SplitDelivery
from protocols.values import AmountOff, CashEdited, QuantityEdited, Take
from protocols.vocabulary import DeliveryId, DiscountId, Minor
from server.domain.audience import is_open
from server.domain.orders.cash import cash_due, cash_shares
from server.domain.orders.state import Charge, Order
from server.domain.orders.totals import price
from server.realtime.delivery_views import stop
from server.realtime.views import order_masked
from tests.domain.floor import Act, Floor, acts
from tests.support.builders import asked
from tests.support.roads import (
    ANA,
    CHAIR,
    DELIVERY,
    ORDER,
    TOM,
    acknowledged,
    by_driver,
    carried,
    collect,
    complete,
    step,
    the,
)
from tests.support.rules import rule

NEW = DeliveryId("del-2")


def in_cash(**fields) -> Order:
    """Two tables and six chairs at 10.00 and 20 %, 96.00 in all, of which Ana brings everything."""
    order = replace(carried(), payment_method="cash", **fields)
    return replace(order, totals=price(order).totals)


def halved(order: Order) -> Order:
    """Three of the chairs go with Tom."""
    take = (Take(line_id=CHAIR, quantity=3),)
    split = SplitDelivery(order_id=ORDER, delivery_id=DELIVERY, new_id=NEW, take=take)
    order = step(order, split, asked(base_version=order.version))
    given_away = AssignDriver(order_id=ORDER, delivery_id=NEW, from_driver=None, to_driver=TOM)
    return step(order, given_away, asked(base_version=order.version))


def handed(order: Order, cash: int, chairs: int = 3, **fields) -> Order:
    """Ana hands her part over and gets so much."""
    order = step(order, acknowledged(order), by_driver())
    order = step(order, collect(), by_driver())
    return step(order, complete(chairs=chairs, cash=cash, **fields), by_driver())


@rule("CD1")
@pytest.mark.parametrize("method", ["card", "transfer", "on_account", None])
def test_no_driver_is_told_an_amount_unless_the_customer_pays_cash(method):
    order = replace(in_cash(), payment_method=method)

    assert cash_due(order) == {}
    assert [each.cash_due for each in stop(order, ANA).deliveries] == [None]


@rule("CD2")
def test_a_split_order_asks_at_each_door_for_what_is_brought_there():
    order = halved(in_cash())

    assert cash_due(order) == {DELIVERY: 6_000, NEW: 3_600}
    assert [each.cash_due for each in stop(order, TOM).deliveries] == [3_600]


@rule("CD2")
def test_charges_go_with_the_worth_of_what_is_brought():
    order = halved(in_cash(charges=(Charge(charge="delivery", amount=Minor(801)),)))

    due = cash_due(order)

    assert sum(due.values()) == order.totals.total == 9_600 + 801 + 160
    assert due == {DELIVERY: 6_601, NEW: 3_960}


@rule("CD3")
def test_who_paid_everything_at_the_first_door_pays_nothing_at_the_second():
    order = handed(halved(in_cash()), cash=9_600)

    assert cash_due(order) == {NEW: 0}


@rule("CD3")
def test_what_was_not_paid_at_one_door_is_not_asked_for_at_another():
    order = handed(halved(in_cash()), cash=1_000)

    assert cash_due(order) == {NEW: 3_600}


@rule("CD3")
def test_what_is_left_at_the_door_is_paid_once_although_the_driver_asked_for_all():
    order = handed(in_cash(), cash=9_600, chairs=4, reason="Two broken", rest_id=NEW)

    assert cash_due(order) == {NEW: 0}


@rule("CD4")
def test_a_discount_after_the_assignment_is_news_with_the_amount_that_holds_now():
    order = in_cash()
    off = SetDiscount(
        order_id=ORDER, discount_id=DiscountId("d"), reduction=AmountOff(amount=Minor(1_000))
    )

    after = step(order, off, asked(base_version=order.version))

    (told,) = the(after).receipt.edits
    assert told.edit == CashEdited(was=9_600, now=8_400)


@rule("CD4")
def test_another_quantity_is_told_with_what_it_costs_and_another_payment_ends_it():
    order = step(in_cash(), SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=5))
    edits = [told.edit for told in the(order).receipt.edits]
    by_card = step(
        order,
        SetPayment(order_id=ORDER, payment_method="card"),
        asked(base_version=order.version),
    )

    assert edits == [
        CashEdited(was=9_600, now=8_400),
        QuantityEdited(line_id=CHAIR, name="Chair", was=6, now=5),
    ]
    assert the(by_card).receipt.edits[0].edit == CashEdited(was=9_600, now=None)


@rule("CD4")
def test_who_may_see_no_prices_does_not_see_what_is_to_be_collected():
    order = step(in_cash(), SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=5))

    (delivery,) = order_masked(order).deliveries

    assert delivery.receipt is not None
    assert [told.edit.now for told in delivery.receipt.edits] == [5]


@rule("CD2", "CD3")
@settings(max_examples=200)
@given(acts(), st.lists(st.integers(0, 12_000), min_size=1, max_size=5))
def test_the_shares_are_the_total_and_nothing_is_asked_for_twice(day: list[Act], paid: list[int]):
    floor = Floor(in_cash())
    for act in day:
        floor.take(act)
        order = _paid(replace(floor.order, payment_method="cash"), paid)
        shares, due = cash_shares(order), cash_due(order)

        assert sum(shares.values()) == order.totals.total, act
        assert set(due) == {each.id for each in order.deliveries if is_open(each)}
        assert all(0 <= due[each] <= shares[each] for each in due)
        over = sum(
            max(0, each.cash - shares[each.id])
            for each in order.deliveries
            if each.cash is not None
        )
        asked_for = sum(shares[each] for each in due)
        assert sum(due.values()) == asked_for - min(over, asked_for)


def _paid(order: Order, amounts: list[int]) -> Order:
    """The same, with these amounts collected at the doors that are over."""
    return replace(
        order,
        deliveries=tuple(
            replace(each, cash=Minor(amounts[at % len(amounts)])) if not is_open(each) else each
            for at, each in enumerate(order.deliveries)
        ),
    )
