"""The rules for the plain fields of a delivery: method, hub, tracking, address, time. [DL]"""

from typing import assert_never

from protocols.deliveries import (
    SetDeliveryAddress,
    SetHub,
    SetMethod,
    SetServiceTime,
    SetTracking,
)
from protocols.rejections import Problem
from protocols.vocabulary import AggregateId, HubId
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted, Refused
from server.domain.fleet import Hub
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import (
    DeliveryAddressChanged,
    DriverAssigned,
    HubChanged,
    MethodChanged,
    ServiceTimeChanged,
    TrackingChanged,
)
from server.domain.orders.delivery_groups import group
from server.domain.orders.groups import delivery_of, impossible, invalid
from server.domain.orders.located import located
from server.domain.orders.merge import Decision, Edit, merge
from server.domain.orders.state import Order
from server.domain.world import World

PlanCommand = SetMethod | SetHub | SetTracking | SetDeliveryAddress | SetServiceTime


def decide_plan(order: Order, command: PlanCommand, asked: Asked, world: World) -> Decision:
    """Decide one field of one delivery; edits of different fields merge. [DL]"""
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    # DL8: where a carrier's parcel is stays of interest after the goods have left
    if not (is_open(delivery) or isinstance(command, SetTracking)):
        return impossible(order, asked, Problem(field="stage", rule="closed_stage"))
    edit = _edit(order, delivery, command, asked, world)
    if isinstance(edit, Refused):
        return edit
    decision = merge(order, edit, asked, world)
    if isinstance(decision, Accepted) and decision.events and isinstance(command, SetMethod):
        return Accepted((*decision.events, *_recalled(delivery, command)), decision.warnings)
    return decision


def _edit(
    order: Order, delivery: Delivery, command: PlanCommand, asked: Asked, world: World
) -> Edit | Refused:
    named = delivery.id
    match command:
        case SetMethod():
            return _method(order, delivery, command, asked)
        case SetHub():
            return _hub(delivery, command, world)
        case SetTracking(tracking=tracking):
            tracked = TrackingChanged(delivery_id=named, tracking=tracking, was=delivery.tracking)
            return Edit({group("tracking", named): tracking}, (tracked,))
        case SetDeliveryAddress():
            return _address(delivery, command, world)
        case SetServiceTime(seconds=seconds):
            timed = ServiceTimeChanged(
                delivery_id=named, seconds=seconds, was=delivery.service_seconds
            )
            return Edit({group("service_time", named): seconds}, (timed,))
        case _:
            assert_never(command)


def _method(order: Order, delivery: Delivery, command: SetMethod, asked: Asked) -> Edit | Refused:
    # DL5
    if delivery.collected_at is not None and delivery.method != command.method:
        return impossible(order, asked, Problem(field="method", rule="under_way"))
    changed = MethodChanged(delivery_id=delivery.id, method=command.method, was=delivery.method)
    return Edit({group("method", delivery.id): command.method}, (changed,))


def _hub(delivery: Delivery, command: SetHub, world: World) -> Edit | Refused:
    hub_id = command.hub_id
    unknown = unknown_hub(hub_id, world)
    if unknown is not None:
        return unknown
    changed = HubChanged(delivery_id=delivery.id, hub_id=hub_id, was=delivery.hub_id)
    return Edit({group("hub", delivery.id): hub_id}, (changed,))


def unknown_hub(hub_id: HubId | None, world: World) -> Refused | None:
    """Refuse a hub that the tenant does not have. [DL]"""
    # DL9
    if hub_id is None or isinstance(world.aggregate(AggregateId(hub_id)), Hub):
        return None
    return invalid("hub_id", "unknown", hub_id)


def _address(delivery: Delivery, command: SetDeliveryAddress, world: World) -> Edit:
    address = command.address
    if address is not None:
        address = located(address, delivery.address, world)
    changed = DeliveryAddressChanged(delivery_id=delivery.id, address=address, was=delivery.address)
    return Edit({group("delivery_address", delivery.id): address}, (changed,), "address")


def _recalled(delivery: Delivery, command: SetMethod) -> tuple[DriverAssigned, ...]:
    """Nobody drives what goes another way. [DL]"""
    # DL10
    if command.method == "own_driver" or delivery.driver_id is None:
        return ()
    return (
        DriverAssigned(
            delivery_id=delivery.id,
            driver_id=None,
            was=delivery.driver_id,
            was_pinned=delivery.pinned,
            epoch=delivery.epoch + 1,
            was_rank=delivery.stop_rank,
        ),
    )
