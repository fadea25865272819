"""Who brings another quantity, whatever was split before: nothing is lost, doubled or refused."""

import pytest

from protocols.commands import MoveOrder
from protocols.rejections import Invalid, InvalidAfterMerge, Stale
from protocols.vocabulary import StageId
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from tests.support.builders import a_world, asked, refused
from tests.support.roads import ANA, CHAIR, DELIVERY, TABLE, by_driver, carried, collect, step, the
from tests.support.rules import rule
from tests.support.shapes import (
    SECOND,
    THIRD,
    Done,
    chairs,
    lamps,
    merge,
    no_chairs,
    seen,
    split,
    then,
)


def problem_of(order, command, how=None):
    """What is wrong with it, to somebody who looks."""
    refusal = refused(decide(order, command, how or seen(order), a_world(order)))
    assert isinstance(refusal, Invalid | InvalidAfterMerge), refusal
    return refusal.problems[0]


def out_and_here():
    """Ana is on her way with the rest: two tables and two chairs. Four chairs are still here."""
    return step(then(carried(), split(chairs=4)), collect(), by_driver())


@rule("AL1")
def test_fewer_than_the_rest_has_is_taken_from_the_others_as_well():
    order = then(carried(), split(chairs=2), split(THIRD, chairs=2))

    fewer = then(order, chairs(1))

    assert [brought(fewer, each).get(CHAIR, 0) for each in fewer.deliveries] == [0, 0, 1]
    back = Done(order, chairs(1)).undone()
    assert [brought(back, each) for each in back.deliveries] == [
        brought(order, each) for each in order.deliveries
    ]


@rule("AL1", "AL2")
def test_only_what_has_left_is_fixed():
    order = out_and_here()

    fewer = then(order, chairs(2))

    assert brought(fewer, the(fewer, SECOND)) == {}
    assert brought(fewer, the(fewer)) == {TABLE: 2, CHAIR: 2}


@rule("AL5")
def test_more_goes_with_what_is_still_here_and_undo_takes_it_from_there():
    order = out_and_here()
    more = Done(order, chairs(9))

    assert brought(more.order, the(more.order, SECOND)) == {CHAIR: 7}
    assert brought(more.undone(), the(order, SECOND)) == {CHAIR: 4}


@rule("AL5")
def test_new_lines_need_somebody_to_bring_them():
    here, nobody = out_and_here(), step(carried(), collect(), by_driver())

    joined = then(here, lamps())

    assert brought(joined, the(joined, SECOND))["line-3"] == 3
    found = problem_of(then(nobody, _put_back(nobody)), lamps())
    assert (found.field, found.rule) == ("lines", "no_open_delivery")


def _put_back(order):
    """A person puts the card where its stage forbids nothing."""
    return MoveOrder(
        order_id=order.id, from_stage=order.stage_id, to_stage=StageId("ready"), note="x"
    )


@rule("AL3")
def test_a_line_that_is_removed_is_in_no_delivery_and_comes_back_into_the_same_ones():
    order = then(carried(), split(chairs=2), split(THIRD, chairs=3))
    removed = Done(order, no_chairs())

    assert all(
        take.line_id != CHAIR for d in removed.order.deliveries for take in d.allocations or ()
    )
    back = removed.undone()
    assert [brought(back, each) for each in back.deliveries] == [
        brought(order, each) for each in order.deliveries
    ]


@rule("AL4")
def test_a_name_of_a_line_that_comes_again_brings_nothing_of_the_old_one():
    order = then(carried(), split(chairs=4), no_chairs(), lamps(1, line=CHAIR))

    assert [brought(order, each).get(CHAIR, 0) for each in order.deliveries] == [1, 0]


@rule("AL4")
def test_a_removed_line_that_comes_back_after_a_merge_is_brought_by_who_is_there():
    order = step(then(carried(), split(tables=1), split(THIRD, chairs=6)), collect(), by_driver())
    removed = Done(order, no_chairs())
    after = then(removed.order, merge(SECOND, THIRD))

    back = removed.undone(after)

    assert brought(back, the(back, SECOND)) == {TABLE: 1, CHAIR: 6}


@rule("AL3", "UN2")
def test_lines_that_the_driver_has_collected_are_not_undone_behind_their_back():
    order = then(carried(), split(chairs=4))
    added = Done(order, lamps())
    out = step(added.order, collect(), by_driver())

    refusal = refused(added.undo(out))

    assert isinstance(refusal, Invalid | InvalidAfterMerge)
    assert refusal.problems[0].rule == "allocated"
    assert refusal.problems[0].limit == 3


@rule("AL4", "UN2")
def test_undoing_a_quantity_never_leaves_more_in_deliveries_than_there_is():
    more = Done(carried(), chairs(10))
    apart = then(more.order, split(chairs=9))

    back = more.undone(apart)

    assert [brought(back, each).get(CHAIR, 0) for each in back.deliveries] == [0, 6]


@rule("AL2", "ED1")
def test_who_has_not_seen_the_last_quantity_hears_of_that_before_of_what_is_fixed():
    order = step(then(out_and_here(), chairs(5)), collect(), by_driver())
    late = asked(base_version=order.version - 1)

    assert isinstance(refused(decide(order, chairs(1), late, a_world(order))), Stale)


@pytest.mark.parametrize("quantity", [2, 6])
def test_the_same_quantity_again_is_no_question_of_who_brings_it(quantity):
    order = then(out_and_here(), chairs(quantity))

    assert then(order, chairs(quantity)) is order
    assert the(order, DELIVERY).driver_id == ANA
