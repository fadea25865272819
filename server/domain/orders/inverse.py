"""The reverse of each event: what would bring back what was there before it."""

from typing import assert_never

from protocols.rejections import Problem
from protocols.vocabulary import LineId
from server.domain.orders.bearer import counted, portions, returning
from server.domain.orders.decide_move import moved
from server.domain.orders.delivery_events import PlanningEvent, RoadEvent
from server.domain.orders.events import (
    AddressChanged,
    ChargeSet,
    CsrAssigned,
    CustomChanged,
    CustomerChanged,
    DiscountRemoved,
    DiscountSet,
    Held,
    LabelsChanged,
    LineRemoved,
    LineReturned,
    LinesAdded,
    NoteAdded,
    NoteRemoved,
    OrderArchived,
    OrderDeleted,
    OrderEvent,
    OrderPlaced,
    OrderRestored,
    PaymentChanged,
    PriceChanged,
    PriorityChanged,
    QuantityChanged,
    RankChanged,
    Released,
    ReviewChanged,
    StageChanged,
    WindowChanged,
)
from server.domain.orders.groups import delivery_of, line_of
from server.domain.orders.inverse_planning import replanned
from server.domain.orders.state import Order
from server.domain.workflow.rules import stage_of
from server.domain.workflow.state import Workflow

_Lines = LinesAdded | LineReturned | LineRemoved | QuantityChanged | PriceChanged
_Money = DiscountSet | DiscountRemoved | ChargeSet
_Words = (
    CustomerChanged
    | AddressChanged
    | WindowChanged
    | PriorityChanged
    | PaymentChanged
    | CustomChanged
    | ReviewChanged
    | CsrAssigned
)
_Commuting = LabelsChanged | NoteAdded | NoteRemoved
_Life = OrderPlaced | OrderDeleted | OrderArchived | OrderRestored

Reverse = tuple[OrderEvent, ...]


def inverse(  # noqa: C901
    order: Order, event: OrderEvent, workflow: Workflow
) -> Reverse | None:
    """The events that bring back what was before this one; None when there is no way back. [UN]

    `order` is the order now, so that each reverse says truly what it replaces. No events: what the
    event did is gone already.
    """
    if isinstance(event, PlanningEvent):
        return replanned(order, event)
    # What a driver said has happened; nobody takes it back by undoing.
    if isinstance(event, RoadEvent):
        return None
    match event:
        case StageChanged():
            return _stage_back(order, event, workflow)
        case RankChanged():
            return (RankChanged(rank=event.was, was=order.rank),)
        case Held() | Released():
            held = isinstance(event, Held)
            return (Released(hold=event.hold) if held else Held(hold=event.hold),)
        case LinesAdded() | LineReturned() | LineRemoved() | QuantityChanged() | PriceChanged():
            return _lines_back(order, event)
        case DiscountSet() | DiscountRemoved() | ChargeSet():
            return _money_back(event)
        case LabelsChanged() | NoteAdded() | NoteRemoved():
            return _commuting_back(order, event)
        case OrderPlaced() | OrderDeleted() | OrderArchived() | OrderRestored():
            return _life_back(event)
        case _:
            return _said_back(order, event)


def _said_back(order: Order, event: _Words) -> Reverse | None:
    # A window of a delivery that is gone is nobody's any more.
    if isinstance(event, WindowChanged) and delivery_of(order, event.delivery_id) is None:
        return None
    return (_words_back(event),)


def _stage_back(order: Order, event: StageChanged, workflow: Workflow) -> Reverse | None:
    # UN3, UN5: no arrow back is needed, but the stage is
    stage = stage_of(workflow, event.from_stage)
    if stage is None:
        return None
    return (moved(order, stage, event.from_rank, ""),)


