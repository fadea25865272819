"""Which stops of a journal have news that nobody acknowledged, longest first. [ES]"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from collections.abc import Sequence as Series
from typing import NamedTuple

from protocols.vocabulary import DeliveryId, Instant, OrderId, Version
from server.application.images import Change, Images
from server.domain.orders.receipt import clock_from, is_waiting
from server.domain.orders.state import Order

_SLICE = 1_000
"""Orders looked at in one go: some 3 ms, of which no socket takes notice."""


class Waiting(NamedTuple):
    """One stop whose driver has not acknowledged what was told; sorts by its clock's start."""

    since: Instant
    order_id: OrderId
    delivery_id: DeliveryId
    version: Version


class Unacknowledged:
    """Listens to one journal. Knows only the orders it has looked at: see `look`."""

    def __init__(self, images: Images) -> None:
        """Know nothing yet of what these images hold."""
        self._images = images
        self._stops: list[Waiting] = []
        self._of: dict[OrderId, tuple[Waiting, ...]] = {}
        self._unseen: list[OrderId] = []
        self.reset()

    def applied(self, changes: Series[Change]) -> None:
        """Take in what these rows made of their orders."""
        for change in changes:
            if isinstance(change.after, Order):
                self._look(change.after)

    def reset(self) -> None:
        """Another history: forget everything and begin to look again."""
        self._stops.clear()
        self._of.clear()
        self._unseen = list(self._images.open_orders)

    def look(self) -> Iterator[None]:
        """Look at the orders that were there from the beginning; pauses after each slice."""
        while self._unseen:
            some, self._unseen = self._unseen[:_SLICE], self._unseen[_SLICE:]
            for order_id in some:
                order = self._images.open_orders.get(order_id)
                if order is not None:
                    self._look(order)
            yield

    def since(self, moment: Instant, most: int) -> list[Waiting]:
        """At most so many stops whose clock runs since that moment or longer, longest first."""
        found = []
        for stop in self._stops[:most]:
            if stop.since > moment:
                break
            found.append(stop)
        return found

    def _look(self, order: Order) -> None:
        was, now = self._of.get(order.id, ()), _waiting(order)
        if was == now:
            return
        for stop in was:
            del self._stops[bisect_left(self._stops, stop)]
        for stop in now:
            insort(self._stops, stop)
        if now:
            self._of[order.id] = now
        else:
            del self._of[order.id]


def _waiting(order: Order) -> tuple[Waiting, ...]:
    if not order.open:
        return ()
    return tuple(
        Waiting(clock_from(each), order.id, each.id, each.receipt.told)
        for each in order.deliveries
        if each.driver_id is not None and is_waiting(each)
    )
