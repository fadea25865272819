"""The rule for raising an alarm when a driver does not acknowledge. [RT]"""

from protocols.rejections import NotFound
from protocols.struct import Struct
from protocols.vocabulary import AggregateId, DeliveryId, OrderId, Version
from server.domain.decision import Accepted, Refused
from server.domain.orders.delivery_events import StopEscalated
from server.domain.orders.groups import delivery_of
from server.domain.orders.merge import Decision
from server.domain.orders.receipt import is_waiting
from server.domain.orders.state import Order


class EscalateStop(Struct, frozen=True, kw_only=True):
    """Asked by the node's own clock, never by the wire: this news was not acknowledged in time."""

    order_id: OrderId
    delivery_id: DeliveryId
    version: Version


def decide_escalation(order: Order | None, command: EscalateStop) -> Decision:
    """Raise the alarm unless the driver, another edit or another node was faster. [RT]"""
    if order is None:
        return Refused(NotFound(aggregate_id=AggregateId(command.order_id)))
    delivery = delivery_of(order, command.delivery_id)
    # RT6
    if delivery is None or not order.open or not is_waiting(delivery):
        return Accepted()
    if delivery.receipt.told != command.version:
        return Accepted()
    return Accepted((StopEscalated(delivery_id=delivery.id, version=command.version),))
