"""Refusals do not tell what the asker has no channel for."""

import pytest

from protocols.commands import MoveOrder, SetPriority
from protocols.deliveries import AssignDriver
from protocols.rejections import InvalidAfterMerge, Rejection, Stale
from protocols.vocabulary import DriverId, FieldGroup, Permission, StageId
from server.domain.orders.decide import decide
from server.domain.orders.withhold import withheld
from tests.support.builders import (
    a_note,
    a_world,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
    touched_by_ben,
)
from tests.support.rules import rule

CANARY = "the margin is 70 %"


def seen(rejection: Rejection) -> dict[FieldGroup, object]:
    """Group → the value it is said to hold now."""
    assert isinstance(rejection, Stale | InvalidAfterMerge), rejection
    return {each.group: each.theirs for each in rejection.conflicts}


@rule("VI20")
def test_a_warehouse_that_moves_an_archived_order_is_told_no_price():
    warehouse = an_actor(roles=("warehouse",), without=("price.read",))
    order = touched_by_ben(an_order(archived=True), "price:line-1", "line:line-1", "priority")
    move = MoveOrder(order_id=order.id, from_stage=StageId("new"), to_stage=StageId("ready"))

    told = withheld(refused(decide(order, move, asked(warehouse), a_world(order))), warehouse)

    assert seen(told) == {"price:line-1": None, "line:line-1": None, "priority": 1}
    assert isinstance(told, InvalidAfterMerge)
    assert {each.by_name for each in told.conflicts} == {"Ben"}


@rule("VI20")
def test_a_driver_who_moves_an_archived_order_is_told_no_note_and_no_customer():
    driver = an_actor(roles=("driver", "display"), without=("order.read", "price.read"))
    order = an_order(archived=True, notes=(a_note(text=CANARY),))
    order = touched_by_ben(order, "notes", "customer", "stage")
    move = MoveOrder(order_id=order.id, from_stage=StageId("new"), to_stage=StageId("ready"))

    told = withheld(refused(decide(order, move, asked(driver), a_world(order))), driver)

    assert seen(told) == {"notes": None, "customer": None, "stage": "new"}


@rule("VI20")
def test_a_dispatcher_who_comes_too_late_is_told_no_price():
    dispatcher = an_actor(roles=("dispatcher",), without=("price.read",))
    order = touched_by_ben(at_stage(an_order(), "done", "done"), "price:line-1", "discount:disc-1")
    give = AssignDriver(order_id=order.id, from_driver=None, to_driver=DriverId("ana"))

    told = withheld(refused(decide(order, give, asked(dispatcher), a_world(order))), dispatcher)

    assert set(seen(told).values()) == {None}


@rule("VI20")
@pytest.mark.parametrize(
    ("without", "priority"), [((), 1), (("price.read",), 1), (("order.read", "price.read"), None)]
)
def test_who_may_read_orders_is_told_what_is_contested(
    without: tuple[Permission, ...], priority: int | None
):
    asker = an_actor(without=without)
    order = touched_by_ben(an_order(), "priority")
    urgent = SetPriority(order_id=order.id, priority=3)

    told = withheld(refused(decide(order, urgent, asked(asker), a_world(order))), asker)

    assert seen(told) == {"priority": priority}
