"""The rules for collecting, arriving, delivering and failing: believed, disputed or refused."""

from typing import assert_never

from protocols.facts import ArriveDelivery, CollectDelivery, CompleteDelivery, FailDelivery
from protocols.rejections import GateFailed, Problem, Superseded
from protocols.values import Attempt
from protocols.vocabulary import ClaimId, FactKind, Minor, Version
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted, Refused
from server.domain.orders.allocation import brought, takes
from server.domain.orders.delivery import Claim, Delivery
from server.domain.orders.delivery_events import (
    ClaimFiled,
    DeliveryCollected,
    DeliveryFailed,
    DriverArrived,
)
from server.domain.orders.events import OrderEvent
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import impossible, invalid
from server.domain.orders.hand_over import handed_over, seen_by_customer
from server.domain.orders.merge import Decision
from server.domain.orders.rollup import Blocked, roll_up
from server.domain.orders.state import Order
from server.domain.world import World

Happening = CollectDelivery | ArriveDelivery | CompleteDelivery | FailDelivery

_MOST_CLAIMS = 50


def decide_happened(
    order: Order, delivery: Delivery, command: Happening, asked: Asked, world: World
) -> Decision:
    """Decide whether the order follows what its driver said. A late one is kept, not lost. [FA]"""
    driver_id = asked.actor.driver_id
    assert driver_id is not None, "decide_fact lets drivers through only"
    if _is_so(delivery, command, asked):
        return Accepted()
    fenced = delivery.driver_id != driver_id or any(
        each.epoch >= command.epoch for each in delivery.former
    )
    # FA5
    if fenced:
        if not asked.fact:
            return Refused(Superseded(epoch=delivery.epoch))
        return claimed(order, delivery, command, asked, "superseded")
    # FA6
    if not order.open or not is_open(delivery):
        if not asked.fact:
            return impossible(order, asked, Problem(field="stage", rule="closed_stage"))
        return claimed(order, delivery, command, asked, "closed")
    events = _events(order, delivery, command, asked)
    if isinstance(events, Refused):
        # LW1: the order changed while the customer took what was in the vehicle
        if asked.fact and isinstance(command, CompleteDelivery) and _something(command):
            return claimed(order, delivery, command, asked, "quantities")
        return events
    return follow(order, delivery, command, events, asked, world)


def follow(
    order: Order,
    delivery: Delivery,
    command: Happening,
    events: tuple[OrderEvent, ...],
    asked: Asked,
    world: World,
) -> Decision:
    """Accept the fact with the steps the order takes because of it, if the workflow lets it."""
    after = evolve(order, events, asked.touch(Version(order.version + 1)))
    rolled = roll_up(after, asked, world)
    if not isinstance(rolled, Blocked):
        return Accepted((*events, *rolled.events), rolled.warnings)
    # FA7
    if not asked.fact:
        return Refused(GateFailed(gates=rolled.gates))
    return claimed(order, delivery, command, asked, rolled.gates[0].gate)


def _is_so(delivery: Delivery, command: Happening, asked: Asked) -> bool:
    """Whether the same driver has said so before: twice tapped is once done. [FA]"""
    if delivery.driver_id != asked.actor.driver_id:
        return False
    # FA8
    match command:
        case CollectDelivery():
            return delivery.collected_at is not None
        case ArriveDelivery():
            return delivery.arrived_at is not None
        case CompleteDelivery():
            return delivery.category == "done" and delivery.handed is not None
        case FailDelivery():
            return delivery.category == "failed" and bool(delivery.attempts)
        case _:
            assert_never(command)


def _events(
    order: Order, delivery: Delivery, command: Happening, asked: Asked
) -> tuple[OrderEvent, ...] | Refused:
    driver_id = asked.actor.driver_id
    assert driver_id is not None, "decide_fact lets drivers through only"
    collected = collected_first(order, delivery, command, asked)
    match command:
        case CollectDelivery():
            return collected
        case ArriveDelivery():
            return (DriverArrived(delivery_id=delivery.id, driver_id=driver_id, at=command.at),)
        case CompleteDelivery():
            stamp = asked.touch(Version(order.version + 1))
            now = evolve(order, collected, stamp) if collected else order
            done = handed_over(now, delivery.id, command, driver_id)
            return done if isinstance(done, Refused) else (*collected, *done)
        case FailDelivery():
            if command.reason == "other" and not command.note.strip():
                return invalid("note", "required")
            attempt = Attempt(
                at=command.at,
                by_name=asked.actor.name,
                reason=command.reason,
                note=command.note,
            )
            failed = DeliveryFailed(
                delivery_id=delivery.id,
                driver_id=driver_id,
                attempt=attempt,
                proofs=command.proofs,
            )
            return (failed,)
        case _:
            assert_never(command)


def _something(command: CompleteDelivery) -> bool:
    return any(each.quantity for each in command.handed)


def collected_first(
    order: Order, delivery: Delivery, command: Happening, asked: Asked
) -> tuple[DeliveryCollected, ...]:
    """Collecting, unless it was said before: who hands over has had the goods. [FA]"""
    # FA9
    if delivery.collected_at is not None or delivery.driver_id is None:
        return ()
    return (
        DeliveryCollected(
            delivery_id=delivery.id,
            driver_id=asked.actor.driver_id or delivery.driver_id,
            at=command.at,
            allocations=takes(brought(order, delivery)),
            scans=command.scans if isinstance(command, CollectDelivery) else (),
        ),
    )


_KINDS: dict[type[Happening], FactKind] = {
    CollectDelivery: "collected",
    ArriveDelivery: "arrived",
    CompleteDelivery: "delivered",
    FailDelivery: "failed",
}


def claimed(
    order: Order, delivery: Delivery, command: Happening, asked: Asked, cause: str
) -> Decision:
    """Keep what the driver said, with its proofs, until somebody decides. [FA]

    `cause` is why it was not simply so: `superseded`, `closed`, `merged`, `quantities`, or a gate.
    """
    driver_id = asked.actor.driver_id
    assert driver_id is not None, "decide_fact lets drivers through only"
    fact = _KINDS[type(command)]
    twin = (delivery.id, driver_id, fact, command.epoch)
    # FA10
    if any((c.delivery_id, c.driver_id, c.fact, c.epoch) == twin for c in order.claims):
        return Accepted()
    if len(order.claims) >= _MOST_CLAIMS:
        return invalid("claims", "count_limit", _MOST_CLAIMS)
    completed = command if isinstance(command, CompleteDelivery) else None
    failed = command if isinstance(command, FailDelivery) else None
    claim = Claim(
        id=ClaimId(f"claim-{order.version + 1}"),
        delivery_id=delivery.id,
        driver_id=driver_id,
        driver_name=asked.actor.name,
        epoch=command.epoch,
        fact=fact,
        at=command.at,
        received_at=asked.now,
        cause=cause,
        handed=completed.handed if completed else (),
        seen=seen_by_customer(order, completed) if completed else None,
        proofs=completed.proofs if completed else failed.proofs if failed else (),
        cash=Minor(completed.cash) if completed and completed.cash is not None else None,
        reason=completed.reason if completed else failed.reason if failed else "",
        note=failed.note if failed else "",
    )
    return Accepted((ClaimFiled(claim=claim),), ("claim_filed",))
