"""The rules for a stop's place in its driver's run, and for trying a failed one again. [DL]"""

from protocols.deliveries import MoveStop, ReopenDelivery
from protocols.vocabulary import TERMINAL, Category, DeliveryId, DriverId, Rank
from server.domain.audience import is_open
from server.domain.decision import Accepted
from server.domain.orders.delivery_events import DeliveryReopened, StopMoved
from server.domain.orders.groups import delivery_of, invalid
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.rank import between
from server.domain.world import World


def decide_stop(order: Order, command: MoveStop, world: World) -> Decision:
    """Put a stop between the neighbours the mover saw; the last word wins, it is harmless. [DL]"""
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    # DL11
    if delivery.driver_id is None or not is_open(delivery):
        return invalid("delivery_id", "no_run")
    rank = stop_rank(world, delivery.driver_id, delivery.id, command.after_id, command.before_id)
    if rank == delivery.stop_rank:
        return Accepted()
    moved = StopMoved(delivery_id=delivery.id, stop_rank=rank, was=delivery.stop_rank)
    return Accepted((moved,))


def stop_rank(
    world: World,
    driver_id: DriverId,
    moving: DeliveryId,
    after_id: DeliveryId | None,
    before_id: DeliveryId | None,
) -> Rank:
    """A rank at the asked place of a driver's run; without neighbours there, the last. [DL]"""
    # DL12
    bounds = world.stop_bounds(driver_id, after_id=after_id, before_id=before_id, moving=moving)
    return between(bounds.low, bounds.high)


_AGAIN: dict[Category, Category] = {"in_transit": "ready", "failed": "ready"}


def decide_reopen(order: Order, command: ReopenDelivery) -> Decision:
    """Plan a failed delivery once more, without a driver: somebody has to decide anew. [DL]"""
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    # DL13
    if delivery.category != "failed" or order.category in TERMINAL:
        return invalid("delivery_id", "not_failed")
    reopened = DeliveryReopened(
        delivery_id=delivery.id,
        category=_AGAIN.get(order.category, order.category),
        epoch=delivery.epoch + 1,
        reason=command.reason,
    )
    return Accepted((reopened,))
