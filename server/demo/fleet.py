"""Who drives for Northwind, with what, from where: a hub per region, vans with call signs.

A van reaches what is some hours from its hub. The world is larger: whatever is in no zone goes by
carrier.
"""

import zlib
from collections.abc import Iterator
from functools import cache

from msgspec.structs import replace

from protocols.values import Address, Break, Load, Point, Shift
from protocols.vocabulary import DriverId, HubId, VehicleId, ViewId, ZoneId
from server.application.gazetteer import locate
from server.domain.dispatch.zones import serves
from server.domain.fleet import Display, Driver, FleetRecord, Hub, Vehicle, Zone

_HUBS: tuple[tuple[str, str, str, str], ...] = (
    ("hub-leipzig", "Leipzig", "Leipzig", "Germany"),
    ("hub-koeln", "Köln", "Köln", "Germany"),
    ("hub-salzburg", "Salzburg", "Salzburg", "Austria"),
    ("hub-paris", "Paris", "Paris", "France"),
    ("hub-geneve", "Genève", "Genève", "Switzerland"),
    ("hub-london", "London", "London", "UK"),
    ("hub-reggio", "Reggio Emilia", "Reggio Emilia", "Italy"),
    ("hub-seattle", "Seattle", "Seattle", "USA"),
    ("hub-boise", "Boise", "Boise", "USA"),
    ("hub-sao-paulo", "São Paulo", "Sao Paulo", "Brazil"),
    ("hub-rio", "Rio", "Rio de Janeiro", "Brazil"),
    ("hub-buenos-aires", "Buenos Aires", "Buenos Aires", "Argentina"),
)


def _box(north: float, west: float, south: float, east: float) -> tuple[Point, ...]:
    corners = ((north, west), (north, east), (south, east), (south, west))
    return tuple(Point(lat=lat, lon=lon) for lat, lon in corners)


def _zone(name: str, hub: str, countries: tuple[str, ...], postcodes: tuple[str, ...]) -> Zone:
    return Zone(
        id=ZoneId(f"zone-{hub}"),
        name=name,
        countries=countries,
        postcodes=postcodes,
        hub_id=HubId(f"hub-{hub}"),
    )


def _drawn(name: str, hub: str, polygon: tuple[Point, ...]) -> Zone:
    return Zone(id=ZoneId(f"zone-{hub}"), name=name, polygon=polygon, hub_id=HubId(f"hub-{hub}"))


ZONES = (
    _zone("Leipzig & Berlin", "leipzig", ("Germany",), ("0", "1")),
    _zone("Rhine & Belgium", "koeln", ("Germany", "Belgium"), ("44", "5", "6", "B")),
    _zone("Salzburg & Bavaria", "salzburg", ("Austria", "Germany"), ("502", "8")),
    _zone("Paris & North", "paris", ("France",), ("51", "59", "75", "78")),
    _zone("Lake Geneva", "geneve", ("Switzerland", "France", "Italy"), ("12", "30", "69", "101")),
    _zone("South of England", "london", ("UK",), ()),
    _zone("Emilia & Lombardy", "reggio", ("Italy",), ("2", "4")),
    _zone("Puget Sound", "seattle", ("USA", "Canada"), ("972", "98", "V", "T2F")),
    _zone("Boise", "boise", ("USA",), ("837",)),
    _drawn("São Paulo", "sao-paulo", _box(-22.5, -47.6, -24.1, -46.0)),
    _drawn("Rio", "rio", _box(-22.2, -45.0, -23.2, -42.8)),
    _zone("Buenos Aires", "buenos-aires", ("Argentina",), ()),
)

DRIVERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("jonas-brandt", "Jonas Brandt", ("leipzig",)),
    ("petra-vogt", "Petra Vogt", ("koeln", "leipzig")),
    ("ines-salgado", "Inés Salgado", ("koeln",)),
    ("emil-hofer", "Emil Hofer", ("salzburg",)),
    ("claire-dumas", "Claire Dumas", ("paris",)),
    ("luc-moreau", "Luc Moreau", ("geneve", "paris")),
    ("owen-hughes", "Owen Hughes", ("london",)),
    ("astrid-nyberg", "Astrid Nyberg", ("london",)),
    ("paolo-ferri", "Paolo Ferri", ("reggio",)),
    ("walt-jensen", "Walt Jensen", ("seattle",)),
    ("marie-tremblay", "Marie Tremblay", ("seattle",)),
    ("carla-reyes", "Carla Reyes", ("boise",)),
    ("rafael-duarte", "Rafael Duarte", ("sao-paulo", "rio")),
    ("bianca-couto", "Bianca Couto", ("rio", "sao-paulo")),
    ("hector-rivas", "Héctor Rivas", ("buenos-aires",)),
)
"""Id, name and zones; the first zone is home."""

_LONG = Shift(
    days=(0, 1, 2, 3, 4, 5, 6), opens=300, closes=1_380, breaks=(Break(opens=720, closes=750),)
)
"""Somebody is out whenever somebody looks at the demo by day."""

_OFFICE = Shift(
    days=(0, 1, 2, 3, 4), opens=360, closes=1_020, breaks=(Break(opens=690, closes=720),)
)

DISPLAYS = (
    Display(id=ViewId("hall"), name="Hall", layout="columns", scale=2),
    Display(id=ViewId("ramp"), name="Ramp: next due", layout="table", scale=2),
    Display(id=ViewId("office"), name="Office figures", layout="figures", scale=1),
    Display(id=ViewId("yard"), name="Yard: vans", layout="drivers", scale=3),
)


def fleet() -> Iterator[FleetRecord]:
    """Every record of Northwind's fleet."""
    for hub_id, name, city, country in _HUBS:
        depot = Address(name=f"Northwind {name}", street="Depot 1", city=city, country=country)
        yield Hub(id=HubId(hub_id), name=name, address=replace(depot, point=locate(depot)))
    yield from ZONES
    for place, (driver_id, name, zones) in enumerate(DRIVERS, start=1):
        yield _vehicle(place)
        yield _driver(place, DriverId(driver_id), name, zones)
    yield from DISPLAYS


@cache
def _drivers() -> tuple[Driver, ...]:
    return tuple(record for record in fleet() if isinstance(record, Driver))


def drivers_near(address: Address) -> tuple[DriverId, ...]:
    """Who brings something there: those at home in its zone, else who comes by; else nobody."""
    placed = replace(address, point=locate(address))
    near = [driver for driver in _drivers() if serves(driver, ZONES, placed)]
    home = [
        driver for driver in near if serves(replace(driver, zones=driver.zones[:1]), ZONES, placed)
    ]
    return tuple(driver.id for driver in home or near)


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
            weight_g=1_200_000 if large else 700_000,
            volume_ml=9_000_000 if large else 3_500_000,
        ),
    )


def _skills(place: int) -> tuple[str, ...]:
    """Two of three vans are cooled, three of four are padded."""
    cooled = ("cold-chain",) if place % 3 != 0 else ()
    return (*cooled, *(("fragile",) if place % 4 != 0 else ()))


def _driver(place: int, driver_id: DriverId, name: str, zones: tuple[str, ...]) -> Driver:
    return Driver(
        id=driver_id,
        name=name,
        phone=f"+49 151 555{place:04}",
        call_sign=f"Van {place}",
        zones=tuple(f"zone-{zone}" for zone in zones),
        skills=_skills(place),
        hub_id=HubId(f"hub-{zones[0]}"),
        vehicle_id=VehicleId(f"van-{place}"),
        shifts=(_OFFICE if place % 5 == 0 else _LONG,),
        max_stops=24,
    )
