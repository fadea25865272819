"""Commands about the two tables and six chairs of `roads`, and how they are undone."""

from typing import Any

from protocols.commands import AddLines, NewLine, RemoveLine, SetQuantity
from protocols.deliveries import AssignDriver, CancelDelivery, MergeDeliveries, SplitDelivery
from protocols.values import Take
from protocols.vocabulary import DeliveryId, DriverId, LineId, Number, Version
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide import decide
from server.domain.orders.events import OrderEvent
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Order
from server.domain.orders.undo import decide_undo
from tests.support.builders import DictWorld, a_world, accepted, asked
from tests.support.roads import CHAIR, DELIVERY, ORDER, TABLE, step

SECOND, THIRD = DeliveryId("del-2"), DeliveryId("del-3")


def seen(order: Order) -> Asked:
    """By somebody who sees the order as it is."""
    return asked(base_version=order.version)


def split(new: DeliveryId = SECOND, delivery: DeliveryId = DELIVERY, **given: Any) -> SplitDelivery:
    """So many tables and chairs into a new delivery."""
    lines = {"tables": TABLE, "chairs": CHAIR}
    take = tuple(Take(line_id=lines[n], quantity=given.pop(n)) for n in lines if n in given)
    return SplitDelivery(order_id=ORDER, delivery_id=delivery, new_id=new, take=take, **given)


def merge(into: DeliveryId, *gone: DeliveryId) -> MergeDeliveries:
    """These into that one."""
    return MergeDeliveries(order_id=ORDER, into_id=into, from_ids=gone)


def dropped(delivery: DeliveryId) -> CancelDelivery:
    """This delivery less."""
    return CancelDelivery(order_id=ORDER, delivery_id=delivery, reason="Together")


def chairs(quantity: int) -> SetQuantity:
    """So many chairs."""
    return SetQuantity(order_id=ORDER, line_id=CHAIR, quantity=quantity)


def no_chairs() -> RemoveLine:
    """No chairs at all."""
    return RemoveLine(order_id=ORDER, line_id=CHAIR)


def lamps(quantity: int = 3, line: str = "line-3") -> AddLines:
    """Some lamps besides."""
    new = NewLine(line_id=LineId(line), name="Lamp", quantity=quantity, unit_price=100)
    return AddLines(order_id=ORDER, lines=[new])


def give(
    to: DriverId | None, delivery: DeliveryId | None = SECOND, was: DriverId | None = None
) -> AssignDriver:
    """A delivery to a driver."""
    return AssignDriver(order_id=ORDER, from_driver=was, to_driver=to, delivery_id=delivery)


def then(order: Order, *commands: Any) -> Order:
    """The order after commands by somebody who always looks."""
    for command in commands:
        order = step(order, command, seen(order))
    return order


class Done:
    """A command that was accepted: the order after it, and how to take it back."""

    def __init__(self, order: Order, command: Any, world: DictWorld | None = None) -> None:
        """Have it decided by somebody who looks."""
        around = world or a_world(order)
        self._happened(order, accepted(decide(order, command, seen(order), around)))

    def _happened(self, order: Order, events: tuple[OrderEvent, ...]) -> None:
        self._events, self._version = events, Version(order.version + 1)
        self.order = evolve(order, events, seen(order).touch(self._version)) if events else order

    def undo(
        self, now: Order | None = None, world: DictWorld | None = None
    ) -> Accepted[OrderEvent] | Refused:
        """Take it back on the order as it is now."""
        now = now or self.order
        around = world or a_world(now)
        return decide_undo(now, self._events, self._version, seen(now), around, Number(1))

    def taken_back(self, now: Order | None = None, world: DictWorld | None = None) -> "Done":
        """That it was taken back, as something that can be taken back itself."""
        now = now or self.order
        back = Done.__new__(Done)
        back._happened(now, accepted(self.undo(now, world)))
        return back

    def undone(self, now: Order | None = None, world: DictWorld | None = None) -> Order:
        """The order once it is taken back; fails when that is refused."""
        return self.taken_back(now, world).order
