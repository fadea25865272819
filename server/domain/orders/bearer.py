"""Which deliveries take the difference when a quantity changes. [AL]"""

from protocols.rejections import Problem
from protocols.vocabulary import DeliveryId, LineId
from server.domain.audience import is_open
from server.domain.orders.allocation import brought
from server.domain.orders.delivery import Delivery, Portion
from server.domain.orders.events import LineRemoved, QuantityChanged
from server.domain.orders.state import Line, Order


def is_here(delivery: Delivery) -> bool:
    """Whether its goods are still in the house, and it will be made."""
    return is_open(delivery) and delivery.collected_at is None


def in_house(order: Order, line_id: LineId) -> int:
    """How many of a line nobody has collected yet and somebody still will."""
    return sum(brought(order, each).get(line_id, 0) for each in order.deliveries if is_here(each))


def fixed_of(order: Order, line_id: LineId) -> int:
    """How many of a line are in vehicles, with customers, or with a driver who failed."""
    return sum(
        brought(order, each).get(line_id, 0)
        for each in order.deliveries
        if each.allocations is not None and not is_here(each)
    )


def counted(
    order: Order, line: Line, quantity: int, first: DeliveryId | None = None
) -> tuple[QuantityChanged, ...] | Problem:
    """Another quantity of a line, as what each delivery brings more or less of it. [AL]

    `first` takes as much of the difference as it can, then the rest, then whatever else is still
    here. What is in a vehicle changes only when its driver agrees, and what was handed over not
    at all: what those cannot spare is a problem.
    """
    takers = _takers(order, first)
    more = quantity - line.quantity
    if more == 0:
        return ()
    if more > 0:
        if not takers:
            return Problem(field=f"quantity:{line.id}", rule="no_open_delivery")
        return (_changed(line, line.quantity, quantity, takers[0]),)
    events: list[QuantityChanged] = []
    now = line.quantity
    # AL1
    for taker in takers:
        spare = min(brought(order, taker).get(line.id, 0), now - quantity)
        if spare > 0:
            events.append(_changed(line, now, now - spare, taker))
            now -= spare
    # AL2
    if now > quantity:
        return Problem(field=f"quantity:{line.id}", rule="allocated", limit=now)
    return tuple(events)


def newcomer(order: Order) -> DeliveryId | Problem | None:
    """The delivery whose allocations new lines join; None when the rest brings them. [AL]"""
    takers = _takers(order, None)
    # AL5
    if not takers:
        return Problem(field="lines", rule="no_open_delivery")
    return takers[0].id if takers[0].allocations is not None else None


def portions(order: Order, line_id: LineId) -> tuple[Portion, ...]:
    """What deliveries bring of a line by their own allocations."""
    return tuple(
        Portion(delivery_id=each.id, quantity=take.quantity)
        for each in order.deliveries
        for take in each.allocations or ()
        if take.line_id == line_id
    )


def returning(order: Order, event: LineRemoved) -> tuple[Portion, ...]:
    """Who brings a line that comes back: who did before, as far as they still can. [AL]"""
    here = {each.id: each for each in order.deliveries if is_here(each)}
    kept = {
        each.delivery_id: each.quantity
        for each in event.portions
        if each.delivery_id in here and here[each.delivery_id].allocations is not None
    }
    takers = _takers(order, None)
    if takers and takers[0].allocations is not None:
        missing = event.line.quantity - sum(kept.values())
        kept[takers[0].id] = kept.get(takers[0].id, 0) + missing
    return tuple(Portion(delivery_id=i, quantity=n) for i, n in kept.items() if n > 0)


def _takers(order: Order, first: DeliveryId | None) -> list[Delivery]:
    """Who takes differences, in order: the named one, the rest, others here, an untried rest.

    The last is a rest that was never collected and is over all the same, as when a person moved
    the card: its goods never left.
    """
    here = [each for each in order.deliveries if is_here(each)]
    over = [
        each
        for each in order.deliveries
        if each.allocations is None and each.collected_at is None and not is_open(each)
    ]
    here.sort(key=lambda each: (each.id != first, each.allocations is not None))
    return [*here, *over]


def _changed(line: Line, was: int, quantity: int, taker: Delivery) -> QuantityChanged:
    return QuantityChanged(
        line_id=line.id,
        quantity=quantity,
        was=was,
        delivery_id=taker.id if taker.allocations is not None else None,
    )
