"""What becomes of the word of drivers whose delivery was merged or cancelled away. [LW]"""

from typing import assert_never

from protocols.vocabulary import DeliveryId, DriverId
from server.domain.orders.delivery import Delivery, Gone
from server.domain.orders.delivery_events import (
    DeliveriesMerged,
    DeliveriesSet,
    DeliveryCancelled,
    DeliverySplit,
)
from server.domain.orders.groups import delivery_of
from server.domain.orders.state import Order

_MOST_GONE = 50


def remembered(
    order: Order, event: DeliverySplit | DeliveriesMerged | DeliveryCancelled | DeliveriesSet
) -> tuple[Gone, ...]:
    """Who had the deliveries that this event takes away, besides those that are away already."""
    there: set[DeliveryId] = set()
    match event:
        case DeliveriesMerged(into_id=into_id, merged=merged):
            leaving = merged
        case DeliveryCancelled(into_id=into_id, delivery=delivery):
            leaving = (delivery,)
        case DeliveriesSet(deliveries=deliveries):
            there = {each.id for each in deliveries}
            leaving = tuple(each for each in order.deliveries if each.id not in there)
            into_id = next((d.id for d in deliveries if d.allocations is None), deliveries[0].id)
        case DeliverySplit():
            return order.gone
        case _:
            assert_never(event)
    away = tuple(each for each in order.gone if each.id not in there)
    heirs = {each.into_id for each in away}
    known = (
        Gone(id=each.id, into_id=into_id, driver_ids=_hands(each))
        for each in leaving
        if _hands(each) or each.id in heirs
    )
    return (*away, *known)[-_MOST_GONE:]


def heir_of(order: Order, delivery_id: DeliveryId, driver_id: DriverId) -> Delivery | None:
    """The delivery that took over what this driver had under an id that is gone."""
    gone = {each.id: each for each in order.gone}
    first = gone.get(delivery_id)
    if first is None or driver_id not in first.driver_ids:
        return None
    into = first.into_id
    # What took over may have been taken over itself; an id that came again ends the search.
    for _ in range(len(gone)):
        if into not in gone or delivery_of(order, into) is not None:
            break
        into = gone[into].into_id
    return delivery_of(order, into)


def _hands(delivery: Delivery) -> tuple[DriverId, ...]:
    """The drivers who have had it."""
    now = () if delivery.driver_id is None else (delivery.driver_id,)
    return tuple(dict.fromkeys((*(each.driver_id for each in delivery.former), *now)))
