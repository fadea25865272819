"""Which delivery brings how many of each line. Quantities are conserved by construction. [AL]

At most one open delivery has no allocations of its own: it brings the rest, whatever the others do
not. So splitting and changing quantities can never lose or double a piece; what is collected is
fixed by then.
"""

from collections import Counter
from collections.abc import Iterable

from protocols.values import Take
from protocols.vocabulary import LineId
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Order


def brought(order: Order, delivery: Delivery) -> dict[LineId, int]:
    """How many of each line the delivery brings, by the order of the lines; never a zero."""
    if delivery.allocations is not None:
        given = {take.line_id: take.quantity for take in delivery.allocations}
        return {line.id: given[line.id] for line in order.lines if given.get(line.id)}
    others = allotted(order, but=delivery)
    left = {line.id: line.quantity - others[line.id] for line in order.lines}
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def allotted(order: Order, *, but: Delivery | None = None) -> Counter[LineId]:
    """How many of each line have deliveries of their own, without one of them."""
    counted: Counter[LineId] = Counter()
    for each in order.deliveries:
        if each.allocations is not None and (but is None or each.id != but.id):
            counted.update({take.line_id: take.quantity for take in each.allocations})
    return counted


def together(order: Order, into: Delivery, others: Iterable[Delivery]) -> tuple[Take, ...] | None:
    """What they bring together. Whoever takes over the rest is the rest from then on. [DL]"""
    everything = (into, *others)
    # DL7
    if any(each.allocations is None for each in everything):
        return None
    total: Counter[LineId] = Counter()
    for each in everything:
        total.update(brought(order, each))
    return takes(total)


def takes(quantities: dict[LineId, int]) -> tuple[Take, ...]:
    """Quantities as allocations."""
    return tuple(
        Take(line_id=line_id, quantity=quantity)
        for line_id, quantity in quantities.items()
        if quantity > 0
    )
