"""What a plan has to solve, in numbers: stops, vans and the ways between them; and a solution.

All times are whole seconds after the plan's moment; places are indexes into the ways.
"""

from typing import Literal

from protocols.struct import Struct
from protocols.values import Point

Amounts = tuple[int, int, int]
"""Grams, millilitres and pieces."""

WhyLeft = Literal[
    "no_driver",
    "no_point",
    "on_hold",
    "zone_not_served",
    "no_skill",
    "over_capacity",
    "window_closed",
    "shift_full",
    "too_far",
]
"""Why a plan gives a delivery to nobody."""

FOR_EVER = 2**31


class Task(Struct, frozen=True, kw_only=True):
    """One stop that somebody has to make."""

    id: str
    place: int
    opens: int = 0
    closes: int = FOR_EVER
    """When it may begin; it may have been before now."""
    service: int = 0
    load: Amounts = (0, 0, 0)
    zones: tuple[str, ...] = ()
    """The zones it lies in."""
    skills: tuple[str, ...] = ()


class Van(Struct, frozen=True, kw_only=True):
    """One stretch of work of one driver. A driver with two has two vans, the earlier one first."""

    driver: str
    start: int | None = None
    """None: wherever the first stop is."""
    end: int | None = None
    opens: int = 0
    closes: int = FOR_EVER
    pauses: tuple[tuple[int, int], ...] = ()
    capacity: Amounts = (0, 0, 0)
    """Zero is no limit."""
    most: int = 0
    """Stops; zero is no limit."""
    zones: tuple[str, ...] = ()
    """None serves all."""
    skills: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    """Ids of stops that stay with it, in this order."""


class Problem(Struct, frozen=True, kw_only=True):
    """Everything a solver needs to know but the ways."""

    places: tuple[Point, ...]
    tasks: tuple[Task, ...]
    """The fixed ones too."""
    vans: tuple[Van, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """For each van its stops as they are now, also those that may be taken from it."""


class Ways(Struct, frozen=True, kw_only=True):
    """From each place to each: how long and how far."""

    seconds: list[list[int]]
    metres: list[list[int]]


Route = tuple[str, ...]
"""Ids of stops in order."""


class Arrival(Struct, frozen=True, kw_only=True):
    """One stop of a solution, and when the service begins."""

    task: str
    at: int


class Left(Struct, frozen=True, kw_only=True):
    """One stop that nobody makes, and why."""

    task: str
    why: WhyLeft


class Solution(Struct, frozen=True, kw_only=True):
    """Who makes which stops when: one route for each van, in the order of the vans."""

    routes: tuple[tuple[Arrival, ...], ...]
    left: tuple[Left, ...] = ()
    seconds: int = 0
    """Travel of all vans together, back to their ends."""
    metres: int = 0
    seconds_before: int = 0
    solver: str = ""
