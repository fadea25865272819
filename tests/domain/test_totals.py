from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from protocols.values import AmountOff, PercentOff
from protocols.vocabulary import DiscountId, LineId, Minor
from server.domain.orders.state import Charge, Order
from server.domain.orders.totals import price
from tests.support.builders import a_discount, a_line, an_order
from tests.support.rules import rule


def fee(amount: int) -> tuple[Charge, ...]:
    return (Charge(charge="delivery_fee", amount=Minor(amount)),)


def test_tax_comes_on_top_of_net_prices():
    totals = price(an_order()).totals

    assert (totals.net, totals.tax, totals.total) == (2_000, 400, 2_400)


def test_tax_is_inside_of_gross_prices():
    totals = price(an_order(price_mode="gross")).totals

    assert (totals.net, totals.tax, totals.total) == (1_667, 333, 2_000)


@rule("MO4")
def test_an_order_discount_is_taken_from_what_line_discounts_left():
    order = an_order(
        lines=(a_line(), a_line("line-2")),
        discounts=(
            a_discount("a-order", PercentOff(basis_points=5_000)),
            a_discount("b-line", AmountOff(amount=500), line="line-1"),
        ),
    )

    priced = price(order)

    assert priced.discounts == {DiscountId("b-line"): 500, DiscountId("a-order"): 1_750}
    assert [amounts.discount for amounts in priced.lines.values()] == [500 + 750, 1_000]


@rule("MO3")
def test_a_discount_takes_no_more_than_there_is():
    order = an_order(discounts=(a_discount(reduction=AmountOff(amount=9_999)),))

    priced = price(order)

    assert (priced.totals.discounts, priced.totals.total) == (2_000, 0)


@rule("MO5")
def test_a_charge_is_taxed_in_proportion_to_the_lines():
    lines = (a_line(tax_rate=2_000), a_line("line-2", tax_rate=0))

    priced = price(an_order(lines=lines, charges=fee(1_000)))

    assert priced.charges["delivery_fee"].tax == 100


@rule("MO5")
def test_a_charge_without_priced_lines_has_no_tax():
    priced = price(an_order(lines=(), charges=fee(1_000)))

    assert (priced.totals.tax, priced.totals.total) == (0, 1_000)
    assert priced.charges["delivery_fee"].amount == 1_000


@rule("MO6")
def test_rounding_per_rate_rounds_once():
    lines = tuple(
        a_line(f"line-{each}", quantity=1, unit_price=Minor(3), tax_rate=2_000) for each in range(3)
    )

    per_line = price(an_order(lines=lines, tax_rounding="line"))
    per_rate = price(an_order(lines=lines, tax_rounding="rate_group"))

    assert (per_line.totals.tax, per_rate.totals.tax) == (3, 2)
    assert [amounts.tax for amounts in per_rate.lines.values()] == [1, 1, 0]


@st.composite
def orders(draw: st.DrawFn) -> Order:
    count = draw(st.integers(0, 6))
    lines = tuple(
        a_line(
            f"line-{index}",
            quantity=draw(st.integers(1, 50)),
            unit_price=Minor(draw(st.integers(0, 99_999))),
            tax_rate=draw(st.sampled_from([0, 700, 1_900, 2_000])),
        )
        for index in range(count)
    )
    targets = [None, *(line.id for line in lines)]
    discounts = tuple(
        a_discount(
            f"disc-{index}",
            draw(
                st.one_of(
                    st.builds(PercentOff, basis_points=st.integers(0, 10_000)),
                    st.builds(AmountOff, amount=st.integers(0, 50_000)),
                )
            ),
            draw(st.sampled_from(targets)),
        )
        for index in range(draw(st.integers(0, 4)))
    )
    mode: Literal["net", "gross"] = draw(st.sampled_from(["net", "gross"]))
    return an_order(
        lines=lines,
        discounts=discounts,
        charges=fee(draw(st.integers(1, 5_000))) if draw(st.booleans()) else (),
        price_mode=mode,
        tax_rounding=draw(st.sampled_from(["line", "rate_group"])),
    )


@rule("MO3", "MO6")
@given(orders())
def test_lines_and_charges_always_sum_to_the_totals(order: Order):
    priced = price(order)

    totals, lines = priced.totals, priced.lines.values()
    assert totals.net + totals.tax == totals.total
    assert totals.lines == sum(line.gross for line in lines)
    assert totals.discounts == sum(line.discount for line in lines)
    assert totals.discounts == sum(priced.discounts.values())
    assert totals.charges == sum(charge.amount for charge in priced.charges.values())
    taxes = [*lines, *priced.charges.values()]
    assert totals.tax == sum(each.tax for each in taxes)
    assert all(0 <= line.discount <= line.gross for line in lines)
    assert all(line.net + line.tax == line.total for line in lines)


def test_every_line_has_its_amounts():
    assert price(an_order()).lines[LineId("line-1")].total == 2_400
