"""Who drives, with what, from where, and what displays show: small records, saved as a whole."""

from typing import Literal

from protocols.struct import Struct
from protocols.values import Address, Load, Point, Shift
from protocols.vocabulary import (
    DeliveryId,
    DisplayLayout,
    DriverId,
    HubId,
    Instant,
    OrderId,
    PlanId,
    StageId,
    VehicleId,
    Version,
    ViewId,
    ZoneId,
)


class Driver(Struct, frozen=True, kw_only=True, tag_field="type", tag="driver"):
    """Somebody who executes deliveries."""

    id: DriverId
    version: Version = Version(1)
    name: str
    phone: str = ""
    call_sign: str = ""
    """What displays call the driver; never a name."""
    zones: tuple[str, ...] = ()
    """Ids of zones; none serves every zone."""
    skills: tuple[str, ...] = ()
    """Ids of labels that need a skill."""
    hub_id: HubId | None = None
    vehicle_id: VehicleId | None = None
    shifts: tuple[Shift, ...] = ()
    """None: always at work."""
    days_off: tuple[str, ...] = ()
    """ISO dates by the tenant's clock."""
    max_stops: int = 0
    active: bool = True


class Vehicle(Struct, frozen=True, kw_only=True, tag_field="type", tag="vehicle"):
    """What a driver drives, and how much of what it carries."""

    id: VehicleId
    version: Version = Version(1)
    name: str
    plate: str = ""
    capacity: Load = Load()
    active: bool = True


class Zone(Struct, frozen=True, kw_only=True, tag_field="type", tag="zone"):
    """A part of the map, or some postcodes of some countries."""

    id: ZoneId
    version: Version = Version(1)
    name: str
    countries: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    polygon: tuple[Point, ...] = ()
    hub_id: HubId | None = None


class Hub(Struct, frozen=True, kw_only=True, tag_field="type", tag="hub"):
    """A place where goods and drivers start from."""

    id: HubId
    version: Version = Version(1)
    name: str
    address: Address = Address()


class Display(Struct, frozen=True, kw_only=True, tag_field="type", tag="display"):
    """What displays of one kind show, and how."""

    id: ViewId
    version: Version = Version(1)
    name: str
    layout: DisplayLayout = "columns"
    stages: tuple[StageId, ...] = ()
    scale: int = 1
    page_seconds: int = 12
    sound: bool = False
    active: bool = True


class PlanItem(Struct, frozen=True, kw_only=True):
    """One delivery the plan would give to a driver, and what it was judged on."""

    order_id: OrderId
    delivery_id: DeliveryId
    from_driver: DriverId | None = None
    epoch: int = 0
    to_driver: DriverId
    position: int
    arrives: Instant
    judged: int = 0
    """The mark of what the delivery was when it was planned."""
    outcome: Literal["proposed", "applied", "stale"] = "proposed"


class PlanRest(Struct, frozen=True, kw_only=True):
    """One delivery the plan gives to nobody, and why."""

    order_id: OrderId
    delivery_id: DeliveryId
    reason: str


class Wish(Struct, frozen=True, kw_only=True):
    """What a plan was asked to be about."""

    seconds: int = 5
    scope: Literal["unassigned", "all"] = "unassigned"
    zone_id: ZoneId | None = None
    driver_ids: tuple[DriverId, ...] | None = None
    """None: all drivers."""
    only: tuple[DeliveryId, ...] | None = None
    """None: all deliveries."""


class Plan(Struct, frozen=True, kw_only=True, tag_field="type", tag="plan"):
    """A proposal who brings what. Nothing of it holds before somebody commits it."""

    id: PlanId
    version: Version = Version(1)
    name: str = "plan"
    state: Literal["solving", "proposed", "committed", "discarded", "failed"] = "proposed"
    by_name: str
    at: Instant
    wish: Wish = Wish()
    items: tuple[PlanItem, ...] = ()
    unassigned: tuple[PlanRest, ...] = ()
    seconds: int = 0
    metres: int = 0
    cost_before: int = 0
    problem: str = ""
    forgotten: bool = False
    """Many newer ones have come: it is emptied, and nobody sees it any more."""


FleetRecord = Driver | Vehicle | Zone | Hub | Display | Plan
