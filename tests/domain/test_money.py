from hypothesis import given
from hypothesis import strategies as st

from server.domain.money import allocate, ratio, share, tax_inside
from tests.support.rules import rule

AMOUNTS = st.integers(min_value=0, max_value=10**12)


@rule("MO1")
def test_half_a_cent_is_rounded_up():
    assert share(5, 1_000) == 1
    assert share(4, 1_000) == 0
    assert ratio(1, 1, 3) == 0
    assert ratio(2, 1, 3) == 1


def test_tax_inside_is_what_the_amount_already_contains():
    assert tax_inside(1_200, 2_000) == 200


@rule("MO2")
def test_among_equal_remainders_the_earlier_part_gets_the_cent():
    assert allocate(10, [1, 1, 1]) == [4, 3, 3]
    assert allocate(11, [1, 1, 1]) == [4, 4, 3]


def test_nobody_gets_anything_when_nothing_weighs_anything():
    assert allocate(0, [0, 0]) == [0, 0]


@rule("MO2")
@given(st.lists(AMOUNTS, min_size=1, max_size=40), st.data())
def test_parts_sum_exactly_and_no_part_exceeds_its_weight(weights: list[int], data: st.DataObject):
    amount = data.draw(st.integers(min_value=0, max_value=sum(weights)))

    parts = allocate(amount, weights)

    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
