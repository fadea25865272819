"""What dispatching looks at, as of one moment: drivers, vans, zones, runs, and what is open."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo

from protocols.struct import Struct
from protocols.values import Load, Point
from protocols.vocabulary import DriverId, HubId, Instant, VehicleId
from server.domain.audience import is_open
from server.domain.dispatch.candidates import Candidate
from server.domain.dispatch.errands import Errand, Held, errand_of
from server.domain.fleet import Driver, Vehicle, Zone
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Order
from server.domain.records import Settings


class Free(Struct, frozen=True, kw_only=True):
    """An errand that nobody has yet."""

    errand: Errand
    epoch: int
    on_hold: bool


class Situation(Struct, frozen=True, kw_only=True):
    """Everything about one moment of a tenant."""

    now: Instant
    zone: tzinfo
    settings: Settings
    drivers: tuple[Driver, ...]
    zones: tuple[Zone, ...]
    vehicles: Mapping[VehicleId, Vehicle]
    hubs: Mapping[HubId, Point]
    positions: Mapping[DriverId, Point]
    runs: Mapping[DriverId, tuple[Held, ...]]
    """Each driver's stops in the order of the run."""
    free: tuple[Free, ...] = ()
    """What an own driver should bring and nobody has yet, if that was asked for."""

    def capacity(self, driver: Driver) -> Load:
        """What the driver's vehicle carries; without an active one, anything."""
        vehicle = self.vehicles.get(driver.vehicle_id) if driver.vehicle_id is not None else None
        return vehicle.capacity if vehicle is not None and vehicle.active else Load()

    def hub(self, driver: Driver) -> Point | None:
        """Where the driver is at home."""
        return self.hubs.get(driver.hub_id) if driver.hub_id is not None else None

    def start(self, driver: Driver) -> Point | None:
        """Where the driver's next way begins. [PL]

        Who has goods in the vehicle goes on from where the phone is; others fetch goods first.
        """
        # PL11
        position, hub = self.positions.get(driver.id), self.hub(driver)
        on_the_way = any(held.collected for held in self.runs.get(driver.id, ()))
        return position if position is not None and (on_the_way or hub is None) else hub

    def candidate(self, driver: Driver, errand: Errand) -> Candidate:
        """The driver without this errand."""
        errands = tuple(
            held.errand
            for held in self.runs.get(driver.id, ())
            if held.errand.delivery_id != errand.delivery_id
        )
        places = (self.start(driver), *(each.address.point for each in errands))
        return Candidate(
            driver=driver,
            capacity=self.capacity(driver),
            errands=errands,
            places=tuple(place for place in places if place is not None),
        )


def free_of(order: Order) -> Iterator[Delivery]:
    """The deliveries of an order that wait for an own driver; a draft waits for nobody."""
    if order.category != "draft":
        for delivery in order.deliveries:
            if delivery.driver_id is None and delivery.method == "own_driver" and is_open(delivery):
                yield delivery


def free_errands(order: Order, settings: Settings) -> Iterator[Free]:
    """The same as errands."""
    for delivery in free_of(order):
        yield Free(
            errand=errand_of(order, delivery, settings),
            epoch=delivery.epoch,
            on_hold=order.hold is not None,
        )
