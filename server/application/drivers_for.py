"""Who could bring a delivery, and why not the others: for the picker of drivers. [PL]"""

from protocols.rejections import Forbidden, NotFound
from protocols.vocabulary import AggregateId, DeliveryId, OrderId
from server.application.node import Node
from server.application.situations import Whereabouts, situation_of
from server.domain.actor import Actor
from server.domain.dispatch.candidates import Judgement, judge
from server.domain.dispatch.errands import errand_of
from server.domain.orders.groups import delivery_of


class DriversFor:
    """Answers from the tenant of the asker. What is over, foreign or unknown is not found."""

    def __init__(self, node: Node, whereabouts: Whereabouts) -> None:
        """Read from this node."""
        self._node = node
        self._whereabouts = whereabouts

    async def judged(
        self, actor: Actor, order_id: OrderId, delivery_id: DeliveryId
    ) -> tuple[Judgement, ...] | Forbidden | NotFound:
        """Every driver of the tenant, available ones first, then the nearest."""
        if not actor.may("driver.assign"):
            return Forbidden(permission="driver.assign")
        images = await self._node.images(actor.tenant_id)
        order = images.order(order_id)
        delivery = delivery_of(order, delivery_id) if order is not None else None
        if order is None or order.deleted or delivery is None:
            return NotFound(aggregate_id=AggregateId(order_id))
        positions = self._whereabouts.positions(actor.tenant_id)
        found = await situation_of(images, self._node.clock.now(), positions, with_free=False)
        errand = errand_of(order, delivery, found.settings)
        candidates = [found.candidate(driver, errand) for driver in found.drivers]
        return judge(errand, candidates, found.zones, found.now, found.zone)
