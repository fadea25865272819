"""Whether an address is in a zone, and whether a driver serves it. [PL]"""

from collections.abc import Iterable

from protocols.values import Address, Point
from server.domain.fleet import Driver, Zone


def in_zone(zone: Zone, address: Address) -> bool:
    """Whether the address is in the zone, by its place or by its country and postcode. [PL]"""
    # PL1
    if zone.polygon and address.point is not None and inside(zone.polygon, address.point):
        return True
    if not (zone.countries or zone.postcodes):
        return False
    country, postcode = address.country.strip().casefold(), _plain(address.postcode)
    if zone.countries and country not in {each.strip().casefold() for each in zone.countries}:
        return False
    begins = tuple(filter(None, map(_plain, zone.postcodes)))
    return not zone.postcodes or (bool(begins) and postcode.startswith(begins))


def serves(driver: Driver, zones: Iterable[Zone], address: Address) -> bool:
    """Whether the driver goes there; one without zones goes everywhere. [PL]"""
    # PL2
    return not driver.zones or any(
        zone.id in driver.zones and in_zone(zone, address) for zone in zones
    )


_CORNERS = 3


def inside(polygon: tuple[Point, ...], point: Point) -> bool:
    """Whether a ray to the east of the point crosses the polygon's edges an odd number of times.

    Fewer than three corners hold nothing; polygons over the 180th meridian are not known.
    """
    odd = False
    if len(polygon) < _CORNERS:
        # One edge there and back crosses twice, but rounded otherwise each time.
        return False
    for one, other in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (one.lat > point.lat) != (other.lat > point.lat):
            share = (point.lat - one.lat) / (other.lat - one.lat)
            odd ^= point.lon < one.lon + share * (other.lon - one.lon)
    return odd


def _plain(postcode: str) -> str:
    return postcode.replace(" ", "").replace("-", "").casefold()
