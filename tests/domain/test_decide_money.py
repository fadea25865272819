import pytest

from protocols.commands import RemoveDiscount, SetCharge, SetDiscount
from protocols.rejections import Forbidden, Invalid, Stale
from protocols.values import AmountOff, PercentOff, Reduction
from protocols.vocabulary import DiscountId, LineId, Minor, OrderId
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide import decide
from server.domain.orders.events import ChargeSet, DiscountRemoved, DiscountSet, OrderEvent
from server.domain.orders.state import Charge, Order
from tests.support.builders import (
    a_discount,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    refused,
    touched_by_ben,
)
from tests.support.rules import rule

ORDER, DISCOUNT = OrderId("ord-1"), DiscountId("disc-1")


def discount(reduction: Reduction, line: str | None = None, key: str = "disc-1") -> SetDiscount:
    return SetDiscount(
        order_id=ORDER,
        discount_id=DiscountId(key),
        reduction=reduction,
        line_id=None if line is None else LineId(line),
    )


TENTH = PercentOff(basis_points=1_000)


def test_a_discount_is_given_and_changed():
    order = an_order()
    given = a_discount(reduction=TENTH, line="line-1")
    has = an_order(discounts=(a_discount(reduction=AmountOff(amount=1)),))
    command = discount(TENTH, "line-1")

    first = accepted(decide(order, command, asked(), a_world(order)))
    second = accepted(decide(has, command, asked(), a_world(has)))

    assert first == (DiscountSet(discount=given),)
    assert second == (DiscountSet(discount=given, was=has.discounts[0]),)


@rule("MO8")
def test_a_negative_discount_is_invalid():
    order = an_order()

    reason = refused(decide(order, discount(AmountOff(amount=-1)), asked(), a_world(order)))

    assert isinstance(reason, Invalid)


@rule("ED7")
def test_a_discount_on_a_line_that_is_gone_is_stale_or_invalid():
    removed = touched_by_ben(an_order(lines=()), "line:line-1")
    never = an_order()

    gone = decide(removed, discount(TENTH, "line-1"), asked(), a_world(removed))
    unknown = decide(never, discount(TENTH, "line-x"), asked(), a_world(never))

    assert isinstance(refused(gone), Stale)
    assert isinstance(refused(unknown), Invalid)


def as_meek(order: Order, command: SetDiscount) -> Accepted[OrderEvent] | Refused:
    meek = asked(an_actor(without=["discount.unlimited"]))
    return decide(order, command, meek, a_world(order))


@rule("MO10")
@pytest.mark.parametrize(
    ("most", "over"),
    [
        (PercentOff(basis_points=2_000), PercentOff(basis_points=2_001)),
        (AmountOff(amount=400), AmountOff(amount=401)),
    ],
)
@pytest.mark.parametrize("line", ["line-1", None])
def test_the_discount_limit_holds(most: Reduction, over: Reduction, line: str | None):
    order = an_order()

    assert accepted(as_meek(order, discount(most, line)))
    assert refused(as_meek(order, discount(over, line))) == Forbidden(
        permission="discount.unlimited"
    )
    assert accepted(decide(order, discount(over, line), asked(), a_world(order)))


@rule("MO10")
def test_many_small_discounts_count_together():
    order = an_order(discounts=(a_discount("disc-0", PercentOff(basis_points=1_500)),))

    assert isinstance(refused(as_meek(order, discount(TENTH))), Forbidden)
    assert accepted(as_meek(order, discount(TENTH, "line-1")))
    assert accepted(as_meek(order, discount(TENTH, key="disc-0")))


@rule("MO9")
def test_a_discount_that_is_gone_is_not_removed_again():
    order = an_order()
    command = RemoveDiscount(order_id=ORDER, discount_id=DISCOUNT)

    assert accepted(decide(order, command, asked(), a_world(order))) == ()


def test_a_discount_is_removed_unless_somebody_changed_it():
    order = an_order(discounts=(a_discount(),))
    changed = touched_by_ben(order, "discount:disc-1")
    command = RemoveDiscount(order_id=ORDER, discount_id=DISCOUNT)

    events = accepted(decide(order, command, asked(), a_world(order)))

    assert events == (DiscountRemoved(discount=a_discount()),)
    assert isinstance(refused(decide(changed, command, asked(), a_world(changed))), Stale)


def test_a_charge_is_set_from_nothing_or_from_what_it_was():
    order = an_order(charges=(Charge(charge="service", amount=Minor(300)),))
    world = a_world(order)

    fee = decide(order, SetCharge(order_id=ORDER, charge="delivery_fee", amount=5), asked(), world)
    less = decide(order, SetCharge(order_id=ORDER, charge="service", amount=0), asked(), world)

    assert accepted(fee) == (ChargeSet(charge="delivery_fee", amount=Minor(5), was=Minor(0)),)
    assert accepted(less) == (ChargeSet(charge="service", amount=Minor(0), was=Minor(300)),)
