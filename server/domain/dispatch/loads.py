"""What a delivery weighs, and whether a vehicle still carries it. [PL]"""

from collections.abc import Iterable

from protocols.values import Load
from server.domain.orders.allocation import brought
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Order


def load_of(order: Order, delivery: Delivery) -> Load:
    """What the delivery brings needs of a vehicle."""
    brings = brought(order, delivery)
    return Load(
        weight_g=sum(line.weight_g * brings.get(line.id, 0) for line in order.lines),
        volume_ml=sum(line.volume_ml * brings.get(line.id, 0) for line in order.lines),
        pieces=sum(brings.values()),
    )


def together(loads: Iterable[Load]) -> Load:
    """All of them at once."""
    every = tuple(loads)
    return Load(
        weight_g=sum(each.weight_g for each in every),
        volume_ml=sum(each.volume_ml for each in every),
        pieces=sum(each.pieces for each in every),
    )


def carries(capacity: Load, load: Load) -> bool:
    """Whether the vehicle takes it; what it does not limit it takes. [PL]"""
    # PL7
    return all(
        limit == 0 or need <= limit
        for limit, need in (
            (capacity.weight_g, load.weight_g),
            (capacity.volume_ml, load.volume_ml),
            (capacity.pieces, load.pieces),
        )
    )
