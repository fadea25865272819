"""What the driver of each delivery asks for at the door, when the customer pays cash. [CD]"""

from protocols.vocabulary import DeliveryId, Minor
from server.domain.audience import is_open
from server.domain.money import allocate
from server.domain.orders.allocation import brought
from server.domain.orders.state import Order
from server.domain.orders.totals import price


def cash_due(order: Order) -> dict[DeliveryId, Minor]:
    """Minor units by open delivery; empty unless the customer pays cash.

    Each delivery asks for what it brings. Whatever somebody collected beyond that, at a door
    where less was handed over or where the customer paid for everything, the next ones ask less.
    """
    # CD1
    if order.payment_method != "cash":
        return {}
    shares = cash_shares(order)
    paid = sum(
        max(0, each.cash - shares[each.id]) for each in order.deliveries if each.cash is not None
    )
    due: dict[DeliveryId, Minor] = {}
    for each in order.deliveries:
        if is_open(each):
            # CD3
            credit = min(paid, shares[each.id])
            paid -= credit
            due[each.id] = Minor(shares[each.id] - credit)
    return due


def cash_shares(order: Order) -> dict[DeliveryId, int]:
    """Each delivery's part of the order's total, open or over; together exactly the total. [CD]

    A line goes with its pieces, charges and their tax with the worth of what is brought.
    """
    if len(order.deliveries) == 1:
        # Most orders, and drivers are told after every row: nothing to price.
        return {order.deliveries[0].id: order.totals.total}
    brings = [brought(order, each) for each in order.deliveries]
    lines = price(order).lines
    shares = [0] * len(brings)
    for line in order.lines:
        # CD2
        parts = allocate(lines[line.id].total, [each.get(line.id, 0) for each in brings])
        shares = [share + part for share, part in zip(shares, parts, strict=True)]
    rest = order.totals.total - sum(shares)
    # Of an order that is all charges the first delivery asks for them.
    weights = shares if any(shares) else [1, *[0] * (len(shares) - 1)]
    shares = [share + part for share, part in zip(shares, allocate(rest, weights), strict=True)]
    return {each.id: share for each, share in zip(order.deliveries, shares, strict=True)}
