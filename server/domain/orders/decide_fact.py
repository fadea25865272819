"""The rules for what drivers say."""

from protocols.facts import FactCommand
from server.domain.asked import Asked
from server.domain.orders.groups import invalid
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.world import World


def decide_fact(order: Order, command: FactCommand, asked: Asked, world: World) -> Decision:
    """Being built on branches `planning` and `road`."""
    del order, command, asked, world
    return invalid("kind", "not_yet")
