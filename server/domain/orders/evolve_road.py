"""What happened to deliveries on the road becomes what they are."""

from typing import Any, assert_never

from msgspec.structs import replace

from protocols.vocabulary import Category, Instant
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import (
    ChangeProposed,
    ClaimFiled,
    ClaimSettled,
    DeliveryCollected,
    DeliveryCompleted,
    DeliveryFailed,
    DeliveryReopened,
    DriverArrived,
    ExpenseReported,
    ProofAdded,
    ProposalAnswered,
    ProposalWithdrawn,
    RoadEvent,
    StopEscalated,
    StopReceived,
)
from server.domain.orders.evolve_planning import former_of, on_delivery
from server.domain.orders.groups import delivery_of
from server.domain.orders.receipt import received
from server.domain.orders.state import Order

Fields = dict[str, Any]

_OnDelivery = (
    StopReceived
    | StopEscalated
    | DeliveryCollected
    | DriverArrived
    | DeliveryCompleted
    | DeliveryFailed
    | DeliveryReopened
    | ProofAdded
    | ChangeProposed
    | ProposalAnswered
    | ProposalWithdrawn
)


def travelled(order: Order, event: RoadEvent) -> Fields:
    """The order's fields that the event changes. Total: every recorded event applies."""
    match event:
        case ExpenseReported():
            return {"expenses": (*order.expenses, event.expense)}
        case ClaimFiled():
            return {"claims": (*order.claims, event.claim)}
        case ClaimSettled():
            return {"claims": tuple(each for each in order.claims if each.id != event.claim_id)}
        case _:
            delivery = delivery_of(order, event.delivery_id)
            if delivery is None:
                return {}
            return on_delivery(order, delivery.id, **_changed(delivery, event))


def _changed(delivery: Delivery, event: _OnDelivery) -> Fields:
    match event:
        case StopReceived():
            return {"receipt": received(delivery.receipt, event)}
        case StopEscalated():
            return {"receipt": replace(delivery.receipt, escalated=event.version)}
        case ProofAdded():
            return {"proofs": (*delivery.proofs, event.proof)}
        case ChangeProposed():
            return {"proposal": event.proposal}
        case ProposalAnswered() | ProposalWithdrawn():
            return {"proposal": None}
        case DriverArrived():
            return {"arrived_at": event.at}
        case DeliveryCollected() | DeliveryCompleted() | DeliveryFailed() | DeliveryReopened():
            return _progressed(delivery, event)
        case _:
            assert_never(event)


def _progressed(
    delivery: Delivery,
    event: DeliveryCollected | DeliveryCompleted | DeliveryFailed | DeliveryReopened,
) -> Fields:
    match event:
        case DeliveryCollected():
            return {
                "category": "in_transit",
                "collected_at": event.at,
                "allocations": event.allocations,
            }
        case DeliveryCompleted():
            return {
                **_over("done", event.at),
                "handed": event.handed,
                "seen": event.seen,
                "proofs": (*delivery.proofs, *event.proofs),
                "cash": event.cash,
            }
        case DeliveryFailed():
            return {
                **_over("failed", event.attempt.at),
                "attempts": (*delivery.attempts, event.attempt),
                "proofs": (*delivery.proofs, *event.proofs),
            }
        case DeliveryReopened():
            return {
                "category": event.category,
                "epoch": event.epoch,
                "former": former_of(delivery),
                "driver_id": None,
                "stop_rank": None,
                "collected_at": None,
                "arrived_at": None,
                "closed_at": None,
            }
        case _:
            assert_never(event)


def _over(category: Category, at: Instant) -> Fields:
    return {"category": category, "closed_at": at, "proposal": None}
