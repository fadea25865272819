"""Where cities are, for addresses that say no point: enough for a map and an estimate.

A house that wants the street's own place sends the point with the address; see `Address.point`.
"""

import csv
import zlib
from functools import cache
from importlib.resources import files

from protocols.values import Address, Point

_SPREAD = 0.035
"""Degrees: stops of one city lie up to some 4 km around its middle and do not coincide."""


def locate(address: Address) -> Point | None:
    """The address's own point, else a place in its city by its street; None for unknown cities.

    The same address is always at the same place: the answer is stored with the order.
    """
    if address.point is not None:
        return address.point
    middle = _cities().get((address.country.casefold(), address.city.casefold()))
    if middle is None:
        return None
    lot = zlib.crc32(f"{address.street}|{address.postcode}".encode())
    north, east = (lot & 0xFFFF) / 0xFFFF - 0.5, (lot >> 16) / 0xFFFF - 0.5
    return Point(
        lat=round(middle.lat + north * _SPREAD * 2, 5),
        lon=round(middle.lon + east * _SPREAD * 2, 5),
    )


@cache
def _cities() -> dict[tuple[str, str], Point]:
    text = files("server.application").joinpath("gazetteer.csv").read_text(encoding="utf-8")
    return {
        (row["country"].casefold(), row["city"].casefold()): Point(
            lat=float(row["lat"]), lon=float(row["lon"])
        )
        for row in csv.DictReader(text.splitlines())
    }