def _lines_back(order: Order, event: _Lines) -> Reverse:
    match event:
        case LinesAdded():
            return _removals(order, tuple(line.id for line in event.lines))
        case LineReturned():
            return _removals(order, (event.line.id,))
        case LineRemoved():
            return (
                LineReturned(
                    line=event.line,
                    position=event.position,
                    discounts=event.discounts,
                    portions=returning(order, event),
                ),
            )
        case QuantityChanged():
            return _recounted(order, event)
        case PriceChanged():
            return (
                PriceChanged(line_id=event.line_id, unit_price=event.was, was=event.unit_price),
            )
        case _:
            assert_never(event)


def _recounted(order: Order, event: QuantityChanged) -> Reverse:
    """The former quantity, brought as before as far as deliveries changed since let it be. [AL]"""
    line = line_of(order, event.line_id)
    if line is None:
        return ()
    events = counted(order, line, event.was, event.delivery_id)
    if isinstance(events, Problem):
        # Nobody can bring it: `broken` says so, and the undo is refused.
        return (QuantityChanged(line_id=line.id, quantity=event.was, was=line.quantity),)
    return events


def _removals(order: Order, line_ids: tuple[LineId, ...]) -> Reverse:
    """One removal for each line that is still there, the last first, so that positions hold."""
    return tuple(
        LineRemoved(
            line=line,
            position=position,
            discounts=tuple(each for each in order.discounts if each.line_id == line.id),
            portions=portions(order, line.id),
        )
        for position, line in reversed(list(enumerate(order.lines)))
        if line.id in line_ids
    )


def _money_back(event: _Money) -> Reverse:
    match event:
        case DiscountSet(discount=discount, was=was):
            if was is None:
                return (DiscountRemoved(discount=discount),)
            return (DiscountSet(discount=was, was=discount),)
        case DiscountRemoved():
            return (DiscountSet(discount=event.discount),)
        case ChargeSet():
            return (ChargeSet(charge=event.charge, amount=event.was, was=event.amount),)
        case _:
            assert_never(event)


def _words_back(event: _Words) -> OrderEvent:  # noqa: C901
    match event:
        case CustomerChanged():
            return CustomerChanged(customer=event.was, was=event.customer)
        case AddressChanged(which=which):
            return AddressChanged(which=which, address=event.was, was=event.address)
        case WindowChanged(delivery_id=delivery_id):
            return WindowChanged(delivery_id=delivery_id, window=event.was, was=event.window)
        case PriorityChanged():
            return PriorityChanged(priority=event.was, was=event.priority)
        case PaymentChanged():
            return PaymentChanged(payment_method=event.was, was=event.payment_method)
        case CustomChanged(key=key):
            return CustomChanged(key=key, value=event.was, was=event.value)
        case ReviewChanged():
            return ReviewChanged(review=event.was, was=event.review)
        case CsrAssigned():
            return CsrAssigned(csr_id=event.was, was=event.csr_id)
        case _:
            assert_never(event)


def _commuting_back(order: Order, event: _Commuting) -> Reverse:
    match event:
        case LabelsChanged():
            added = tuple(each for each in event.removed if each not in order.labels)
            removed = tuple(each for each in event.added if each in order.labels)
            return (LabelsChanged(added=added, removed=removed),) if added or removed else ()
        case NoteAdded() | NoteRemoved():
            there = any(note.id == event.note.id for note in order.notes)
            if isinstance(event, NoteAdded):
                return (NoteRemoved(note=event.note),) if there else ()
            return () if there else (NoteAdded(note=event.note),)
        case _:
            assert_never(event)


def _life_back(event: _Life) -> Reverse:
    match event:
        case OrderPlaced():
            return (OrderDeleted(reason="undo"),)
        case OrderDeleted():
            return (OrderRestored(was_deleted=True),)
        case OrderArchived():
            return (OrderRestored(was_archived=True),)
        case OrderRestored():
            deleted = (OrderDeleted(),) if event.was_deleted else ()
            return (*deleted, OrderArchived()) if event.was_archived else deleted
        case _:
            assert_never(event)
