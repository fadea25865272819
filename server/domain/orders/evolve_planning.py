"""What dispatchers did to the deliveries of an order becomes what they are."""

from typing import Any, assert_never

from msgspec.structs import replace

from protocols.vocabulary import DeliveryId
from server.domain.orders.delivery import Delivery, Former, Receipt
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
from server.domain.orders.gone import remembered
from server.domain.orders.state import Order

Fields = dict[str, Any]

_FORMER = 20
"""Drivers remembered per delivery: whoever had it longer ago has sent what they had to say."""

_Shaping = DeliverySplit | DeliveriesMerged | DeliveryCancelled | DeliveriesSet


def planned(order: Order, event: PlanningEvent) -> Fields:
    """The order's fields that the event changes. Total: every recorded event applies."""
    if isinstance(event, _Shaping):
        return {"deliveries": _shaped(order, event), "gone": remembered(order, event)}
    if isinstance(event, DriverAssigned):
        return {"deliveries": tuple(_assigned(each, event) for each in order.deliveries)}
    return on_delivery(order, event.delivery_id, **_given(event))


def on_delivery(order: Order, delivery_id: DeliveryId, **fields: object) -> Fields:
    """The order's deliveries, one of them with these fields."""
    return {
        "deliveries": tuple(
            replace(each, **fields) if each.id == delivery_id else each for each in order.deliveries
        )
    }


def recalled(delivery: Delivery) -> Delivery:
    """The delivery in nobody's hands; whoever had it is remembered and fenced."""
    if delivery.driver_id is None:
        return delivery
    return replace(
        delivery,
        driver_id=None,
        call_sign="",
        stop_rank=None,
        pinned=False,
        epoch=delivery.epoch + 1,
        former=former_of(delivery),
        receipt=Receipt(),
        arrived_at=None,
    )


def former_of(delivery: Delivery) -> tuple[Former, ...]:
    """Who had a delivery once it is in other hands than now."""
    if delivery.driver_id is None:
        return delivery.former
    had = Former(driver_id=delivery.driver_id, epoch=delivery.epoch)
    return (*delivery.former, had)[-_FORMER:]


def _given(
    event: StopMoved
    | MethodChanged
    | HubChanged
    | TrackingChanged
    | DeliveryAddressChanged
    | ServiceTimeChanged,
) -> Fields:
    match event:
        case StopMoved():
            return {"stop_rank": event.stop_rank}
        case MethodChanged():
            return {"method": event.method}
        case HubChanged():
            return {"hub_id": event.hub_id}
        case TrackingChanged():
            return {"tracking": event.tracking}
        case DeliveryAddressChanged():
            return {"address": event.address}
        case ServiceTimeChanged():
            return {"service_seconds": event.seconds}
        case _:
            assert_never(event)


def _assigned(delivery: Delivery, event: DriverAssigned) -> Delivery:
    if delivery.id != event.delivery_id:
        return delivery
    given = replace(
        delivery,
        driver_id=event.driver_id,
        call_sign=event.call_sign,
        stop_rank=event.stop_rank,
        assigned_by=event.assigned_by,
        pinned=event.pinned,
        epoch=event.epoch,
    )
    if event.driver_id == delivery.driver_id:
        return given
    # Another driver knows nothing of it, and is not at the door.
    return replace(given, former=former_of(delivery), receipt=Receipt(), arrived_at=None)


def _shaped(order: Order, event: _Shaping) -> tuple[Delivery, ...]:
    match event:
        case DeliverySplit():
            return _split(order, event)
        case DeliveriesMerged(merged=merged):
            leaving = merged
        case DeliveryCancelled(delivery=delivery):
            leaving = (delivery,)
        case DeliveriesSet():
            return event.deliveries
        case _:
            assert_never(event)
    gone = {each.id for each in leaving}
    return tuple(
        replace(_with_history(each, leaving), allocations=event.allocations)
        if each.id == event.into_id
        else each
        for each in order.deliveries
        if each.id not in gone
    )


def _with_history(delivery: Delivery, others: tuple[Delivery, ...]) -> Delivery:
    """The delivery with what was tried and proven of those it takes over."""
    return replace(
        delivery,
        attempts=delivery.attempts + tuple(a for each in others for a in each.attempts),
        proofs=delivery.proofs + tuple(p for each in others for p in each.proofs),
    )


def _split(order: Order, event: DeliverySplit) -> tuple[Delivery, ...]:
    """The original keeps what was not taken; one without allocations simply has less of a rest."""
    taken = {take.line_id: take.quantity for take in event.new.allocations or ()}
    kept = []
    for each in order.deliveries:
        if each.id != event.from_id or each.allocations is None:
            kept.append(each)
            continue
        left = tuple(
            replace(take, quantity=take.quantity - taken.get(take.line_id, 0))
            for take in each.allocations
            if take.quantity > taken.get(take.line_id, 0)
        )
        kept.append(replace(each, allocations=left))
    return (*kept, event.new)
