"""Ways between places: estimated, or asked of a routing server."""

from typing import Protocol

from protocols.values import Point
from server.domain.dispatch.places import road_m, road_s
from server.domain.dispatch.problem import Ways


class NoWays(Exception):
    """The routing server gave no answer that can be used; the message says why."""


class Matrix(Protocol):
    """Knows the ways between places. Called in the solver's process, so it may block."""

    def between(self, places: tuple[Point, ...]) -> Ways:
        """From each place to each; nothing to itself. Raises `NoWays`."""


class Estimate:
    """Without a map: the straight line, somewhat longer, slower in town."""

    def between(self, places: tuple[Point, ...]) -> Ways:
        """See `Matrix`. The way back is as long."""
        metres = [[0] * len(places) for _ in places]
        for row, one in enumerate(places):
            for column in range(row):
                metres[row][column] = metres[column][row] = road_m(one, places[column])
        return Ways(seconds=[[road_s(each) for each in row] for row in metres], metres=metres)
