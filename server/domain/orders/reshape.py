"""The rules for splitting, merging and cancelling deliveries: no piece is lost or doubled. [DL]"""

from collections.abc import Iterable
from typing import assert_never

from protocols.deliveries import CancelDelivery, MergeDeliveries, SplitDelivery
from protocols.rejections import Conflict, Problem
from protocols.vocabulary import DeliveryId, LineId
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.allocation import brought, takes, together
from server.domain.orders.bearer import is_here
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import (
    DeliveriesMerged,
    DeliveryCancelled,
    DeliverySplit,
)
from server.domain.orders.delivery_groups import DELIVERIES
from server.domain.orders.groups import (
    changed_since,
    delivery_of,
    impossible,
    invalid,
    stale,
)
from server.domain.orders.located import located
from server.domain.orders.merge import WRITTEN_LIMIT, Decision
from server.domain.orders.plan_delivery import unknown_hub
from server.domain.orders.state import Order
from server.domain.world import World

ShapeCommand = SplitDelivery | MergeDeliveries | CancelDelivery

DELIVERY_LIMIT = 50
"""Of one order; a driver's frame still fits into 16 KB."""

_HARMLESS = ("receipt", "stop", "proofs")
"""Field groups of a delivery whose changes nobody needs to see before it is merged away."""


def decide_shape(order: Order, command: ShapeCommand, asked: Asked, world: World) -> Decision:
    """Decide which deliveries there are; whoever has not seen the last split looks first. [DL]"""
    # DL1
    since = changed_since(order, (DELIVERIES,), asked)
    if since:
        return stale(order, since)
    match command:
        case SplitDelivery():
            return _split(order, command, asked, world)
        case MergeDeliveries():
            return _merge(order, command, asked)
        case CancelDelivery():
            return _cancel(order, command, asked)
        case _:
            assert_never(command)


def _split(order: Order, command: SplitDelivery, asked: Asked, world: World) -> Decision:
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    wrong = _wrong(order, command, world)
    if wrong is not None:
        return wrong
    if not is_here(delivery):
        return impossible(order, asked, Problem(field="delivery_id", rule="under_way"))
    taken: dict[LineId, int] = {}
    for take in command.take:
        taken[take.line_id] = taken.get(take.line_id, 0) + take.quantity
    # DL3
    problem = _too_much(brought(order, delivery), taken)
    if problem is not None:
        return impossible(order, asked, problem)
    new = Delivery(
        id=command.new_id,
        position=max(each.position for each in order.deliveries) + 1,
        method=command.method or delivery.method,
        category=delivery.category,
        allocations=takes(taken),
        window=command.window or delivery.window,
        address=located(command.address, None, world) if command.address else delivery.address,
        hub_id=command.hub_id or delivery.hub_id,
        service_seconds=delivery.service_seconds,
    )
    # DL4: the rest keeps its id, its place, its driver and what the driver knows
    return Accepted((DeliverySplit(from_id=delivery.id, new=new, was=delivery.allocations),))


def _wrong(order: Order, command: SplitDelivery, world: World) -> Refused | None:
    """What is wrong with the new delivery, whatever it takes. [DL]"""
    # DL2
    taken = {each.id for each in order.deliveries} | {each.id for each in order.gone}
    if command.new_id in taken:
        return invalid("new_id", "exists", command.new_id)
    # DL16
    if len(order.deliveries) >= DELIVERY_LIMIT:
        return invalid("deliveries", "count_limit", DELIVERY_LIMIT)
    if len(order.touches) >= WRITTEN_LIMIT:
        return invalid("history", "count_limit", WRITTEN_LIMIT)
    window = command.window
    # ED10
    if window is not None and window.opens >= window.closes:
        return invalid("window", "opens_before_closes")
    return unknown_hub(command.hub_id, world)


def _too_much(brings: dict[LineId, int], taken: dict[LineId, int]) -> Problem | None:
    for line_id, quantity in taken.items():
        if quantity > brings.get(line_id, 0):
            limit = brings.get(line_id, 0)
            return Problem(field=f"take:{line_id}", rule="too_many", limit=limit)
    if taken == brings:
        return Problem(field="take", rule="everything")
    return None


def _merge(order: Order, command: MergeDeliveries, asked: Asked) -> Decision:
    into = delivery_of(order, command.into_id)
    if into is None:
        return invalid("into_id", "unknown", command.into_id)
    if command.into_id in command.from_ids or len({*command.from_ids}) < len(command.from_ids):
        return invalid("from_ids", "unique")
    merged = []
    for delivery_id in command.from_ids:
        each = delivery_of(order, delivery_id)
        if each is None:
            return invalid("from_ids", "unknown", delivery_id)
        merged.append(each)
    # DL5
    if not all(is_here(each) for each in (into, *merged)):
        return impossible(order, asked, Problem(field="from_ids", rule="under_way"))
    unseen = _unseen(order, merged, asked)
    if unseen:
        return stale(order, unseen)
    return Accepted(
        (
            DeliveriesMerged(
                into_id=into.id,
                merged=tuple(merged),
                allocations=together(order, into, merged),
                was=into.allocations,
            ),
        )
    )


def _cancel(order: Order, command: CancelDelivery, asked: Asked) -> Decision:
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    if not is_here(delivery):
        return impossible(order, asked, Problem(field="delivery_id", rule="under_way"))
    unseen = _unseen(order, (delivery,), asked)
    if unseen:
        return stale(order, unseen)
    into = _heir(order, delivery.id)
    # DL6
    if into is None:
        return impossible(order, asked, Problem(field="delivery_id", rule="last_delivery"))
    return Accepted(
        (
            DeliveryCancelled(
                delivery=delivery,
                into_id=into.id,
                allocations=together(order, into, (delivery,)),
                was=into.allocations,
                reason=command.reason,
            ),
        )
    )


def _heir(order: Order, but: DeliveryId) -> Delivery | None:
    """Who brings what a cancelled delivery would have brought: the rest, else the first one."""
    here = [each for each in order.deliveries if each.id != but and is_here(each)]
    rest = (each for each in here if each.allocations is None)
    return next(rest, here[0] if here else None)


def _unseen(order: Order, ending: Iterable[Delivery], asked: Asked) -> tuple[Conflict, ...]:
    """What others planned for deliveries that are about to end, and the asker has not seen. [DL]"""
    # DL14
    ids = {each.id for each in ending}
    names = [
        name
        for name in order.touches
        if name.partition(":")[2] in ids and name.partition(":")[0] not in _HARMLESS
    ]
    return changed_since(order, names, asked)
