"""The reverse of what dispatchers did to deliveries."""

from typing import assert_never

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
    """Splits, merges and cancellations go back as a whole; what came since is in `order`."""
    match event:
        case DeliveriesSet():
            return (DeliveriesSet(deliveries=event.was, was=order.deliveries),)
        case DeliverySplit() | DeliveriesMerged() | DeliveryCancelled():
            return None
        case _:
            assert_never(event)
