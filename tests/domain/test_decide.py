from typing import get_args

import pytest
from msgspec.structs import replace

from protocols.commands import (
    AddNote,
    MoveOrder,
    OrderCommand,
    RestoreOrder,
    SetPriority,
    SetQuantity,
)
from protocols.rejections import Forbidden, Invalid, NotFound
from protocols.vocabulary import DriverId, LineId, NoteId, OrderId, PersonId, StageId
from server.domain.orders.decide import NEEDS, decide
from server.domain.roles import permissions
from tests.support.builders import (
    a_delivery,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
)
from tests.support.rules import rule

ORDER = OrderId("ord-1")
PRIORITY = SetPriority(order_id=ORDER, priority=3)


def test_every_command_has_its_permission():
    assert set(NEEDS) == set(get_args(OrderCommand))


@rule("ED11")
def test_what_is_not_there_is_not_found():
    deleted = an_order(deleted=True)

    assert refused(decide(None, PRIORITY, asked(), a_world())) == NotFound(aggregate_id=ORDER)  # type: ignore[arg-type]
    assert isinstance(refused(decide(deleted, PRIORITY, asked(), a_world())), NotFound)
    assert accepted(decide(deleted, RestoreOrder(order_id=ORDER), asked(), a_world(deleted)))


@rule("ED11")
def test_a_driver_finds_only_what_they_carry():
    carried = at_stage(
        an_order(deliveries=(a_delivery(driver_id=DriverId("ana")),)), "in-transit", "in_transit"
    )
    ana, tom = (
        asked(
            an_actor(
                id=PersonId(name),
                roles=("driver",),
                driver_id=DriverId(name),
                permissions=permissions(("driver",), "open-S2"),
            )
        )
        for name in ("ana", "tom")
    )
    delivered = MoveOrder(
        order_id=ORDER, from_stage=StageId("in-transit"), to_stage=StageId("delivered")
    )

    assert accepted(decide(carried, delivered, ana, a_world(carried)))
    assert isinstance(refused(decide(carried, delivered, tom, a_world(carried))), NotFound)


@rule("ED12")
def test_a_missing_permission_comes_before_everything_else():
    order = an_order()
    command = SetQuantity(order_id=ORDER, line_id=LineId("line-x"), quantity=1)
    meek = asked(an_actor(without=["order.edit"]))

    assert refused(decide(order, command, meek, a_world(order))) == Forbidden(
        permission="order.edit"
    )


@rule("ED13")
def test_an_archived_order_takes_notes_and_little_else():
    order = replace(at_stage(an_order(), "delivered", "done"), archived=True)
    note = AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="Complaint by phone")

    reason = refused(decide(order, PRIORITY, asked(), a_world(order)))

    assert isinstance(reason, Invalid)
    assert reason.problems[0].rule == "archived"
    assert accepted(decide(order, note, asked(), a_world(order)))


@pytest.mark.parametrize("roles", [("owner",), ("driver", "owner"), ()])
def test_who_does_more_than_drive_finds_every_order(roles: tuple[str, ...]):
    order = an_order()

    assert accepted(decide(order, PRIORITY, asked(an_actor(roles=roles)), a_world(order)))
