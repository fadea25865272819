"""Who drives for Northwind, with what, from where: one hub per region, vans with call signs."""

import zlib
from collections.abc import Iterator

from protocols.values import Address, Break, Load, Shift
from protocols.vocabulary import DriverId, HubId, VehicleId, ViewId, ZoneId
from server.application.gazetteer import locate
from server.domain.fleet import Display, Driver, FleetRecord, Hub, Vehicle, Zone

_HUBS: tuple[tuple[str, str, str, str], ...] = (
    ("hub-leipzig", "Leipzig", "Leipzig", "Germany"),
    ("hub-graz", "Graz", "Graz", "Austria"),
    ("hub-reims", "Reims", "Reims", "France"),
    ("hub-london", "London", "London", "UK"),
    ("hub-helsinki", "Helsinki", "Helsinki", "Finland"),
    ("hub-torino", "Torino", "Torino", "Italy"),
    ("hub-madrid", "Madrid", "Madrid", "Spain"),
    ("hub-boise", "Boise", "Boise", "USA"),
    ("hub-montreal", "Montréal", "Montréal", "Canada"),
    ("hub-mexico", "México", "México D.F.", "Mexico"),
    ("hub-rio", "Rio", "Rio de Janeiro", "Brazil"),
    ("hub-caracas", "Caracas", "Caracas", "Venezuela"),
)

_ZONES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("zone-germany", "Germany & Poland", ("Germany", "Poland"), "hub-leipzig"),
    ("zone-alps", "Alps", ("Austria", "Switzerland"), "hub-graz"),
    ("zone-france", "France & Belgium", ("France", "Belgium"), "hub-reims"),
    ("zone-islands", "Islands", ("UK", "Ireland"), "hub-london"),
    ("zone-north", "North", ("Sweden", "Finland", "Norway", "Denmark"), "hub-helsinki"),
    ("zone-italy", "Italy", ("Italy",), "hub-torino"),
    ("zone-iberia", "Iberia", ("Spain", "Portugal"), "hub-madrid"),
    ("zone-usa", "USA", ("USA",), "hub-boise"),
    ("zone-canada", "Canada", ("Canada",), "hub-montreal"),
    ("zone-mexico", "Mexico", ("Mexico",), "hub-mexico"),
    ("zone-brazil", "Brazil", ("Brazil",), "hub-rio"),
    ("zone-south", "Andes & Río", ("Venezuela", "Argentina"), "hub-caracas"),
)

DRIVERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("jonas-brandt", "Jonas Brandt", ("zone-germany",)),
    ("petra-vogt", "Petra Vogt", ("zone-germany", "zone-alps")),
    ("emil-hofer", "Emil Hofer", ("zone-alps", "zone-germany")),
    ("claire-dumas", "Claire Dumas", ("zone-france",)),
    ("luc-moreau", "Luc Moreau", ("zone-france", "zone-alps")),
    ("owen-hughes", "Owen Hughes", ("zone-islands",)),
    ("astrid-nyberg", "Astrid Nyberg", ("zone-north",)),
    ("paolo-ferri", "Paolo Ferri", ("zone-italy",)),
    ("ines-salgado", "Inés Salgado", ("zone-iberia",)),
    ("walt-jensen", "Walt Jensen", ("zone-usa",)),
    ("carla-reyes", "Carla Reyes", ("zone-usa", "zone-mexico")),
    ("marie-tremblay", "Marie Tremblay", ("zone-canada", "zone-usa")),
    ("rafael-duarte", "Rafael Duarte", ("zone-brazil",)),
    ("bianca-couto", "Bianca Couto", ("zone-brazil", "zone-south")),
    ("hector-rivas", "Héctor Rivas", ("zone-south",)),
)

_EVERYDAY = Shift(
    days=(0, 1, 2, 3, 4, 5, 6), opens=300, closes=1_380, breaks=(Break(opens=720, closes=750),)
)
_WEEKDAYS = Shift(days=(0, 1, 2, 3, 4), opens=360, closes=1_020)

_SKILLED = 3
"""Every so many drivers have a cooled van."""

DISPLAYS = (
    Display(id=ViewId("hall"), name="Hall", layout="columns", scale=2),
    Display(id=ViewId("ramp"), name="Ramp: next due", layout="table", scale=2),
    Display(id=ViewId("office"), name="Office figures", layout="figures", scale=1),
    Display(id=ViewId("yard"), name="Yard: vans", layout="drivers", scale=3),
)


def fleet() -> Iterator[FleetRecord]:
    """Every record of Northwind's fleet."""
    for hub_id, name, city, country in _HUBS:
        address = Address(name=f"Northwind {name}", street="Depot 1", city=city, country=country)
        placed = Address(
            name=address.name,
            street=address.street,
            city=city,
            country=country,
            point=locate(address),
        )
        yield Hub(id=HubId(hub_id), name=name, address=placed)
    for zone_id, name, countries, hub_id in _ZONES:
        yield Zone(id=ZoneId(zone_id), name=name, countries=countries, hub_id=HubId(hub_id))
    for place, (driver_id, name, zones) in enumerate(DRIVERS, start=1):
        yield _vehicle(place)
        yield _driver(place, DriverId(driver_id), name, zones)
    yield from DISPLAYS


def weight_of(product_id: str) -> tuple[int, int]:
    """Grams and millilitres of one piece: plausible, and the same on every run."""
    lot = zlib.crc32(product_id.encode())
    return 200 + lot % 12 * 150, 300 + lot // 16 % 10 * 200


def _vehicle(place: int) -> Vehicle:
    large = place % 2 == 0
    return Vehicle(
        id=VehicleId(f"van-{place}"),
        name="Sprinter" if large else "Caddy",
        plate=f"NW {100 + place}",
        capacity=Load(
            weight_g=1_200_000 if large else 600_000,
            volume_ml=9_000_000 if large else 3_500_000,
        ),
    )


def _driver(place: int, driver_id: DriverId, name: str, zones: tuple[str, ...]) -> Driver:
    hub = next(hub for zone_id, _, _, hub in _ZONES if zone_id == zones[0])
    return Driver(
        id=driver_id,
        name=name,
        phone=f"+49 151 555{place:04}",
        call_sign=f"Van {place}",
        zones=zones,
        skills=("cold-chain",) if place % _SKILLED != 0 else (),
        hub_id=HubId(hub),
        vehicle_id=VehicleId(f"van-{place}"),
        shifts=(_WEEKDAYS if place % 5 == 0 else _EVERYDAY,),
        max_stops=40,
    )
