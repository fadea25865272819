import pytest
from msgspec.structs import replace

from protocols.commands import (
    ArchiveOrder,
    CancelOrder,
    DeleteOrder,
    HoldOrder,
    ReleaseOrder,
    RestoreOrder,
)
from protocols.rejections import Forbidden, Invalid, NoTransition, Stale, WipExceeded
from protocols.vocabulary import DriverId, OrderId, PersonId, StageId, Version
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery_events import DriverAssigned
from server.domain.orders.events import (
    Held,
    OrderArchived,
    OrderDeleted,
    OrderRestored,
    Released,
    StageChanged,
)
from server.domain.orders.state import Hold, Order
from server.domain.workflow.presets import omni, simple_3
from tests.support.builders import (
    NOW,
    a_delivery,
    a_workflow,
    a_world,
    accepted,
    an_actor,
    an_order,
    asked,
    at_stage,
    refused,
    touched_by_ben,
)
from tests.support.rules import rule

ORDER = OrderId("ord-1")
HOLD = Hold(reason="unpaid", by_id=PersonId("mei"), by_name="Mei", at=NOW)
CANCEL = CancelOrder(order_id=ORDER, reason="changed their mind")
DELETE = DeleteOrder(order_id=ORDER, reason="test order")
RESTORE, ARCHIVE = RestoreOrder(order_id=ORDER), ArchiveOrder(order_id=ORDER)
RELEASE = ReleaseOrder(order_id=ORDER)


def hold(reason: str = "unpaid") -> HoldOrder:
    return HoldOrder(order_id=ORDER, reason=reason)


def test_an_order_is_held_and_released():
    order, held = an_order(), an_order(hold=HOLD)

    assert accepted(decide(order, hold(), asked(), a_world(order))) == (Held(hold=HOLD),)
    assert accepted(decide(held, RELEASE, asked(), a_world(held))) == (Released(hold=HOLD),)


@rule("LF1")
def test_holding_twice_and_releasing_twice_does_nothing():
    order, held = an_order(), an_order(hold=HOLD)

    assert accepted(decide(held, hold(), asked(), a_world(held))) == ()
    assert accepted(decide(order, RELEASE, asked(), a_world(order))) == ()


@rule("LF1")
def test_another_reason_replaces_the_one_that_was_seen():
    order = an_order(hold=HOLD)

    events = accepted(decide(order, hold("fraud?"), asked(), a_world(order)))

    assert events == (Released(hold=HOLD), Held(hold=replace(HOLD, reason="fraud?")))


@rule("LF1")
@pytest.mark.parametrize("command", [hold("fraud?"), RELEASE])
def test_a_hold_that_was_not_seen_stays(command: HoldOrder):
    order = touched_by_ben(an_order(hold=HOLD), "hold")

    assert isinstance(refused(decide(order, command, asked(), a_world(order))), Stale)


@rule("MV8")
def test_cancelling_ends_the_order_and_calls_the_driver_back():
    order = an_order(deliveries=(a_delivery(driver_id=DriverId("ana")),))

    recall, step = accepted(decide(order, CANCEL, asked(), a_world(order)))

    assert isinstance(recall, DriverAssigned)
    assert isinstance(step, StageChanged)
    assert (step.to_stage, step.to_category, step.note) == (
        "cancelled",
        "cancelled",
        "changed their mind",
    )


@rule("LF2")
def test_a_cancelled_order_is_not_cancelled_again():
    order = touched_by_ben(at_stage(an_order(), "cancelled", "cancelled"), "stage")

    assert accepted(decide(order, CANCEL, asked(), a_world(order))) == ()


@rule("LF3")
@pytest.mark.parametrize("group", ["stage", "assignment:del-1"])
def test_cancelling_what_moved_on_is_stale(group: str):
    order = touched_by_ben(an_order(), group)

    reason = refused(decide(order, CANCEL, asked(), a_world(order)))

    assert isinstance(reason, Stale)
    assert [each.group for each in reason.conflicts] == [group]
    assert accepted(decide(order, CANCEL, asked(fact=True), a_world(order)))


