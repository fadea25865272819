"""From one version of an order to the next: what happened becomes what is."""

from typing import Any, assert_never

from msgspec.structs import replace

from protocols.values import ChargeKind, Take
from protocols.vocabulary import TERMINAL, Category, DeliveryId, FieldGroup, LineId, Version
from server.domain.orders.allocation import takes
from server.domain.orders.delivery import Delivery, Portion
from server.domain.orders.delivery_events import (
    ClaimFiled,
    ClaimSettled,
    ExpenseReported,
    PlanningEvent,
    RoadEvent,
)
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
from server.domain.orders.evolve_planning import on_delivery, planned
from server.domain.orders.evolve_road import travelled
from server.domain.orders.groups import delivery_of, touched
from server.domain.orders.state import Charge, Discount, Order, Touch
from server.domain.orders.told import tell
from server.domain.orders.totals import price

_LineEvent = LinesAdded | LineReturned | LineRemoved | QuantityChanged | PriceChanged
_MoneyEvent = DiscountSet | DiscountRemoved | ChargeSet
_PlaceEvent = StageChanged | RankChanged
_WordEvent = CustomerChanged | AddressChanged | PriorityChanged | PaymentChanged | CustomChanged
_MarkEvent = LabelsChanged | Held | Released | ReviewChanged | NoteAdded | NoteRemoved | CsrAssigned
_LifeEvent = OrderDeleted | OrderRestored | OrderArchived
_OrderChange = (
    _LineEvent | _MoneyEvent | _PlaceEvent | WindowChanged | _WordEvent | _MarkEvent | _LifeEvent
)
_Change = _OrderChange | PlanningEvent | RoadEvent
"""Everything that can happen to an order that is there."""

Fields = dict[str, Any]
"""Fields of the order and their new values."""

_ENDS: frozenset[Category] = TERMINAL | {"failed"}
"""Where people bring an order to, these end its deliveries too."""

CHARGES: tuple[ChargeKind, ...] = ("delivery_fee", "surcharge", "service")
"""The order in which charges stand, whoever set one first."""


def evolve(order: Order | None, events: tuple[OrderEvent, ...], stamp: Touch) -> Order:
    """The order after all events of one journal row. Total: every recorded event applies.

    The first row of an order starts with `OrderPlaced`, so only there `order` is None.
    """
    after = order
    priced = False
    touches: dict[FieldGroup, Touch] = dict(order.touches) if order is not None else {}
    for event in events:
        if isinstance(event, OrderPlaced):
            after = event.order
            continue
        assert after is not None, "a row without OrderPlaced belongs to an order"
        after = replace(after, **_fields(after, event, stamp))
        priced = priced or isinstance(event, _LineEvent | _MoneyEvent)
        for name in touched(event):
            touches[name] = stamp
    assert after is not None, "a row has at least one event"
    after = replace(
        after,
        version=Version(stamp.version),
        touches=touches,
        totals=price(after).totals if priced else after.totals,
        updated_at=stamp.at,
        updated_by=stamp.by_name,
    )
    return tell(order, after, stamp, _reason(events), _own(events))


def _reason(events: tuple[OrderEvent, ...]) -> str:
    """Why, in the words of whoever did it."""
    said = (getattr(event, "reason", "") for event in events)
    return next((text for text in said if text), "")


def _own(events: tuple[OrderEvent, ...]) -> frozenset[str]:
    """The deliveries whose drivers the row speaks for: what happened on the road is no news."""
    return frozenset(
        event.delivery_id
        for event in events
        if isinstance(event, RoadEvent)
        and not isinstance(event, ExpenseReported | ClaimFiled | ClaimSettled)
    )


def _fields(order: Order, event: _Change, stamp: Touch) -> Fields:
    if isinstance(event, PlanningEvent):
        return planned(order, event)
    if isinstance(event, RoadEvent):
        return travelled(order, event)
    return _fields_of_order(order, event, stamp)


def _fields_of_order(order: Order, event: _OrderChange, stamp: Touch) -> Fields:
    match event:
        case StageChanged() | RankChanged():
            return _placed(order, event, stamp)
        case LinesAdded() | LineReturned() | LineRemoved() | QuantityChanged() | PriceChanged():
            return _lined(order, event)
        case DiscountSet() | DiscountRemoved() | ChargeSet():
            return _charged(order, event)
        case WindowChanged():
            return on_delivery(order, event.delivery_id, window=event.window)
        case (
            CustomerChanged()
            | AddressChanged()
            | PriorityChanged()
            | PaymentChanged()
            | CustomChanged()
        ):
            return _worded(order, event)
        case OrderDeleted() | OrderRestored() | OrderArchived():
            return _lived(order, event)
        case _:
            return _marked(order, event)


def _placed(order: Order, event: _PlaceEvent, stamp: Touch) -> Fields:
    if isinstance(event, RankChanged):
        return {"rank": event.rank}
    return {
        "stage_id": event.to_stage,
        "category": event.to_category,
        "stage_since": stamp.at,
        "rank": event.rank,
        "deliveries": tuple(_following(each, event.to_category) for each in order.deliveries),
    }


def _following(delivery: Delivery, category: Category) -> Delivery:
    """The delivery in the order's new stage; whatever its driver has said of it stands."""
    if delivery.closed_at is not None:
        return delivery
    if delivery.collected_at is not None and category not in _ENDS:
        # Also when the order comes back from an end: the goods are where they were.
        return replace(delivery, category="in_transit")
    return replace(delivery, category=category)


