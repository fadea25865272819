"""Field groups: what an event touches, what a group holds, and whether two changes collide."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, assert_never

from protocols.rejections import Conflict, Invalid, InvalidAfterMerge, Problem, Stale
from protocols.vocabulary import AggregateId, FieldGroup, PersonId, Version
from server.domain.asked import Asked
from server.domain.decision import Refused
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import PlanningEvent, RoadEvent
from server.domain.orders.delivery_groups import group, touched_delivery
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
from server.domain.orders.state import Line, Order, Touch

Groups = tuple[FieldGroup, ...]

_Plain = (
    StageChanged
    | RankChanged
    | CustomerChanged
    | PriorityChanged
    | LabelsChanged
    | PaymentChanged
    | Held
    | Released
    | ReviewChanged
    | NoteAdded
    | NoteRemoved
    | CsrAssigned
    | OrderDeleted
    | OrderRestored
    | OrderArchived
)

_PLAIN: dict[type[_Plain], Groups] = {
    StageChanged: (FieldGroup("stage"), FieldGroup("rank")),
    RankChanged: (FieldGroup("rank"),),
    CustomerChanged: (FieldGroup("customer"),),
    PriorityChanged: (FieldGroup("priority"),),
    LabelsChanged: (FieldGroup("labels"),),
    PaymentChanged: (FieldGroup("payment"),),
    Held: (FieldGroup("hold"),),
    Released: (FieldGroup("hold"),),
    ReviewChanged: (FieldGroup("review"),),
    NoteAdded: (FieldGroup("notes"),),
    NoteRemoved: (FieldGroup("notes"),),
    CsrAssigned: (FieldGroup("csr"),),
    OrderDeleted: (FieldGroup("life"),),
    OrderRestored: (FieldGroup("life"),),
    OrderArchived: (FieldGroup("life"),),
}


def touched(event: OrderEvent) -> Groups:
    """The groups an event writes. Placing touches none: the whole order is as its creator said."""
    if isinstance(event, OrderPlaced):
        return ()
    if isinstance(event, PlanningEvent | RoadEvent):
        return touched_delivery(event)
    if isinstance(event, _Plain):
        return _PLAIN[type(event)]
    return _touched_part(event)


_Part = (
    LinesAdded
    | LineReturned
    | LineRemoved
    | QuantityChanged
    | PriceChanged
    | DiscountSet
    | DiscountRemoved
    | ChargeSet
    | AddressChanged
    | WindowChanged
    | CustomChanged
)


def _touched_part(event: _Part) -> Groups:  # noqa: C901
    match event:
        case LinesAdded():
            return tuple(group("line", line.id) for line in event.lines)
        case LineReturned() | LineRemoved():
            discounts = (group("discount", discount.id) for discount in event.discounts)
            return (group("line", event.line.id), *discounts)
        case QuantityChanged():
            return (group("quantity", event.line_id),)
        case PriceChanged():
            return (group("price", event.line_id),)
        case DiscountSet() | DiscountRemoved():
            return (group("discount", event.discount.id),)
        case ChargeSet():
            return (group("charge", event.charge),)
        case AddressChanged():
            return (FieldGroup(f"{event.which}_address"),)
        case WindowChanged():
            return (group("window", event.delivery_id),)
        case CustomChanged():
            return (group("custom", event.key),)
        case _:
            assert_never(event)


def line_of(order: Order, line_id: str) -> Line | None:
    """The line with this id."""
    for line in order.lines:
        if line.id == line_id:
            return line
    return None


def delivery_of(order: Order, delivery_id: str) -> Delivery | None:
    """The delivery with this id."""
    for delivery in order.deliveries:
        if delivery.id == delivery_id:
            return delivery
    return None


def _discount(order: Order, key: str) -> object:
    return next((each for each in order.discounts if each.id == key), None)


def _charge(order: Order, key: str) -> int:
    return next((each.amount for each in order.charges if each.charge == key), 0)


def _life(order: Order, _: str) -> str:
    return "deleted" if order.deleted else "archived" if order.archived else "open"


_VALUES: dict[str, Callable[[Order, str], Any]] = {
    "stage": lambda order, _: order.stage_id,
    "rank": lambda order, _: order.rank,
    "customer": lambda order, _: order.customer,
    "shipping_address": lambda order, _: order.shipping_address,
    "billing_address": lambda order, _: order.billing_address,
    "window": lambda order, key: getattr(delivery_of(order, key), "window", None),
    "assignment": lambda order, key: getattr(delivery_of(order, key), "driver_id", None),
    "deliveries": lambda order, _: tuple(each.id for each in order.deliveries),
    "stop": lambda order, key: getattr(delivery_of(order, key), "stop_rank", None),
    "method": lambda order, key: getattr(delivery_of(order, key), "method", None),
    "hub": lambda order, key: getattr(delivery_of(order, key), "hub_id", None),
    "tracking": lambda order, key: getattr(delivery_of(order, key), "tracking", None),
    "delivery_address": lambda order, key: getattr(delivery_of(order, key), "address", None),
    "service_time": lambda order, key: getattr(delivery_of(order, key), "service_seconds", None),
    "progress": lambda order, key: getattr(delivery_of(order, key), "category", None),
    "receipt": lambda order, key: getattr(delivery_of(order, key), "receipt", None),
    "proofs": lambda order, key: getattr(delivery_of(order, key), "proofs", None),
    "proposal": lambda order, key: getattr(delivery_of(order, key), "proposal", None),
    "claims": lambda order, _: order.claims,
    "expenses": lambda order, _: order.expenses,
    "priority": lambda order, _: order.priority,
    "payment": lambda order, _: order.payment_method,
    "labels": lambda order, _: order.labels,
    "line": line_of,
    "quantity": lambda order, key: getattr(line_of(order, key), "quantity", None),
    "price": lambda order, key: getattr(line_of(order, key), "unit_price", None),
    "discount": _discount,
    "charge": _charge,
    "hold": lambda order, _: order.hold,
    "review": lambda order, _: order.review,
    "csr": lambda order, _: order.csr_id,
    "custom": lambda order, key: order.custom.get(key, ""),
    "notes": lambda order, _: order.notes,
    "life": _life,
}


def value_of(order: Order, name: FieldGroup) -> Any:  # noqa: ANN401 - each group has its own type
    """What the group holds now, in the shape the order view shows it; None when it is gone."""
    kind, _, key = name.partition(":")
    return _VALUES[kind](order, key)


def last_touch(order: Order, name: FieldGroup) -> Touch:
    """Who last wrote the group; its creator when nobody has since."""
    return order.touches.get(name) or Touch(
        version=Version(1), by_id=PersonId(""), by_name=order.created_by, at=order.created_at
    )


def conflict(order: Order, name: FieldGroup, mine: object) -> Conflict:
    """The contest about one group, with both values and who holds it now."""
    touch = last_touch(order, name)
    return Conflict(
        group=name,
        version=touch.version,
        by_id=touch.by_id,
        by_name=touch.by_name,
        at=touch.at,
        theirs=value_of(order, name),
        mine=mine,
    )


def conflicts(
    order: Order, wanted: Mapping[FieldGroup, object], asked: Asked
) -> tuple[Conflict, ...]:
    """The wanted groups that somebody changed after the asker looked, to another value. [ED]

    Facts already happened, so nobody's base matters to them.
    """
    if asked.fact:
        return ()
    found = []
    for name, mine in wanted.items():
        touch = order.touches.get(name)
        # ED1, ED2
        if touch is None or asked.knew(name, touch.version) or value_of(order, name) == mine:
            continue
        found.append(conflict(order, name, mine))
    return tuple(found)


def changed_since(order: Order, names: Iterable[FieldGroup], asked: Asked) -> tuple[Conflict, ...]:
    """Those of the groups that somebody wrote after the asker looked, to whatever value."""
    found = []
    for name in names:
        touch = order.touches.get(name)
        if touch is not None and not asked.knew(name, touch.version):
            found.append(conflict(order, name, None))
    return tuple(found)


def stale(order: Order, found: tuple[Conflict, ...]) -> Refused:
    """Refuse because of these conflicts."""
    return Refused(
        Stale(aggregate_id=AggregateId(order.id), current_version=order.version, conflicts=found)
    )


def impossible(order: Order, asked: Asked, *problems: Problem) -> Refused:
    """Refuse what the order, as it is now, does not allow. [ED]

    When others changed it since the asker looked, the answer names their changes too: alone the
    command might have been fine.
    """
    since = changed_since(order, order.touches, asked)
    # ED6
    if since:
        return Refused(
            InvalidAfterMerge(current_version=order.version, problems=problems, conflicts=since)
        )
    return Refused(Invalid(problems=problems))


def invalid(field: str, rule: str, limit: int | str | None = None) -> Refused:
    """Refuse values that are wrong on their own."""
    return Refused(Invalid(problems=(Problem(field=field, rule=rule, limit=limit),)))
