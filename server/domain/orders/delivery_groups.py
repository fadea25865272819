"""Field groups of deliveries: what each of their events touches."""

from typing import assert_never

from protocols.vocabulary import FieldGroup
from server.domain.orders.delivery_events import (
    ChangeProposed,
    ClaimFiled,
    ClaimSettled,
    DeliveriesMerged,
    DeliveriesSet,
    DeliveryAddressChanged,
    DeliveryCancelled,
    DeliveryCollected,
    DeliveryCompleted,
    DeliveryFailed,
    DeliveryReopened,
    DeliverySplit,
    DriverArrived,
    DriverAssigned,
    ExpenseReported,
    HubChanged,
    MethodChanged,
    PlanningEvent,
    ProofAdded,
    ProposalAnswered,
    ProposalWithdrawn,
    RoadEvent,
    ServiceTimeChanged,
    StopEscalated,
    StopMoved,
    StopReceived,
    TrackingChanged,
)

DELIVERIES = FieldGroup("deliveries")
"""Which deliveries there are and what each brings: contested as one by split, merge and cancel."""

_OF_ONE: dict[type[PlanningEvent | RoadEvent], str] = {
    DriverAssigned: "assignment",
    StopMoved: "stop",
    MethodChanged: "method",
    HubChanged: "hub",
    TrackingChanged: "tracking",
    DeliveryAddressChanged: "delivery_address",
    ServiceTimeChanged: "service_time",
    StopReceived: "receipt",
    StopEscalated: "receipt",
    DriverArrived: "progress",
    DeliveryCollected: "progress",
    DeliveryCompleted: "progress",
    DeliveryFailed: "progress",
    DeliveryReopened: "progress",
    ProofAdded: "proofs",
    ChangeProposed: "proposal",
    ProposalAnswered: "proposal",
    ProposalWithdrawn: "proposal",
}


def group(name: str, key: str) -> FieldGroup:
    """The group of one part of the order, such as `quantity:<line>`."""
    return FieldGroup(f"{name}:{key}")


def touched_delivery(event: PlanningEvent | RoadEvent) -> tuple[FieldGroup, ...]:
    """The groups an event of deliveries writes."""
    match event:
        case DeliverySplit() | DeliveriesMerged() | DeliveryCancelled() | DeliveriesSet():
            return (DELIVERIES,)
        case ExpenseReported():
            return (FieldGroup("expenses"),)
        case ClaimFiled() | ClaimSettled():
            return (FieldGroup("claims"),)
        case (
            DriverAssigned()
            | StopMoved()
            | MethodChanged()
            | HubChanged()
            | TrackingChanged()
            | DeliveryAddressChanged()
            | ServiceTimeChanged()
            | StopReceived()
            | StopEscalated()
            | DriverArrived()
            | DeliveryCollected()
            | DeliveryCompleted()
            | DeliveryFailed()
            | DeliveryReopened()
            | ProofAdded()
            | ChangeProposed()
            | ProposalAnswered()
            | ProposalWithdrawn()
        ):
            return (group(_OF_ONE[type(event)], event.delivery_id),)
        case _:
            assert_never(event)