def _lined(order: Order, event: _LineEvent) -> Fields:
    match event:
        case LinesAdded():
            more = {line.id: line.quantity for line in event.lines}
            return {"lines": order.lines + event.lines, **_brought(order, event.delivery_id, more)}
        case LineReturned():
            before, behind = order.lines[: event.position], order.lines[event.position :]
            return {
                "lines": (*before, event.line, *behind),
                "discounts": _sorted(order.discounts + event.discounts),
                **_rejoined(order, event.line.id, event.portions),
            }
        case LineRemoved():
            gone = event.line.id
            return {
                "lines": tuple(line for line in order.lines if line.id != gone),
                "discounts": tuple(each for each in order.discounts if each.line_id != gone),
                **_rejoined(order, gone, ()),
            }
        case QuantityChanged():
            more = {event.line_id: event.quantity - event.was}
            return {
                **_line_with(order, event.line_id, quantity=event.quantity),
                **_brought(order, event.delivery_id, more),
            }
        case PriceChanged():
            return _line_with(order, event.line_id, unit_price=event.unit_price)
        case _:
            assert_never(event)


def _brought(order: Order, delivery_id: DeliveryId | None, more: dict[LineId, int]) -> Fields:
    """The deliveries, one of them bringing so many more; without one the rest does by itself."""
    delivery = None if delivery_id is None else delivery_of(order, delivery_id)
    if delivery is None or delivery.allocations is None:
        return {}
    brings = {take.line_id: take.quantity for take in delivery.allocations}
    for line_id, quantity in more.items():
        brings[line_id] = brings.get(line_id, 0) + quantity
    return on_delivery(order, delivery.id, allocations=takes(brings))


def _rejoined(order: Order, line_id: LineId, portions: tuple[Portion, ...]) -> Fields:
    """The deliveries, each with its portion of a line that came or went, and no other of it."""
    brings = {each.delivery_id: each.quantity for each in portions}
    if all(each.allocations is None for each in order.deliveries):
        return {}
    return {
        "deliveries": tuple(
            each
            if each.allocations is None
            else replace(each, allocations=_with(each.allocations, line_id, brings.get(each.id, 0)))
            for each in order.deliveries
        )
    }


def _with(allocations: tuple[Take, ...], line_id: LineId, quantity: int) -> tuple[Take, ...]:
    others = tuple(take for take in allocations if take.line_id != line_id)
    return (*others, Take(line_id=line_id, quantity=quantity)) if quantity > 0 else others


def _line_with(order: Order, line_id: str, **fields: int) -> Fields:
    return {
        "lines": tuple(
            replace(line, **fields) if line.id == line_id else line for line in order.lines
        )
    }


def _sorted(discounts: tuple[Discount, ...]) -> tuple[Discount, ...]:
    """By id, so that the price does not depend on which of two discounts was decided first."""
    return tuple(sorted(discounts, key=lambda discount: discount.id))


def _charged(order: Order, event: _MoneyEvent) -> Fields:
    match event:
        case DiscountSet() | DiscountRemoved():
            others = tuple(each for each in order.discounts if each.id != event.discount.id)
            if isinstance(event, DiscountRemoved):
                return {"discounts": others}
            return {"discounts": _sorted((*others, event.discount))}
        case ChargeSet():
            amounts = {each.charge: each.amount for each in order.charges}
            amounts[event.charge] = event.amount
            return {
                "charges": tuple(
                    Charge(charge=kind, amount=amounts[kind])
                    for kind in CHARGES
                    if amounts.get(kind)
                )
            }
        case _:
            assert_never(event)


def _worded(order: Order, event: _WordEvent) -> Fields:
    match event:
        case CustomerChanged():
            return {"customer": event.customer}
        case AddressChanged():
            return {f"{event.which}_address": event.address}
        case PriorityChanged():
            return {"priority": event.priority}
        case PaymentChanged():
            return {"payment_method": event.payment_method}
        case CustomChanged():
            custom = {**order.custom, event.key: event.value}
            return {"custom": {key: value for key, value in custom.items() if value}}
        case _:
            assert_never(event)


def _marked(order: Order, event: _MarkEvent) -> Fields:
    match event:
        case LabelsChanged():
            kept = [label for label in order.labels if label not in event.removed]
            return {"labels": tuple(sorted({*kept, *event.added}))}
        case Held():
            return {"hold": event.hold}
        case Released():
            return {"hold": None}
        case ReviewChanged():
            return {"review": event.review}
        case NoteAdded():
            notes = sorted((*order.notes, event.note), key=lambda note: (note.at, note.id))
            return {"notes": tuple(notes)}
        case NoteRemoved():
            return {"notes": tuple(note for note in order.notes if note.id != event.note.id)}
        case CsrAssigned():
            return {"csr_id": event.csr_id}
        case _:
            assert_never(event)


def _lived(order: Order, event: _LifeEvent) -> Fields:
    match event:
        case OrderDeleted():
            return {"deleted": True}
        case OrderArchived():
            return {"archived": True}
        case OrderRestored():
            return {
                "deleted": order.deleted and not event.was_deleted,
                "archived": order.archived and not event.was_archived,
            }
        case _:
            assert_never(event)
