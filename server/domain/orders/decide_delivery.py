"""The rules for what dispatchers do to deliveries."""

from protocols.deliveries import DeliveryCommand
from server.domain.asked import Asked
from server.domain.orders.groups import invalid
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.world import World


def decide_delivery(order: Order, command: DeliveryCommand, asked: Asked, world: World) -> Decision:
    """Being built on branches `planning` and `road`."""
    del order, command, asked, world
    return invalid("kind", "not_yet")
