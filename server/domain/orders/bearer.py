"""Which delivery takes the difference when a quantity changes. [AL]"""

from protocols.vocabulary import DeliveryId, LineId
from server.domain.audience import is_open
from server.domain.decision import Refused
from server.domain.orders.allocation import brought
from server.domain.orders.delivery import Delivery
from server.domain.orders.groups import invalid
from server.domain.orders.state import Order


def bearer_of(order: Order, line_id: LineId, more: int) -> DeliveryId | Refused | None:
    """The delivery whose allocation takes so many more (or fewer); None when the rest does.

    Refused when no goods in the house can take it: what is in a vehicle changes only when its
    driver agrees, and what was handed over not at all.
    """
    here = [each for each in order.deliveries if _is_here(each)]
    rest = next((each for each in here if each.allocations is None), None)
    # AL1
    if rest is not None and brought(order, rest).get(line_id, 0) + more >= 0:
        return None
    for each in here:
        has = brought(order, each).get(line_id, 0)
        if each.allocations is not None and (more >= 0 or has + more >= 0):
            return each.id
    # An order that was never split has its only delivery as the rest, whatever became of it.
    if len(order.deliveries) == 1 and order.deliveries[0].allocations is None:
        return None
    # AL2
    return invalid(f"quantity:{line_id}", "allocated", fixed_of(order, line_id))


def fixed_of(order: Order, line_id: LineId) -> int:
    """How many of a line are in vehicles or with customers."""
    return sum(
        brought(order, each).get(line_id, 0)
        for each in order.deliveries
        if each.allocations is not None and not _is_here(each)
    )


def _is_here(delivery: Delivery) -> bool:
    return is_open(delivery) and delivery.collected_at is None
