"""The reverse of what dispatchers did to deliveries."""

from typing import assert_never

from msgspec.structs import replace

from protocols.values import Take
from protocols.vocabulary import DeliveryId
from server.domain.orders.allocation import together
from server.domain.orders.bearer import is_here
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import (
    DeliveriesMerged,
    DeliveriesSet,
    DeliveryAddressChanged,
    DeliveryCancelled,
    DeliverySplit,
    DriverAssigned,
    HubChanged,
    MethodChanged,
    PlanningEvent,
    ServiceTimeChanged,
    StopMoved,
    TrackingChanged,
)
from server.domain.orders.evolve_planning import recalled
from server.domain.orders.groups import delivery_of
from server.domain.orders.state import Order
from server.domain.orders.stop import planned_category

Reverse = tuple[PlanningEvent, ...]

_Shaping = DeliverySplit | DeliveriesMerged | DeliveryCancelled | DeliveriesSet

_Allocations = tuple[Take, ...] | None


def replanned(order: Order, event: PlanningEvent) -> Reverse | None:
    """The events that bring back what was before this one; None when there is no way back. [UN]"""
    if isinstance(event, _Shaping):
        return _reshaped(order, event)
    delivery = delivery_of(order, event.delivery_id)
    if delivery is None:
        return None
    match event:
        case DriverAssigned():
            return (_given_back(delivery, event),)
        case StopMoved():
            if event.was is None or delivery.driver_id is None:
                return None
            return (
                StopMoved(delivery_id=delivery.id, stop_rank=event.was, was=delivery.stop_rank),
            )
        case _:
            return (_set_back(event),)


def _given_back(delivery: Delivery, event: DriverAssigned) -> DriverAssigned:
    return DriverAssigned(
        delivery_id=delivery.id,
        driver_id=event.was,
        was=delivery.driver_id,
        assigned_by=event.assigned_by,
        pinned=event.was_pinned,
        was_pinned=delivery.pinned,
        # UN8: epochs never go back, or the recalled driver's phone would be believed
        epoch=delivery.epoch + 1,
        stop_rank=event.was_rank,
        was_rank=delivery.stop_rank,
    )


def _set_back(
    event: MethodChanged
    | HubChanged
    | TrackingChanged
    | DeliveryAddressChanged
    | ServiceTimeChanged,
) -> PlanningEvent:
    named = event.delivery_id
    match event:
        case MethodChanged():
            return MethodChanged(delivery_id=named, method=event.was, was=event.method)
        case HubChanged():
            return HubChanged(delivery_id=named, hub_id=event.was, was=event.hub_id)
        case TrackingChanged():
            return TrackingChanged(delivery_id=named, tracking=event.was, was=event.tracking)
        case DeliveryAddressChanged():
            return DeliveryAddressChanged(delivery_id=named, address=event.was, was=event.address)
        case ServiceTimeChanged():
            return ServiceTimeChanged(delivery_id=named, seconds=event.was, was=event.seconds)
        case _:
            assert_never(event)


def _reshaped(order: Order, event: _Shaping) -> Reverse | None:
    """Splits, merges and cancellations go back, as long as no goods of theirs have left. [UN]"""
    match event:
        case DeliverySplit():
            source = delivery_of(order, event.from_id)
            new = delivery_of(order, event.new.id)
            if source is None or new is None:
                return None
            # Quantities may have changed since: what they bring together counts.
            return _set(order, {source.id: together(order, source, (new,))}, gone={new.id})
        case DeliveriesMerged():
            back = {each.id: each for each in event.merged}
            return _set(order, {event.into_id: event.was}, back=back)
        case DeliveryCancelled():
            back = {event.delivery.id: event.delivery}
            return _set(order, {event.into_id: event.was}, back=back)
        case DeliveriesSet():
            was = {each.id: each for each in event.was}
            brings = {each.id: each.allocations for each in event.was}
            ended = {each.id for each in event.deliveries} - {*was}
            return _set(order, brings, back=was, gone=ended)
        case _:
            assert_never(event)


def _set(
    order: Order,
    brings: dict[DeliveryId, _Allocations],
    *,
    back: dict[DeliveryId, Delivery] | None = None,
    gone: set[DeliveryId] | None = None,
) -> Reverse | None:
    """The deliveries with these allocations, some there again and some not any more. [UN]"""
    there = {each.id for each in order.deliveries} - (gone or set())
    returning = [each for each in (back or {}).values() if each.id not in there]
    kept = [
        _without_history(
            replace(each, allocations=_known(order, brings.get(each.id, each.allocations))),
            returning,
        )
        for each in order.deliveries
        if each.id in there
    ]
    for each in returning:
        kept.append(_again(order, each, {one.position for one in kept}))
    deliveries = tuple(sorted(kept, key=lambda each: each.position))
    now = {each.id: each for each in order.deliveries}
    then = {each.id: each for each in deliveries}
    # UN9
    moved = [each for each in order.deliveries if then.get(each.id) != each]
    if not (brings.keys() <= then.keys() and all(is_here(each) for each in moved)):
        return None
    return (DeliveriesSet(deliveries=deliveries, was=order.deliveries),) if now != then else ()


def _again(order: Order, delivery: Delivery, positions: set[int]) -> Delivery:
    """A delivery that is there again, without a driver and as far as the order is by now. [UN]

    Its driver was told that it is gone, so somebody has to give it anew (UN8).
    """
    known = recalled(delivery)
    taken = known.position in positions
    return replace(
        known,
        allocations=_known(order, delivery.allocations),
        category=planned_category(order),
        position=max(positions) + 1 if taken else known.position,
    )


def _without_history(delivery: Delivery, returning: list[Delivery]) -> Delivery:
    """The delivery without what was tried and proven of those that are themselves again."""
    attempts = [attempt for each in returning for attempt in each.attempts]
    proofs = {proof.id for each in returning for proof in each.proofs}
    return replace(
        delivery,
        attempts=tuple(each for each in delivery.attempts if each not in attempts),
        proofs=tuple(each for each in delivery.proofs if each.id not in proofs),
    )


def _known(order: Order, allocations: _Allocations) -> _Allocations:
    """The allocations without lines that are off the order by now."""
    if allocations is None:
        return None
    lines = {line.id for line in order.lines}
    return tuple(take for take in allocations if take.line_id in lines)
