"""The rules for a stop's place in its driver's run, and for trying a failed one again. [DL]"""

from protocols.deliveries import MoveStop, ReopenDelivery
from protocols.rejections import Problem
from protocols.vocabulary import TERMINAL, Category, DeliveryId, DriverId, Rank
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import DeliveryReopened, StopMoved
from server.domain.orders.groups import delivery_of, impossible, invalid
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.rank import LONGEST, between
from server.domain.world import Bounds, World


def decide_stop(order: Order, command: MoveStop, world: World) -> Decision:
    """Put a stop between the neighbours the mover saw; the last word wins, it is harmless. [DL]"""
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    # DL11
    if delivery.driver_id is None or not is_open(delivery):
        return invalid("delivery_id", "no_run")
    return Accepted(
        placed(delivery, delivery.driver_id, command.after_id, command.before_id, world)
    )


def placed(
    delivery: Delivery,
    driver_id: DriverId,
    after_id: DeliveryId | None,
    before_id: DeliveryId | None,
    world: World,
) -> tuple[StopMoved, ...]:
    """The stop at the asked place of its driver's run; nothing when it is there already. [DL]"""
    bounds = world.stop_bounds(
        driver_id, after_id=after_id, before_id=before_id, moving=delivery.id
    )
    rank = delivery.stop_rank
    if rank is not None and _fits(rank, bounds):
        return ()
    rank = _within(bounds, driver_id, delivery.id, world)
    return (StopMoved(delivery_id=delivery.id, stop_rank=rank, was=delivery.stop_rank),)


def stop_rank(
    world: World,
    driver_id: DriverId,
    moving: DeliveryId,
    after_id: DeliveryId | None,
    before_id: DeliveryId | None,
    behind: Rank | None = None,
) -> Rank:
    """A rank at the asked place of a driver's run; without neighbours there, the last. [DL]

    `behind` is the rank of the stop that the same command put at that place just before.
    """
    # DL12
    bounds = world.stop_bounds(driver_id, after_id=after_id, before_id=before_id, moving=moving)
    if behind is not None and _fits(behind, bounds):
        bounds = Bounds(behind, bounds.high)
    return _within(bounds, driver_id, moving, world)


def _fits(rank: Rank, bounds: Bounds) -> bool:
    above = bounds.low is None or bounds.low < rank
    return above and (bounds.high is None or rank < bounds.high)


def _within(bounds: Bounds, driver_id: DriverId, moving: DeliveryId, world: World) -> Rank:
    """A rank within the bounds, or at the end of the run when the gap is used up. [DL]"""
    rank = between(bounds.low, bounds.high)
    # DL15
    if len(rank) <= LONGEST:
        return rank
    end = world.stop_bounds(driver_id, after_id=None, before_id=None, moving=moving)
    return between(end.low, end.high)


_AGAIN: dict[Category, Category] = {"in_transit": "ready", "failed": "ready"}


def planned_category(order: Order) -> Category:
    """Where a delivery of the order stands that nobody has started on."""
    return _AGAIN.get(order.category, order.category)


def decide_reopen(order: Order, command: ReopenDelivery, asked: Asked) -> Decision:
    """Plan a failed delivery once more, without a driver: somebody has to decide anew. [DL]"""
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    # DL13
    if delivery.category != "failed":
        return impossible(order, asked, Problem(field="delivery_id", rule="not_failed"))
    if order.category in TERMINAL:
        return impossible(order, asked, Problem(field="stage", rule="closed_stage"))
    reopened = DeliveryReopened(
        delivery_id=delivery.id,
        category=planned_category(order),
        epoch=delivery.epoch + 1,
        reason=command.reason,
    )
    return Accepted((reopened,))
