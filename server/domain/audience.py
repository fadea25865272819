"""Who sees an aggregate: a pure function of its one image, never of the reader or the clock."""

from protocols.vocabulary import Category
from server.domain.fleet import Display, Hub, Plan
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Note, Order
from server.domain.records import Company, Customer, Product, Record, Settings
from server.domain.workflow.state import Workflow

_OVER: frozenset[Category] = frozenset({"done", "failed", "cancelled"})


def is_open(delivery: Delivery) -> bool:
    """Whether the delivery still has to be made."""
    return delivery.category not in _OVER


def drivers_of(order: Order) -> tuple[str, ...]:
    """The drivers who carry an open delivery of an order on the board, each once."""
    if not order.open:
        return ()
    return tuple(
        dict.fromkeys(
            delivery.driver_id
            for delivery in order.deliveries
            if delivery.driver_id is not None and is_open(delivery)
        )
    )


def keys(aggregate: Order | Record) -> tuple[str, ...]:
    """The membership keys of one image; a journal row carries those before and after. [VI]"""
    # VI1
    if not isinstance(aggregate, Order):
        return ("board", "records")
    board = ("board",) if aggregate.open else ()
    drivers = (f"driver:{driver_id}" for driver_id in drivers_of(aggregate))
    return (*board, f"order:{aggregate.id}", *drivers)


def in_channel(aggregate: Order | Record, channel: str) -> bool:
    """Whether the channel shows this image at all. [VI]

    Whatever a channel may not show in full it gets masked by its view; what it must not know of
    is out here.
    """
    kind, _, key = channel.partition(":")
    if not isinstance(aggregate, Order):
        return _record_in(aggregate, kind, key)
    match kind:
        case "board" | "board~masked" | "display":
            return aggregate.open
        case "dispatch":
            return aggregate.open and any(is_open(each) for each in aggregate.deliveries)
        case "order" | "order~masked":
            return aggregate.id == key and not aggregate.deleted
        case "driver":
            # VI2
            return key in drivers_of(aggregate)
        case _:
            return False


def _record_in(record: Record, kind: str, key: str) -> bool:
    # PL22
    if isinstance(record, Plan) and record.forgotten:
        return False
    match kind:
        case "board":
            return True
        # VI3: catalogue prices and customers' phones are not for everybody
        case "board~masked" | "dispatch":
            return not isinstance(record, Product | Customer | Company)
        # What phones need to know besides their stops: stages with their proofs, hubs.
        case "house":
            return isinstance(record, Workflow | Settings | Hub)
        case "display":
            own = isinstance(record, Display) and record.id == key
            return own or isinstance(record, Workflow | Settings)
        case _:
            return False


def driver_notes(order: Order) -> tuple[Note, ...]:
    """The only notes a driver may read. [VI]"""
    # VI4
    return tuple(note for note in order.notes if note.for_driver)
