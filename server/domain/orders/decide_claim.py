"""The rule for deciding what a driver said and the order did not allow. [CM]"""

from itertools import count
from typing import assert_never

from protocols.deliveries import SettleClaim
from protocols.values import Attempt, Handed
from protocols.vocabulary import DeliveryId, FailReason, Version
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted
from server.domain.orders.allocation import brought, takes
from server.domain.orders.delivery import Claim, Delivery, Seen
from server.domain.orders.delivery_events import (
    ClaimSettled,
    DeliveryCollected,
    DeliveryCompleted,
    DeliveryFailed,
    DriverArrived,
    DriverAssigned,
)
from server.domain.orders.events import OrderEvent
from server.domain.orders.evolve import evolve
from server.domain.orders.gone import heir_of
from server.domain.orders.groups import delivery_of, invalid
from server.domain.orders.hand_over import missing_of, rest_of
from server.domain.orders.merge import Decision
from server.domain.orders.rollup import Blocked, roll_up
from server.domain.orders.state import Order
from server.domain.world import World

_REASONS: dict[str, FailReason] = {
    "nobody_home": "nobody_home",
    "refused": "refused",
    "wrong_address": "wrong_address",
    "no_access": "no_access",
    "closed": "closed",
    "damaged": "damaged",
}


def decide_claim(order: Order, command: SettleClaim, asked: Asked, world: World) -> Decision:
    """Decide a claim: the driver is believed, and the order follows, or it is only noted."""
    claim = next((each for each in order.claims if each.id == command.claim_id), None)
    # CM1: a colleague has decided, or it never was
    if claim is None:
        return invalid("claim_id", "gone", command.claim_id)
    settled = ClaimSettled(
        claim_id=claim.id, claim=claim, accepted=command.accept, note=command.note
    )
    if not command.accept:
        return Accepted((settled,))
    # CM2
    delivery = delivery_of(order, claim.delivery_id) or heir_of(
        order, claim.delivery_id, claim.driver_id
    )
    if delivery is None:
        return invalid("delivery_id", "gone", claim.delivery_id)
    # CM4
    if delivery.handed is not None:
        if _is_known(delivery, claim):
            return Accepted((settled,))
        return invalid("claim_id", "handed_over", delivery.id)
    events: tuple[OrderEvent, ...] = (settled, *_believed(order, delivery, claim))
    after = evolve(order, events, asked.touch(Version(order.version + 1)))
    rolled = roll_up(after, asked, world)
    # CM3: the person has decided about the goods; the card waits where the workflow holds it
    if isinstance(rolled, Blocked):
        return Accepted(events, ("stage_stays",))
    return Accepted((*events, *rolled.events), rolled.warnings)


def _is_known(delivery: Delivery, claim: Claim) -> bool:
    """Whether who handed it over only says how it came to that."""
    return delivery.driver_id == claim.driver_id and claim.fact in {"collected", "arrived"}


def _believed(order: Order, delivery: Delivery, claim: Claim) -> tuple[OrderEvent, ...]:
    """The driver had it after all, and what they said happened."""
    taken: tuple[OrderEvent, ...] = ()
    if delivery.driver_id != claim.driver_id:
        taken = (
            DriverAssigned(
                delivery_id=delivery.id,
                driver_id=claim.driver_id,
                was=delivery.driver_id,
                was_pinned=delivery.pinned,
                epoch=delivery.epoch + 1,
                was_rank=delivery.stop_rank,
                stop_rank=delivery.stop_rank,
                call_sign="",
            ),
        )
    collected: tuple[OrderEvent, ...] = ()
    if delivery.collected_at is None and claim.fact != "failed":
        collected = (
            DeliveryCollected(
                delivery_id=delivery.id,
                driver_id=claim.driver_id,
                at=claim.at,
                allocations=takes(brought(order, delivery)),
            ),
        )
    return (*taken, *collected, *_facts(order, delivery, claim))


def _facts(order: Order, delivery: Delivery, claim: Claim) -> tuple[OrderEvent, ...]:
    match claim.fact:
        case "collected":
            return ()
        case "arrived":
            arrived = DriverArrived(delivery_id=delivery.id, driver_id=claim.driver_id, at=claim.at)
            return (arrived,)
        case "delivered":
            return _delivered(order, delivery, claim)
        case "failed":
            attempt = Attempt(
                at=claim.at,
                by_name=claim.driver_name,
                reason=_REASONS.get(claim.reason, "other"),
                note=claim.note,
            )
            failed = DeliveryFailed(
                delivery_id=delivery.id,
                driver_id=claim.driver_id,
                attempt=attempt,
                proofs=claim.proofs,
            )
            return (failed,)
        case _:
            assert_never(claim.fact)


def _delivered(order: Order, delivery: Delivery, claim: Claim) -> tuple[OrderEvent, ...]:
    """What the customer took; what they did not is a delivery that somebody has to plan."""
    brings = brought(order, delivery)
    everything = tuple(Handed(line_id=i, quantity=n) for i, n in brings.items())
    handed = tuple(each for each in claim.handed if each.quantity) or everything
    done = DeliveryCompleted(
        delivery_id=delivery.id,
        driver_id=claim.driver_id,
        at=claim.at,
        handed=handed,
        seen=claim.seen or Seen(version=order.version, lines=()),
        proofs=claim.proofs,
        cash=claim.cash,
        reason=claim.reason,
    )
    missing = missing_of(brings, {each.line_id: each.quantity for each in handed})
    # LW3: what was handed over or cancelled before has nothing left to be planned
    if not missing or not (is_open(delivery) or delivery.category == "failed"):
        return (done,)
    return (rest_of(order, delivery, _free_id(order, delivery), missing), done)


def _free_id(order: Order, delivery: Delivery) -> DeliveryId:
    """An id that no delivery of the order has; the driver's own may be long taken."""
    names = (DeliveryId(f"{delivery.id[:40]}-rest-{n}") for n in count(order.version + 1))
    return next(name for name in names if delivery_of(order, name) is None)
