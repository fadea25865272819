"""What an event stands on: what must be as it left it for its reverse to make sense. [UN]"""

from collections.abc import Iterable

from msgspec.structs import replace

from protocols.vocabulary import FieldGroup
from server.domain.audience import is_open
from server.domain.orders.delivery_events import (
    DeliveriesSet,
    DeliveryAddressChanged,
    DeliverySplit,
    DriverAssigned,
    HubChanged,
    MethodChanged,
    PlanningEvent,
    ServiceTimeChanged,
    StopMoved,
)
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import (
    AddressChanged,
    DiscountRemoved,
    DiscountSet,
    LabelsChanged,
    LineReturned,
    LinesAdded,
    NoteAdded,
    NoteRemoved,
    OrderEvent,
    OrderPlaced,
    PriceChanged,
    QuantityChanged,
    RankChanged,
    StageChanged,
    WindowChanged,
)
from server.domain.orders.groups import delivery_of, touched
from server.domain.orders.state import Order
from server.domain.orders.stop import stop_rank
from server.domain.world import World

Groups = tuple[FieldGroup, ...]

_OnOpen = DriverAssigned | StopMoved | MethodChanged | HubChanged | ServiceTimeChanged
_NO_NEWS = ("receipt", "proofs")


def foundation(order: Order, event: OrderEvent) -> Groups:  # noqa: C901
    """The groups whose later change makes undoing the event stale."""
    if isinstance(event, PlanningEvent | WindowChanged | AddressChanged):
        return (*touched(event), *_of_road(order, event))
    match event:
        case OrderPlaced():
            return tuple(order.touches)
        case LabelsChanged() | NoteAdded() | NoteRemoved():
            # UN6: these come and go one by one
            return ()
        case StageChanged():
            # Where in the column it lies by now does not matter.
            return (FieldGroup("stage"),)
        case RankChanged():
            return (FieldGroup("rank"), FieldGroup("stage"))
        case LinesAdded():
            return tuple(name for line in event.lines for name in _of_line(order, line.id))
        case LineReturned():
            return _of_line(order, event.line.id)
        case QuantityChanged() | PriceChanged():
            return (*touched(event), group("line", event.line_id))
        case DiscountSet(discount=discount) | DiscountRemoved(discount=discount):
            of_line = () if discount.line_id is None else (group("line", discount.line_id),)
            return (*touched(event), *of_line)
        case _:
            return touched(event)


def _of_road(order: Order, event: PlanningEvent | WindowChanged | AddressChanged) -> Groups:
    """What else of its deliveries must be as it was: nobody built on it, no goods have left."""
    match event:
        case DeliverySplit(new=new):
            # UN9
            return _of_deliveries(order, {new.id})
        case DeliveriesSet():
            there = {each.id for each in event.was}
            return _of_deliveries(order, {each.id for each in event.deliveries} - there)
        case StopMoved(delivery_id=delivery_id):
            return (group("assignment", delivery_id),)
        case AddressChanged(which="shipping"):
            following = (each.id for each in order.deliveries if each.address is None)
            return tuple(group("progress", each) for each in following)
        case DriverAssigned() | MethodChanged() | WindowChanged() | DeliveryAddressChanged():
            # UN10
            return (group("progress", event.delivery_id),)
        case _:
            return ()


def is_past(order: Order, event: OrderEvent) -> bool:
    """Whether the delivery that the event is about is over."""
    if not isinstance(event, _OnOpen):
        return False
    delivery = delivery_of(order, event.delivery_id)
    return delivery is None or not is_open(delivery)


def as_of_now(event: OrderEvent, world: World) -> OrderEvent:
    """The event with what is known of its driver now: the call sign, and a place in the run."""
    if not isinstance(event, DriverAssigned) or event.driver_id is None:
        return event
    driver = world.driver(event.driver_id)
    # UN11
    if driver is None or not driver.active:
        return replace(event, driver_id=None, stop_rank=None, pinned=False)
    rank = event.stop_rank or stop_rank(world, event.driver_id, event.delivery_id, None, None)
    return replace(event, call_sign=driver.call_sign, stop_rank=rank)


def _of_line(order: Order, line_id: str) -> Groups:
    """Everything that is written about one line."""
    own = (group(kind, line_id) for kind in ("line", "quantity", "price"))
    discounts = (group("discount", each.id) for each in order.discounts if each.line_id == line_id)
    return (*own, *discounts)


def _of_deliveries(order: Order, ids: Iterable[str]) -> Groups:
    """Everything that people wrote about deliveries that would end."""
    named = {*ids}
    return tuple(
        name
        for name in order.touches
        if name.partition(":")[2] in named and name.partition(":")[0] not in _NO_NEWS
    )
