from typing import Any

import pytest
from msgspec.structs import replace

from protocols.commands import (
    AddLines,
    AddNote,
    ArchiveOrder,
    AssignCsr,
    CancelOrder,
    ChangeLabels,
    DeleteOrder,
    FlagReview,
    HoldOrder,
    MoveOrder,
    NewLine,
    OrderCommand,
    ReleaseOrder,
    RemoveDiscount,
    RemoveLine,
    RemoveNote,
    ReorderOrder,
    RestoreOrder,
    SetAddress,
    SetCharge,
    SetCustom,
    SetCustomer,
    SetDiscount,
    SetPayment,
    SetPrice,
    SetPriority,
    SetQuantity,
    SetWindow,
)
from protocols.deliveries import AssignDriver
from protocols.rejections import (
    Invalid,
    InvalidAfterMerge,
    NotFound,
    NothingToUndo,
    Stale,
    WipExceeded,
)
from protocols.values import Address, AmountOff, Party, Window
from protocols.vocabulary import (
    DeliveryId,
    DiscountId,
    DriverId,
    FieldGroup,
    Instant,
    LabelId,
    LineId,
    Minor,
    NoteId,
    Number,
    OrderId,
    PersonId,
    ProductId,
    Rank,
    StageId,
    Version,
)
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide import decide
from server.domain.orders.delivery_events import DriverAssigned
from server.domain.orders.events import OrderDeleted, OrderEvent, OrderPlaced
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import touched, value_of
from server.domain.orders.state import Hold, Order
from server.domain.orders.undo import decide_undo
from tests.support.builders import (
    NOW,
    DictWorld,
    a_delivery,
    a_discount,
    a_line,
    a_note,
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
LINE, DELIVERY = LineId("line-1"), DeliveryId("del-1")
HOLD = Hold(reason="unpaid", by_id=PersonId("mei"), by_name="Mei", at=NOW)


def rich() -> Order:
    """An order with something of everything."""
    return an_order(
        lines=(a_line(), a_line("line-2"), a_line("line-3")),
        discounts=(
            a_discount("disc-1", line="line-2"),
            a_discount("disc-2", AmountOff(amount=5)),
        ),
        deliveries=(a_delivery(driver_id=DriverId("ana"), epoch=2),),
        labels=(LabelId("fragile"),),
        notes=(a_note(), a_note("note-2"), a_note("note-3")),
        custom={"gate": "4b"},
        csr_id=PersonId("ben"),
        review="odd",
    )


def held() -> Order:
    return replace(rich(), hold=HOLD)


def finished() -> Order:
    return at_stage(rich(), "delivered", "done")


CASES: list[tuple[Order, OrderCommand]] = [
    (rich(), MoveOrder(order_id=ORDER, from_stage=StageId("new"), to_stage=StageId("preparing"))),
    (rich(), ReorderOrder(order_id=ORDER, after_id=OrderId("ord-2"))),
    (rich(), SetQuantity(order_id=ORDER, line_id=LINE, quantity=9)),
    (rich(), SetPrice(order_id=ORDER, line_id=LINE, unit_price=9)),
    (rich(), RemoveLine(order_id=ORDER, line_id=LineId("line-2"))),
    (
        rich(),
        AddLines(
            order_id=ORDER,
            lines=[
                NewLine(
                    line_id=LineId(f"line-{name}"),
                    quantity=1,
                    product_id=ProductId("prod-1"),
                    discount=500,
                )
                for name in ("a", "b")
            ],
        ),
    ),
    (
        rich(),
        SetDiscount(
            order_id=ORDER, discount_id=DiscountId("disc-2"), reduction=AmountOff(amount=7)
        ),
    ),
    (
        rich(),
        SetDiscount(
            order_id=ORDER, discount_id=DiscountId("disc-9"), reduction=AmountOff(amount=7)
        ),
    ),
    (rich(), RemoveDiscount(order_id=ORDER, discount_id=DiscountId("disc-1"))),
    (rich(), SetCharge(order_id=ORDER, charge="service", amount=7)),
    (rich(), SetCustomer(order_id=ORDER, customer=Party(name="Ida"))),
    (rich(), SetAddress(order_id=ORDER, which="shipping", address=Address(city="Nice"))),
    (rich(), SetAddress(order_id=ORDER, which="billing", address=Address(city="Nice"))),
    (
        rich(),
        SetWindow(
            order_id=ORDER,
            delivery_id=DELIVERY,
            window=Window(opens=Instant(1), closes=Instant(2)),
        ),
    ),
    (rich(), SetPriority(order_id=ORDER, priority=3)),
    (rich(), SetPayment(order_id=ORDER, payment_method="card")),
    (rich(), SetCustom(order_id=ORDER, key="gate", value="")),
    (rich(), FlagReview(order_id=ORDER, reason="")),
    (
        rich(),
        ChangeLabels(order_id=ORDER, add=[LabelId("urgent")], remove=[LabelId("fragile")]),
    ),
    (rich(), AddNote(order_id=ORDER, note_id=NoteId("note-9"), text="x")),
    (rich(), RemoveNote(order_id=ORDER, note_id=NoteId("note-2"))),
    (rich(), AssignCsr(order_id=ORDER, from_csr=PersonId("ben"), to_csr=None)),
    (
        rich(),
        AssignDriver(order_id=ORDER, from_driver=DriverId("ana"), to_driver=DriverId("tom")),
    ),
    (rich(), HoldOrder(order_id=ORDER, reason="unpaid")),
    (held(), HoldOrder(order_id=ORDER, reason="fraud?")),
    (held(), ReleaseOrder(order_id=ORDER)),
    (rich(), CancelOrder(order_id=ORDER, reason="x")),
    (rich(), DeleteOrder(order_id=ORDER)),
    (finished(), ArchiveOrder(order_id=ORDER)),
    (replace(rich(), deleted=True), RestoreOrder(order_id=ORDER)),
    (replace(finished(), archived=True), RestoreOrder(order_id=ORDER)),
]


def world_of(order: Order) -> DictWorld:
    return a_world(order, an_order("ord-2", rank=Rank("a7")))


def apply(order: Order, events: tuple[OrderEvent, ...]) -> Order:
    return evolve(order, events, asked().touch(Version(order.version + 1)))


def undo(
    order: Order, events: tuple[OrderEvent, ...], produced: int, **seen: Any
) -> Accepted[OrderEvent] | Refused:
    world = seen.pop("world", world_of(order))
    return decide_undo(order, events, Version(produced), asked(**seen), world, Number(7))


@rule("UN7")
@pytest.mark.parametrize(
    ("order", "command"), CASES, ids=[f"{type(each[1]).__name__}" for each in CASES]
)
def test_undo_restores_the_former_value_of_every_group(order: Order, command: OrderCommand):
    events = accepted(decide(order, command, asked(), world_of(order)))
    after = apply(order, events)

    back = apply(after, accepted(undo(after, events, 2)))

    assert events
    groups: set[FieldGroup] = {name for event in events for name in touched(event)}
    for name in groups:
        assert value_of(back, name) == value_of(order, name)
        assert value_of(after, name) != value_of(order, name) or name == "rank"
    assert back.totals == order.totals
    assert (back.lines, back.discounts) == (order.lines, order.discounts)


@rule("UN7")
@pytest.mark.parametrize(
    ("order", "command"), CASES, ids=[f"{type(each[1]).__name__}" for each in CASES]
)
def test_undo_of_an_undo_does_it_again(order: Order, command: OrderCommand):
    events = accepted(decide(order, command, asked(), world_of(order)))
    after = apply(order, events)
    reverse = accepted(undo(after, events, 2))
    back = apply(after, reverse)

    again = apply(back, accepted(undo(back, reverse, 3)))

    groups = {name for event in events for name in touched(event)}
    assert [value_of(again, name) for name in groups] == [value_of(after, name) for name in groups]
    assert again.totals == after.totals


@rule("UN7")
def test_undo_of_a_creation_deletes_the_order_unless_somebody_worked_on_it():
    order = an_order()
    worked = touched_by_ben(order, "notes")

    assert accepted(undo(order, (OrderPlaced(order=order),), 1)) == (OrderDeleted(reason="undo"),)
    assert isinstance(refused(undo(worked, (OrderPlaced(order=order),), 1)), Stale)


def events_of(order: Order, command: OrderCommand) -> tuple[OrderEvent, ...]:
    return accepted(decide(order, command, asked(), world_of(order)))


@rule("UN2")
def test_undo_of_what_somebody_changed_since_is_stale():
    order = rich()
    events = events_of(order, SetQuantity(order_id=ORDER, line_id=LINE, quantity=9))
    changed = touched_by_ben(apply(order, events), "quantity:line-1", version=3)

    reason = refused(undo(changed, events, 2))

    assert isinstance(reason, Stale)
    (conflict,) = reason.conflicts
    assert (conflict.group, conflict.theirs, conflict.mine) == ("quantity:line-1", 9, 2)
    assert accepted(undo(changed, events, 2, over=Version(3)))


@rule("UN2")
@pytest.mark.parametrize(
    ("command", "group"),
    [
        (SetQuantity(order_id=ORDER, line_id=LINE, quantity=9), "line:line-1"),
        (CASES[5][1], "quantity:line-a"),
        (CASES[5][1], "discount:line-b"),
        (CASES[0][1], "stage"),
        (CASES[1][1], "stage"),
    ],
)
def test_undo_of_what_something_else_stands_on_is_stale(command: OrderCommand, group: str):
    order = rich()
    events = events_of(order, command)
    built = touched_by_ben(apply(order, events), group, version=3)

    assert isinstance(refused(undo(built, events, 2)), Stale)


@rule("UN2")
def test_other_changes_do_not_disturb_an_undo():
    order = rich()
    events = events_of(order, CASES[0][1])
    after = touched_by_ben(apply(order, events), "rank", "customer", "quantity:line-1", version=3)

    assert accepted(undo(after, events, 2))


@rule("UN1")
def test_nothing_is_undone_on_a_deleted_order_but_its_deletion():
    order = rich()
    events = events_of(order, SetPriority(order_id=ORDER, priority=3))
    deleted = replace(apply(order, events), deleted=True)

    assert isinstance(refused(undo(deleted, events, 2)), NotFound)


@rule("ED13")
def test_nothing_is_undone_on_an_archived_order_but_its_archiving():
    order = rich()
    events = events_of(order, SetPriority(order_id=ORDER, priority=3))
    archived = replace(apply(order, events), archived=True)

    assert isinstance(refused(undo(archived, events, 2)), Invalid)


@rule("UN3")
def test_undo_into_a_stage_that_is_gone_is_nothing_to_undo():
    order = rich()
    events = events_of(order, CASES[0][1])
    workflow = a_workflow()
    world = a_world(workflows=(replace(workflow, stages=workflow.stages[1:]),))

    reason = refused(undo(apply(order, events), events, 2, world=world))

    assert reason == NothingToUndo(undone=Number(7))


@rule("UN3")
def test_a_command_without_events_or_with_a_lost_delivery_leaves_nothing_to_undo():
    lost = DriverAssigned(
        delivery_id=DeliveryId("del-x"), driver_id=None, was=DriverId("ana"), epoch=1
    )

    assert isinstance(refused(undo(rich(), (), 1)), NothingToUndo)
    assert isinstance(refused(undo(rich(), (lost,), 1)), NothingToUndo)


@rule("UN4")
def test_undo_does_not_edit_a_closed_order():
    order = rich()
    quantity = events_of(order, SetQuantity(order_id=ORDER, line_id=LINE, quantity=9))
    driver = events_of(order, CASES[22][1])

    for events in (quantity, driver):
        done = at_stage(apply(order, events), "delivered", "done")
        ended = touched_by_ben(done, "stage", version=3)
        assert isinstance(refused(undo(ended, events, 2)), InvalidAfterMerge)
        assert isinstance(refused(undo(done, events, 2)), Invalid)


@rule("UN5")
def test_undo_of_a_move_needs_no_arrow_but_room():
    order = rich()
    events = events_of(order, CASES[0][1])
    after = apply(order, events)
    workflow = a_workflow()
    full = replace(workflow, stages=(replace(workflow.stages[0], hard=1), *workflow.stages[1:]))
    world = a_world(after, an_order("ord-2"), workflows=(full,))
    arrowless = a_world(after, workflows=(replace(workflow, transitions=()),))
    meek = an_actor(without=["wip.override"])

    tight = decide_undo(after, events, Version(2), asked(meek), world, Number(7))
    forced = undo(after, events, 2, world=world)

    assert isinstance(refused(tight), WipExceeded)
    assert isinstance(forced, Accepted)
    assert forced.warnings == ("wip_overridden",)
    assert accepted(undo(after, events, 2, world=arrowless))


@rule("UN6")
def test_undo_of_labels_and_notes_takes_back_what_is_still_there():
    order = an_order(labels=(LabelId("fragile"),), notes=(a_note(),))
    labels = events_of(order, CASES[18][1])
    added = events_of(order, CASES[19][1])
    removed = events_of(order, RemoveNote(order_id=ORDER, note_id=NoteId("note-1")))
    others = touched_by_ben(apply(order, labels), "labels", "notes", version=3)

    assert apply(others, accepted(undo(others, labels, 2))).labels == ("fragile",)
    assert accepted(undo(order, labels, 2)) == ()
    assert accepted(undo(order, added, 2)) == ()
    assert accepted(undo(order, removed, 2)) == ()


@rule("UN8")
def test_epochs_never_go_back():
    order = rich()
    events = events_of(order, CancelOrder(order_id=ORDER, reason="x"))
    after = apply(order, events)

    back = apply(after, accepted(undo(after, events, 2)))

    assert after.deliveries[0].epoch == 3
    assert back.deliveries[0].epoch == 4
    assert back.deliveries[0].driver_id == "ana"


@rule("ED5")
def test_an_undo_that_breaks_a_limit_is_refused():
    order = an_order(lines=(a_line(quantity=1_000_000, unit_price=Minor(10**6)),))
    events = events_of(order, SetQuantity(order_id=ORDER, line_id=LINE, quantity=1))
    after = apply(order, events)
    dear = replace(after, lines=(replace(after.lines[0], unit_price=Minor(10**9)),))
    repriced = touched_by_ben(dear, "price:line-1", version=3)

    reason = refused(undo(repriced, events, 2))

    assert isinstance(reason, InvalidAfterMerge)
    assert [each.group for each in reason.conflicts] == ["price:line-1"]


def test_a_driver_who_left_is_not_a_reason_to_keep_a_mistake():
    order = rich()
    events = events_of(order, CASES[22][1])
    after = apply(order, events)

    assert accepted(undo(after, events, 2, world=a_world(after, records=())))


@rule("UN2")
@pytest.mark.parametrize(
    "command",
    [
        RemoveDiscount(order_id=ORDER, discount_id=DiscountId("disc-1")),
        SetDiscount(
            order_id=ORDER,
            discount_id=DiscountId("disc-1"),
            reduction=AmountOff(amount=7),
            line_id=LineId("line-2"),
        ),
    ],
)
def test_a_discount_does_not_come_back_to_a_line_that_somebody_removed(command: OrderCommand):
    order = rich()
    events = events_of(order, command)
    after = apply(order, events)
    remove = RemoveLine(order_id=ORDER, line_id=LineId("line-2"))
    looking = asked(base_version=after.version)
    gone = apply(after, accepted(decide(after, remove, looking, world_of(after))))

    reason = refused(undo(gone, events, 2))

    assert isinstance(reason, Stale | NothingToUndo)
