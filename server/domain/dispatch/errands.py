"""A delivery as drivers are judged by it: where to, when, how large, and what one must be able to.

An errand is derived from its order and never stored.
"""

from collections.abc import Iterable
from zlib import crc32

import msgspec

from protocols.struct import Struct
from protocols.values import Address, Label, Load, Window
from protocols.vocabulary import DeliveryId, DriverId, Instant, OrderId, Rank
from server.domain.audience import is_open
from server.domain.dispatch.loads import load_of
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Order
from server.domain.records import Settings


class Errand(Struct, frozen=True, kw_only=True):
    """What a delivery asks of whoever brings it."""

    order_id: OrderId
    delivery_id: DeliveryId
    address: Address
    window: Window | None
    service_seconds: int
    load: Load
    skills: frozenset[str]
    """Ids of the order's labels that need a skill."""


class Held(Struct, frozen=True, kw_only=True):
    """An errand that a driver has, with its place in the driver's run."""

    driver_id: DriverId
    errand: Errand
    epoch: int
    stop_rank: Rank | None
    number: int
    collected: bool
    fixed: bool
    """Whether the planner leaves it where it is. [PL]"""

    @property
    def place(self) -> tuple[str, float, int, DeliveryId]:
        """Sort key of stops within one run."""
        closes = self.errand.window.closes if self.errand.window is not None else float("inf")
        return self.stop_rank or "", closes, self.number, self.errand.delivery_id


def errand_of(order: Order, delivery: Delivery, settings: Settings) -> Errand:
    """The errand of one open delivery."""
    return Errand(
        order_id=order.id,
        delivery_id=delivery.id,
        address=delivery.address or order.shipping_address,
        window=delivery.window,
        service_seconds=delivery.service_seconds or settings.service_seconds,
        load=load_of(order, delivery),
        skills=skills_of(order, settings.labels),
    )


def mark_of(errand: Errand) -> int:
    """A fingerprint of all that a plan judged the errand on; another one makes it stale. [PL]"""
    told = (
        errand.address.point,
        errand.address.country,
        errand.address.postcode,
        errand.window,
        errand.service_seconds,
        errand.load,
        sorted(errand.skills),
    )
    return crc32(msgspec.json.encode(told))


def skills_of(order: Order, labels: Iterable[Label]) -> frozenset[str]:
    """Which skills the order's labels ask for. [PL]"""
    # PL3
    return frozenset(label.id for label in labels if label.skill and label.id in order.labels)


def held_of(order: Order, delivery: Delivery, settings: Settings) -> Held | None:
    """The errand with who has it; None when nobody has, or it is over."""
    if delivery.driver_id is None or not is_open(delivery):
        return None
    return Held(
        driver_id=delivery.driver_id,
        errand=errand_of(order, delivery, settings),
        epoch=delivery.epoch,
        stop_rank=delivery.stop_rank,
        number=order.number,
        collected=delivery.collected_at is not None,
        fixed=is_fixed(order, delivery),
    )


def is_fixed(order: Order, delivery: Delivery) -> bool:
    """Whether no plan may give the delivery to another driver. [PL]"""
    # PL10
    return (
        delivery.assigned_by != "planner"
        or delivery.pinned
        or delivery.collected_at is not None
        or order.hold is not None
    )


def wanted(window: Window | None, now: Instant, ahead_ms: int) -> tuple[Instant, Instant]:
    """From when to when somebody could still bring it: what is late or free, as soon as may be."""
    if window is None or window.closes <= now:
        return now, Instant(now + ahead_ms)
    return max(window.opens, now), window.closes
