"""Distances between places, as far as one knows without a map of roads."""

from math import asin, cos, radians, sin, sqrt

from protocols.values import Point

EARTH_M = 6_371_000.0

ROAD = 1.3
"""So much longer than the straight line is the usual road."""


def straight_m(one: Point, other: Point) -> float:
    """Metres along the great circle."""
    south, north = radians(one.lat), radians(other.lat)
    up, across = (north - south) / 2, radians(other.lon - one.lon) / 2
    share = sin(up) ** 2 + cos(south) * cos(north) * sin(across) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(share)))


def road_m(one: Point, other: Point) -> int:
    """Metres by road, estimated."""
    return round(straight_m(one, other) * ROAD)


_TOWN_M, _TOWN_KMH, _LAND_KMH = 10_000, 35, 75


def road_s(metres: int) -> int:
    """Seconds for so many metres by van: the first ten kilometres are town."""
    town, land = min(metres, _TOWN_M), max(metres - _TOWN_M, 0)
    return round(town * 3.6 / _TOWN_KMH + land * 3.6 / _LAND_KMH)