@rule("LF4")
def test_without_a_way_to_cancelled_nothing_is_cancelled():
    done = at_stage(an_order(), "delivered", "done")
    simple = replace(at_stage(an_order(), "open", "new"), workflow_id=simple_3().id)

    late = refused(decide(done, CANCEL, asked(), a_world(done)))
    never = refused(decide(simple, CANCEL, asked(), a_world(simple, workflows=(simple_3(),))))

    assert isinstance(late, NoTransition)
    assert isinstance(never, NoTransition)
    assert (late.to_stage, never.to_stage) == ("cancelled", "cancelled")
    assert never.allowed == (StageId("doing"),)


def test_the_first_cancelled_stage_with_an_arrow_is_taken():
    closed = replace(at_stage(an_order(), "closed", "done"), workflow_id=omni().id)

    (step,) = accepted(decide(closed, CANCEL, asked(), a_world(closed, workflows=(omni(),))))

    assert isinstance(step, StageChanged)
    assert step.to_stage == "returned"


@rule("LF5")
def test_deleting_an_order_that_somebody_worked_on_is_stale():
    worked = touched_by_ben(an_order(), "quantity:line-1", "notes")
    noted = touched_by_ben(an_order(), "notes", "labels", "rank", "review")

    reason = refused(decide(worked, DELETE, asked(), a_world(worked)))

    assert isinstance(reason, Stale)
    assert [each.group for each in reason.conflicts] == ["quantity:line-1"]
    assert accepted(decide(noted, DELETE, asked(), a_world(noted))) == (
        OrderDeleted(reason="test order"),
    )
    assert accepted(decide(worked, DELETE, asked(over=Version(2)), a_world(worked)))
    assert accepted(decide(worked, DELETE, asked(fact=True), a_world(worked)))


@rule("LF6")
@pytest.mark.parametrize(
    ("order", "event"),
    [
        (an_order(deleted=True), OrderRestored(was_deleted=True)),
        (an_order(archived=True), OrderRestored(was_archived=True)),
        (an_order(deleted=True, archived=True), OrderRestored(was_deleted=True)),
    ],
)
def test_an_order_comes_back_to_where_it_was(order: Order, event: OrderRestored):
    assert accepted(decide(order, RESTORE, asked(), a_world(order))) == (event,)


@rule("LF6")
def test_an_open_order_needs_no_restoring():
    order = an_order()

    assert accepted(decide(order, RESTORE, asked(), a_world(order))) == ()


@rule("LF6")
def test_restoring_needs_the_permission_of_what_is_reversed():
    deleted, archived = an_order(deleted=True), an_order(archived=True)
    meek = asked(an_actor(without=["order.restore", "order.archive"]))

    assert refused(decide(deleted, RESTORE, meek, a_world())) == Forbidden(
        permission="order.restore"
    )
    assert refused(decide(archived, RESTORE, meek, a_world())) == Forbidden(
        permission="order.archive"
    )


@rule("LF7")
def test_restoring_into_a_full_stage_is_refused():
    workflow = a_workflow()
    full = replace(workflow, stages=(replace(workflow.stages[0], hard=1), *workflow.stages[1:]))
    order = an_order(deleted=True)
    world = a_world(order, an_order("ord-2"), workflows=(full,))
    meek = asked(an_actor(without=["wip.override"]))

    assert isinstance(refused(decide(order, RESTORE, meek, world)), WipExceeded)
    assert isinstance(decide(order, RESTORE, asked(), world), Accepted)


def test_an_order_of_a_stage_that_is_gone_can_come_back():
    order = replace(an_order(deleted=True), stage_id=StageId("gone"))

    assert accepted(decide(order, RESTORE, asked(), a_world(order)))


@rule("LF8", "LF9")
def test_only_finished_orders_are_archived_and_only_once():
    done = at_stage(an_order(), "delivered", "done")
    archived = replace(done, archived=True)
    order = an_order()

    assert accepted(decide(done, ARCHIVE, asked(), a_world(done))) == (OrderArchived(),)
    assert accepted(decide(archived, ARCHIVE, asked(), a_world(archived))) == ()
    assert isinstance(refused(decide(order, ARCHIVE, asked(), a_world(order))), Invalid)
