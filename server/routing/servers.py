"""Ways from a routing server that speaks OSRM's or Valhalla's language."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from collections.abc import Sequence as Series
from http.client import HTTPException
from typing import Any, Protocol

import msgspec

from protocols.values import Point
from server.domain.dispatch.problem import Ways
from server.routing.ways import Estimate, Matrix, NoWays

_BLOCK = 50
"""Places asked for at once each way: OSRM takes 100 coordinates unless told otherwise."""

_PATIENCE = 10.0
"""Seconds for one answer."""

_LARGEST = 8 * 1_024 * 1_024

_NO_ROAD = 7 * 24 * 3_600
"""Seconds of a way that does not exist: longer than any plan."""

_FAR = 10_000_000

Cell = tuple[float | None, float | None]
"""Seconds and metres; None: there is no road."""


class Dialect(Protocol):
    """How one kind of server is asked for a block of ways."""

    def block(self, url: str, here: Series[Point], there: Series[Point]) -> list[list[Cell]]:
        """From each place here to each there."""


class RoutingServer:
    """Asks a server block by block."""

    def __init__(self, url: str, dialect: Dialect) -> None:
        """Ask this server in its dialect."""
        self._url = url.rstrip("/")
        self._dialect = dialect

    def between(self, places: tuple[Point, ...]) -> Ways:
        """See `Matrix`."""
        size = len(places)
        seconds, metres = ([[0] * size for _ in places] for _ in range(2))
        for top, here in _blocks(places):
            for left, there in _blocks(places):
                cells = self._asked(here, there)
                for row, line in enumerate(cells):
                    for column, (time, way) in enumerate(line):
                        at, to = top + row, left + column
                        seconds[at][to] = _NO_ROAD if time is None else round(time)
                        metres[at][to] = _FAR if way is None else round(way)
        for place in range(size):
            seconds[place][place] = metres[place][place] = 0
        return Ways(seconds=seconds, metres=metres)

    def _asked(self, here: Series[Point], there: Series[Point]) -> list[list[Cell]]:
        try:
            cells = self._dialect.block(self._url, here, there)
        except (OSError, HTTPException, urllib.error.URLError) as fault:
            raise NoWays(f"the routing server does not answer: {fault}") from fault
        except (msgspec.MsgspecError, ValueError) as fault:
            raise NoWays("the routing server's answer cannot be read") from fault
        if len(cells) != len(here) or any(len(line) != len(there) for line in cells):
            raise NoWays("the routing server's answer has the wrong size")
        return cells


class _Table(msgspec.Struct):
    durations: list[list[float | None]]
    distances: list[list[float | None]]


class Osrm:
    """The table of OSRM's HTTP interface."""

    def block(self, url: str, here: Series[Point], there: Series[Point]) -> list[list[Cell]]:
        """See `Dialect`."""
        pairs = ";".join(f"{p.lon:.6f},{p.lat:.6f}" for p in (*here, *there))
        sources = ";".join(map(str, range(len(here))))
        targets = ";".join(str(len(here) + place) for place in range(len(there)))
        asked = f"annotations=duration,distance&sources={sources}&destinations={targets}"
        table = msgspec.json.decode(
            _fetched(f"{url}/table/v1/driving/{pairs}?{asked}"), type=_Table
        )
        return [
            list(zip(times, ways, strict=True))
            for times, ways in zip(table.durations, table.distances, strict=True)
        ]


class _Way(msgspec.Struct):
    time: float | None = None
    distance: float | None = None


class _Sources(msgspec.Struct):
    sources_to_targets: list[list[_Way]]


class Valhalla:
    """Valhalla's matrix; it counts in kilometres."""

    def block(self, url: str, here: Series[Point], there: Series[Point]) -> list[list[Cell]]:
        """See `Dialect`."""
        asked = msgspec.json.encode(
            {"sources": here, "targets": there, "costing": "auto", "units": "kilometers"}
        )
        found = msgspec.json.decode(_fetched(f"{url}/sources_to_targets", asked), type=_Sources)
        return [
            [(way.time, None if way.distance is None else way.distance * 1_000) for way in line]
            for line in found.sources_to_targets
        ]


_DIALECTS: dict[str, Dialect] = {"osrm": Osrm(), "valhalla": Valhalla()}


def matrix_of(routing_url: str) -> Matrix:
    """What a setting means: empty for the estimate, else `osrm+http://…` or `valhalla+https://…`."""
    if not routing_url:
        return Estimate()
    kind, _, url = routing_url.partition("+")
    return RoutingServer(url, _DIALECTS[kind])


def _blocks(places: Series[Point]) -> Iterator[tuple[int, Series[Point]]]:
    for start in range(0, len(places), _BLOCK):
        yield start, places[start : start + _BLOCK]


def _fetched(url: str, body: bytes | None = None) -> bytes:
    headers: dict[str, Any] = {"accept": "application/json"}
    if body is not None:
        headers["content-type"] = "application/json"
    # The operator named the server, with http or https: see `settings.py`.
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        read: bytes = answer.read(_LARGEST)
    return read
