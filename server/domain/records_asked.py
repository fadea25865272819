"""The record that a command asks for: what it says, at the version that is there."""

from typing import assert_never

from msgspec.structs import replace

from protocols.commands import SaveCustomer
from protocols.fleet import (
    RecordCommand,
    SaveDisplay,
    SaveDriver,
    SaveHub,
    SaveVehicle,
    SaveZone,
    SetDispatch,
)
from protocols.vocabulary import AggregateId, Version
from server.domain.fleet import Display, Driver, Hub, Vehicle, Zone
from server.domain.records import Customer, Record
from server.domain.world import World


def record_id(command: SaveCustomer | RecordCommand) -> AggregateId:
    """The id of the record a command speaks of."""
    match command:
        case SaveCustomer():
            return AggregateId(command.customer_id)
        case SaveDriver():
            return AggregateId(command.driver_id)
        case SaveVehicle():
            return AggregateId(command.vehicle_id)
        case SaveZone():
            return AggregateId(command.zone_id)
        case SaveHub():
            return AggregateId(command.hub_id)
        case SaveDisplay():
            return AggregateId(command.view_id)
        case SetDispatch():
            return AggregateId("settings")
        case _:
            assert_never(command)


def asked_record(
    command: SaveCustomer | RecordCommand, before: Record | None, world: World
) -> Record:
    """The record as asked, with the version of the one it replaces."""
    version = before.version if before is not None else Version(1)
    match command:
        case SaveCustomer():
            return Customer(
                id=command.customer_id,
                version=version,
                customer=command.customer,
                shipping_address=command.shipping_address,
                billing_address=command.billing_address,
            )
        case SetDispatch():
            return replace(
                world.settings,
                acknowledge_seconds=command.acknowledge_seconds,
                service_seconds=command.service_seconds,
                tile_url=command.tile_url,
                tile_attribution=command.tile_attribution,
            )
        case _:
            return _of_fleet(command, version)


def _of_fleet(
    command: SaveDriver | SaveVehicle | SaveZone | SaveHub | SaveDisplay, version: Version
) -> Driver | Vehicle | Zone | Hub | Display:
    match command:
        case SaveDriver():
            return _driver(command, version)
        case SaveVehicle():
            return Vehicle(
                id=command.vehicle_id,
                version=version,
                name=command.name,
                plate=command.plate,
                capacity=command.capacity,
                active=command.active,
            )
        case SaveZone():
            return Zone(
                id=command.zone_id,
                version=version,
                name=command.name,
                countries=command.countries,
                postcodes=command.postcodes,
                polygon=command.polygon,
                hub_id=command.hub_id,
            )
        case SaveHub():
            return Hub(
                id=command.hub_id, version=version, name=command.name, address=command.address
            )
        case SaveDisplay():
            return _display(command, version)
        case _:
            assert_never(command)


def _driver(command: SaveDriver, version: Version) -> Driver:
    return Driver(
        id=command.driver_id,
        version=version,
        name=command.name,
        phone=command.phone,
        call_sign=command.call_sign,
        zones=command.zones,
        skills=command.skills,
        hub_id=command.hub_id,
        vehicle_id=command.vehicle_id,
        shifts=command.shifts,
        days_off=command.days_off,
        max_stops=command.max_stops,
        active=command.active,
    )


def _display(command: SaveDisplay, version: Version) -> Display:
    return Display(
        id=command.view_id,
        version=version,
        name=command.name,
        layout=command.layout,
        stages=command.stages,
        scale=command.scale,
        page_seconds=command.page_seconds,
        sound=command.sound,
        active=command.active,
    )
