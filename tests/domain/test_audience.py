import pytest
from msgspec.structs import replace

from protocols.vocabulary import DriverId, PlanId
from server.domain.audience import driver_notes, in_channel, keys
from server.domain.fleet import Plan
from server.domain.orders.state import Order
from server.domain.records import Company, Record
from tests.support.builders import (
    NOW,
    a_customer,
    a_delivery,
    a_driver,
    a_note,
    a_person,
    a_product,
    a_workflow,
    an_order,
    at_stage,
    some_settings,
)
from tests.support.rules import rule


def carried(**fields: object) -> Order:
    return an_order(
        deliveries=(
            a_delivery(driver_id=DriverId("ana")),
            a_delivery("del-2", driver_id=DriverId("tom")),
            a_delivery("del-3", driver_id=DriverId("ana")),
        ),
        **fields,
    )


@rule("VI1")
def test_a_row_concerns_the_board_the_order_and_its_drivers():
    assert keys(carried()) == ("board", "order:ord-1", "driver:ana", "driver:tom")
    assert keys(carried(archived=True)) == ("order:ord-1",)
    assert keys(some_settings()) == ("board", "records")


@rule("VI2")
@pytest.mark.parametrize("category", ["done", "failed", "cancelled"])
def test_a_driver_no_longer_sees_what_is_over(category: str):
    order = carried()
    over = at_stage(order, "there", category)  # type: ignore[arg-type]

    assert in_channel(order, "driver:ana")
    assert not in_channel(over, "driver:ana")
    assert not in_channel(order, "driver:eve")
    assert not in_channel(replace(order, deleted=True), "driver:ana")


def test_open_orders_are_on_every_board_and_deleted_ones_nowhere():
    order, archived, deleted = carried(), carried(archived=True), carried(deleted=True)
    boards = ("board", "board~masked", "display:hall")

    assert all(in_channel(order, board) for board in boards)
    assert not any(in_channel(each, board) for each in (archived, deleted) for board in boards)
    assert in_channel(archived, "order:ord-1")
    assert not in_channel(deleted, "order:ord-1")
    assert not in_channel(order, "order:ord-2")
    assert not in_channel(order, "presence:board")


COMPANY = Company(id="comp-1", name="Acme")  # type: ignore[arg-type]


@rule("VI3")
@pytest.mark.parametrize(
    ("record", "seen"),
    [
        (a_customer(), {"board"}),
        (COMPANY, {"board"}),
        (a_product(), {"board"}),
        (a_person(), {"board", "board~masked"}),
        (a_driver(), {"board", "board~masked"}),
        (a_workflow(), {"board", "board~masked", "display:hall"}),
        (some_settings(), {"board", "board~masked", "display:hall"}),
    ],
)
def test_a_record_is_shown_where_it_may_be_known(record: Record, seen: set[str]):
    channels = ("board", "board~masked", "display:hall", "driver:ana", "order:ord-1")

    assert {channel for channel in channels if in_channel(record, channel)} == seen


@rule("VI4")
def test_a_driver_reads_the_notes_for_drivers_only():
    order = an_order(notes=(a_note(), a_note("note-2", for_driver=True)))

    assert [note.id for note in driver_notes(order)] == ["note-2"]


@rule("PL22")
def test_a_forgotten_plan_is_in_no_channel_any_more():
    plan = Plan(id=PlanId("plan-1"), by_name="Mei", at=NOW)
    channels = ("board", "board~masked", "dispatch", "house", "display:hall", "driver:dora")

    assert [c for c in channels if in_channel(plan, c)] == ["board", "board~masked", "dispatch"]
    assert not any(in_channel(replace(plan, forgotten=True), c) for c in channels)
