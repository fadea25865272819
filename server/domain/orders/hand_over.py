"""The rules for handing goods over: all of them, or a part and a delivery for the rest. [FA]"""

from protocols.facts import CompleteDelivery
from protocols.values import Handed, Take
from protocols.vocabulary import DeliveryId, DriverId, LineId, Minor
from server.domain.decision import Refused
from server.domain.orders.allocation import brought
from server.domain.orders.delivery import Delivery, Seen, SeenLine
from server.domain.orders.delivery_events import DeliveryCompleted, DeliverySplit
from server.domain.orders.groups import delivery_of, invalid
from server.domain.orders.state import Order


def handed_over(
    order: Order, delivery_id: DeliveryId, command: CompleteDelivery, driver_id: DriverId
) -> tuple[DeliverySplit | DeliveryCompleted, ...] | Refused:
    """What has happened at the door. `order` is as of collecting, so quantities are fixed."""
    delivery = delivery_of(order, delivery_id)
    assert delivery is not None, "decide_fact found it"
    brings = brought(order, delivery)
    handed = {each.line_id: each.quantity for each in command.handed}
    wrong = _wrong(brings, handed)
    if wrong is not None:
        return wrong
    missing = missing_of(brings, handed)
    done = DeliveryCompleted(
        delivery_id=delivery.id,
        driver_id=driver_id,
        at=command.at,
        handed=tuple(Handed(line_id=i, quantity=n) for i, n in handed.items() if n > 0),
        seen=seen_by_customer(order, command),
        proofs=command.proofs,
        cash=None if command.cash is None else Minor(command.cash),
        reason=command.reason,
    )
    if not missing:
        return (done,)
    # FA11
    if not command.reason.strip():
        return invalid("reason", "required")
    if command.rest_id is None:
        return invalid("rest_id", "required")
    if delivery_of(order, command.rest_id) is not None:
        return invalid("rest_id", "exists", command.rest_id)
    return (rest_of(order, delivery, command.rest_id, missing), done)


def missing_of(brings: dict[LineId, int], handed: dict[LineId, int]) -> dict[LineId, int]:
    """What was brought and not handed over."""
    missing = {line_id: n - handed.get(line_id, 0) for line_id, n in brings.items()}
    return {line_id: n for line_id, n in missing.items() if n > 0}


def _wrong(brings: dict[LineId, int], handed: dict[LineId, int]) -> Refused | None:
    # FA12
    for line_id, quantity in handed.items():
        if quantity > brings.get(line_id, 0):
            return invalid(f"handed:{line_id}", "too_many", brings.get(line_id, 0))
    if not any(handed.values()):
        return invalid("handed", "nothing")
    return None


def rest_of(
    order: Order, delivery: Delivery, rest_id: DeliveryId, missing: dict[LineId, int]
) -> DeliverySplit:
    """What was not handed over becomes a delivery of its own, for somebody to plan."""
    new = Delivery(
        id=rest_id,
        position=max(each.position for each in order.deliveries) + 1,
        method=delivery.method,
        category="ready",
        allocations=tuple(Take(line_id=i, quantity=n) for i, n in missing.items()),
        address=delivery.address,
        hub_id=delivery.hub_id,
    )
    return DeliverySplit(from_id=delivery.id, new=new, was=delivery.allocations)


def seen_by_customer(order: Order, command: CompleteDelivery) -> Seen:
    """What the customer saw and signed: the version on the screen, and the lines there. [FA]"""
    # FA13
    names = {line.id: line.name for line in order.lines}
    return Seen(
        version=command.shown_version,
        lines=tuple(
            SeenLine(line_id=each.line_id, name=names.get(each.line_id, ""), quantity=each.quantity)
            for each in command.handed
        ),
    )
