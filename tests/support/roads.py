"""An order in a driver's hands, and what its driver says."""

from typing import Any

from protocols.deliveries import AssignDriver
from protocols.facts import (
    AcknowledgeStop,
    ArriveDelivery,
    CollectDelivery,
    CompleteDelivery,
    FailDelivery,
)
from protocols.values import Handed, Proof
from protocols.vocabulary import (
    DeliveryId,
    DriverId,
    LineId,
    OrderId,
    PersonId,
    ProofId,
    Rank,
    Version,
)
from server.domain.actor import Actor
from server.domain.asked import Asked
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery import Delivery
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Order
from server.domain.roles import permissions
from tests.support.builders import (
    NOW,
    DictWorld,
    a_delivery,
    a_line,
    a_world,
    an_order,
    asked,
    at_stage,
)

ORDER, DELIVERY = OrderId("ord-1"), DeliveryId("del-1")
TABLE, CHAIR = LineId("line-1"), LineId("line-2")
ANA, TOM = DriverId("ana"), DriverId("tom")


def a_driver_actor(driver_id: DriverId = ANA) -> Actor:
    """A driver's phone."""
    return Actor(
        tenant_id=asked().actor.tenant_id,
        id=PersonId(driver_id),
        name=driver_id.title(),
        roles=("driver",),
        permissions=permissions(("driver",), "open-S2"),
        driver_id=driver_id,
    )


def by_driver(driver_id: DriverId = ANA, *, offline: bool = False) -> Asked:
    """A fact asked by this driver."""
    return asked(a_driver_actor(driver_id), fact=offline)


def carried(*, stage: str = "ready", epoch: int = 1, **fields: Any) -> Order:
    """Two tables and six chairs in the ready stage, given to Ana, who knows of it."""
    delivery = a_delivery(driver_id=ANA, epoch=epoch, stop_rank=Rank("a0"), **fields)
    lines = (a_line(), a_line("line-2", name="Chair", quantity=6))
    order = an_order(lines=lines, deliveries=(delivery,))
    return at_stage(order, stage, "ready" if stage == "ready" else "in_transit")


def step(
    order: Order, command: Any, how: Asked | None = None, world: DictWorld | None = None
) -> Order:
    """The order after a command that must be accepted."""
    how = how or asked()
    around = world or a_world(order)
    around.put(order)
    decision = decide(order, command, how, around)
    assert isinstance(decision, Accepted), decision
    if not decision.events:
        return order
    return evolve(order, decision.events, how.touch(Version(order.version + 1)))


def the(order: Order, delivery_id: str = "del-1") -> Delivery:
    """One delivery."""
    return next(each for each in order.deliveries if each.id == delivery_id)


def acknowledged(order: Order, version: int | None = None, **fields: Any) -> AcknowledgeStop:
    """Ana has read everything."""
    given: dict[str, Any] = {
        "order_id": ORDER,
        "delivery_id": DELIVERY,
        "epoch": the(order).epoch,
        "version": Version(order.version if version is None else version),
        "receipt": "acknowledged",
        "at": NOW,
    }
    return AcknowledgeStop(**(given | fields))


def collect(epoch: int = 1) -> CollectDelivery:
    """The goods are in the vehicle."""
    return CollectDelivery(order_id=ORDER, delivery_id=DELIVERY, epoch=epoch, at=NOW)


def arrive(epoch: int = 1) -> ArriveDelivery:
    """At the door."""
    return ArriveDelivery(order_id=ORDER, delivery_id=DELIVERY, epoch=epoch, at=NOW)


def complete(tables: int = 2, chairs: int = 6, **fields: Any) -> CompleteDelivery:
    """So many were handed over, and somebody signed."""
    given: dict[str, Any] = {
        "order_id": ORDER,
        "delivery_id": DELIVERY,
        "epoch": 1,
        "at": NOW,
        "shown_version": Version(1),
        "handed": (
            Handed(line_id=TABLE, quantity=tables),
            Handed(line_id=CHAIR, quantity=chairs),
        ),
        "proofs": (Proof(id=ProofId("proof-1"), kind="signature", at=NOW),),
    }
    return CompleteDelivery(**(given | fields))


def fail(epoch: int = 1, **fields: Any) -> FailDelivery:
    """Nobody was there."""
    given: dict[str, Any] = {
        "order_id": ORDER,
        "delivery_id": DELIVERY,
        "epoch": epoch,
        "at": NOW,
        "reason": "nobody_home",
    }
    return FailDelivery(**(given | fields))


def in_vehicle() -> Order:
    """Ana has collected; the order is in transit."""
    return step(carried(), collect(), by_driver())


def given_to_tom(order: Order) -> Order:
    """The office has given the delivery to Tom."""
    give = AssignDriver(order_id=ORDER, from_driver=ANA, to_driver=TOM, delivery_id=DELIVERY)
    return step(order, give)
