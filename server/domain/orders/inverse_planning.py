"""The reverse of what dispatchers did to deliveries."""

from typing import assert_never

from msgspec.structs import replace

from protocols.values import Take
from protocols.vocabulary import DeliveryId
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
from server.domain.orders.evolve_planning import former_of
from server.domain.orders.groups import delivery_of
from server.domain.orders.state import Order

Reverse = tuple[PlanningEvent, ...]

_Shaping = DeliverySplit | DeliveriesMerged | DeliveryCancelled | DeliveriesSet


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
            if event.was is None:
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
    """Splits, merges and cancellations go back as a whole, as long as no goods have left. [UN]"""
    if any(each.collected_at is not None for each in order.deliveries):
        return None
    match event:
        case DeliveriesSet():
            deliveries = event.was
        case DeliverySplit():
            deliveries = tuple(
                replace(each, allocations=event.was) if each.id == event.from_id else each
                for each in order.deliveries
                if each.id != event.new.id
            )
        case DeliveriesMerged():
            deliveries = _apart(order, event.into_id, event.was, event.merged)
        case DeliveryCancelled():
            deliveries = _apart(order, event.into_id, event.was, (event.delivery,))
        case _:
            assert_never(event)
    return (DeliveriesSet(deliveries=deliveries, was=order.deliveries),)


def _apart(
    order: Order,
    into_id: DeliveryId,
    was: tuple[Take, ...] | None,
    back: tuple[Delivery, ...],
) -> tuple[Delivery, ...]:
    """What was merged away is there again, with newer epochs and without a driver. [UN]"""
    kept = (
        replace(each, allocations=was) if each.id == into_id else each for each in order.deliveries
    )
    # UN8: whoever had them was told that they are gone
    returned = (
        replace(each, driver_id=None, stop_rank=None, epoch=each.epoch + 1, former=former_of(each))
        for each in back
    )
    return tuple(sorted((*kept, *returned), key=lambda each: each.position))
