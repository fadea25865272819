"""What an owner may ask for about drivers, vehicles, places and displays. Each saves a record."""

from typing import Annotated

from msgspec import Meta

from protocols.intent import Intent
from protocols.values import Address, Load, Point, Shift
from protocols.vocabulary import (
    ID,
    DisplayLayout,
    DriverId,
    HubId,
    ShortText,
    StageId,
    VehicleId,
    ViewId,
    ZoneId,
)

_Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
_Words = Annotated[tuple[ShortText, ...], Meta(max_length=200)]


class SaveDriver(Intent, frozen=True, kw_only=True, tag="save_driver"):
    """Create a driver or replace the record."""

    driver_id: Annotated[DriverId, ID]
    name: _Name
    phone: ShortText = ""
    call_sign: ShortText = ""
    """What displays call the driver: a van's number, never a name."""
    zones: _Words = ()
    """Ids of zones; none serves every zone."""
    skills: _Words = ()
    hub_id: Annotated[HubId, ID] | None = None
    vehicle_id: Annotated[VehicleId, ID] | None = None
    shifts: Annotated[tuple[Shift, ...], Meta(max_length=14)] = ()
    """None: always at work."""
    days_off: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")], ...], Meta(max_length=200)
    ] = ()
    max_stops: Annotated[int, Meta(ge=0, le=500)] = 0
    """Zero is no limit."""
    active: bool = True


class SaveVehicle(Intent, frozen=True, kw_only=True, tag="save_vehicle"):
    """Create a vehicle or replace the record."""

    vehicle_id: Annotated[VehicleId, ID]
    name: _Name
    plate: ShortText = ""
    capacity: Load = Load()
    active: bool = True


class SaveZone(Intent, frozen=True, kw_only=True, tag="save_zone"):
    """Create a zone or replace the record. An address is in it by its place or its postcode."""

    zone_id: Annotated[ZoneId, ID]
    name: _Name
    countries: _Words = ()
    postcodes: _Words = ()
    """What its postcodes begin with, within its countries; none is all of them."""
    polygon: Annotated[tuple[Point, ...], Meta(max_length=500)] = ()
    hub_id: Annotated[HubId, ID] | None = None


class SaveHub(Intent, frozen=True, kw_only=True, tag="save_hub"):
    """Create a place where goods and drivers start from, or replace the record."""

    hub_id: Annotated[HubId, ID]
    name: _Name
    address: Address = Address()


class SaveDisplay(Intent, frozen=True, kw_only=True, tag="save_display"):
    """Say what displays of one kind show."""

    view_id: Annotated[ViewId, ID]
    name: _Name
    layout: DisplayLayout = "columns"
    stages: Annotated[tuple[Annotated[StageId, ID], ...], Meta(max_length=40)] = ()
    """None: all that are not over."""
    scale: Annotated[int, Meta(ge=0, le=3)] = 1
    """How far away people stand: 0 at arm's length, 3 across a hall."""
    page_seconds: Annotated[int, Meta(ge=4, le=120)] = 12
    sound: bool = False
    active: bool = True


class SetDispatch(Intent, frozen=True, kw_only=True, tag="set_dispatch"):
    """What holds for all deliveries of the tenant."""

    acknowledge_seconds: Annotated[int, Meta(ge=10, le=86_400)]
    """After so long without the driver's acknowledgement the board raises an alarm."""
    service_seconds: Annotated[int, Meta(ge=0, le=86_400)]
    tile_url: ShortText = ""
    """Where a real map's tiles come from; none draws the map without."""
    tile_attribution: ShortText = ""
    """Whom the map thanks for its tiles, beside what a style says itself."""


RecordCommand = SaveDriver | SaveVehicle | SaveZone | SaveHub | SaveDisplay | SetDispatch
