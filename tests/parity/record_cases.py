"""Every command that saves a record of the fleet, and the channels that show something of it."""

from protocols.commands import Command
from protocols.fleet import SaveDisplay, SaveDriver, SaveHub, SaveVehicle, SaveZone, SetDispatch
from protocols.values import Address, Load, Shift
from protocols.vocabulary import DriverId, HubId, VehicleId, ViewId, ZoneId

EVERYDAY = Shift(days=(0, 1, 2, 3, 4), opens=420, closes=960)

RECORDS: tuple[tuple[Command, tuple[str, ...]], ...] = (
    (
        SaveDriver(driver_id=DriverId("driver-3"), name="Dina", shifts=(EVERYDAY,)),
        ("board", "board~masked", "dispatch"),
    ),
    (
        SaveVehicle(vehicle_id=VehicleId("van-1"), name="Van", capacity=Load(pieces=40)),
        ("board", "board~masked", "dispatch"),
    ),
    (
        SaveZone(zone_id=ZoneId("north"), name="North", postcodes=("10",)),
        ("board", "board~masked", "dispatch"),
    ),
    (
        SaveHub(hub_id=HubId("depot"), name="Depot", address=Address(city="Bremen")),
        ("board", "board~masked", "dispatch", "house"),
    ),
    (
        SaveDisplay(view_id=ViewId("hall"), name="Hall", layout="table"),
        ("board", "board~masked", "dispatch", "display:hall"),
    ),
    (
        SetDispatch(acknowledge_seconds=120, service_seconds=240),
        ("board", "board~masked", "dispatch", "display:hall", "house"),
    ),
)
