"""What dispatching looks at, taken from the images at one moment: drivers, vans, zones, runs."""

import asyncio
from collections.abc import Mapping
from collections.abc import Sequence as Series
from datetime import UTC, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from protocols.values import Load, Point
from protocols.vocabulary import DriverId, HubId, Instant, TenantId, VehicleId
from server.application.images import Images
from server.domain.dispatch.candidates import Candidate
from server.domain.dispatch.errands import Errand, Held, held_of
from server.domain.fleet import Driver, Hub, Vehicle, Zone
from server.domain.orders.state import Order
from server.domain.records import Settings

_SLICE = 500
"""Orders looked at before sockets get their turn: about 2 ms."""


class Whereabouts(Protocol):
    """Where drivers are, by their phones' last word."""

    def positions(self, tenant_id: TenantId) -> Mapping[DriverId, Point]:
        """Those who said so within the last minute, to this node. Never blocks."""


class FleetNow(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one moment but the orders nobody has; those are asked for one by one."""

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
    orders: tuple[Order, ...]
    """All open ones, as they were at this moment."""

    def capacity(self, driver: Driver) -> Load:
        """What the driver's vehicle carries; without an active one, anything."""
        vehicle = self.vehicles.get(driver.vehicle_id) if driver.vehicle_id is not None else None
        return vehicle.capacity if vehicle is not None and vehicle.active else Load()

    def start(self, driver: Driver) -> Point | None:
        """Where the driver's next way begins. [PL]

        Who has goods in the vehicle goes on from where the phone is; others fetch goods first.
        """
        # PL11
        position = self.positions.get(driver.id)
        hub = self.hubs.get(driver.hub_id) if driver.hub_id is not None else None
        on_the_way = any(held.collected for held in self.runs.get(driver.id, ()))
        return position if position is not None and (on_the_way or hub is None) else hub

    def candidate(self, driver: Driver, errand: Errand) -> Candidate:
        """The driver without this errand."""
        errands = tuple(
            held.errand
            for held in self.runs.get(driver.id, ())
            if held.errand.delivery_id != errand.delivery_id
        )
        start = self.start(driver)
        places = (start, *(each.address.point for each in errands))
        return Candidate(
            driver=driver,
            capacity=self.capacity(driver),
            errands=errands,
            places=tuple(place for place in places if place is not None),
        )


async def fleet_now(images: Images, now: Instant, positions: Mapping[DriverId, Point]) -> FleetNow:
    """Look around. Everything is as of the moment of the call, however long the looking takes."""
    settings = images.settings
    orders = tuple(images.open_orders.values())
    drivers = tuple(images.records(Driver))
    vehicles = {each.id: each for each in images.records(Vehicle)}
    zones = tuple(images.records(Zone))
    hubs = {
        each.id: each.address.point
        for each in images.records(Hub)
        if each.address.point is not None
    }
    return FleetNow(
        now=now,
        zone=zone_of(settings.time_zone),
        settings=settings,
        drivers=drivers,
        zones=zones,
        vehicles=vehicles,
        hubs=hubs,
        positions=positions,
        runs=await _runs(orders, settings),
        orders=orders,
    )


def zone_of(name: str) -> tzinfo:
    """The time zone of this name; UTC for names that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


async def _runs(orders: Series[Order], settings: Settings) -> dict[DriverId, tuple[Held, ...]]:
    found: dict[DriverId, list[Held]] = {}
    for place, order in enumerate(orders, start=1):
        for delivery in order.deliveries:
            held = held_of(order, delivery, settings)
            if held is not None:
                found.setdefault(held.driver_id, []).append(held)
        if place % _SLICE == 0:
            await asyncio.sleep(0)
    return {
        driver_id: tuple(sorted(run, key=lambda held: held.place))
        for driver_id, run in found.items()
    }
