"""Which drivers could bring one delivery, and why each other one could not. [PL]"""

from collections.abc import Sequence as Series
from datetime import tzinfo
from typing import Literal

from msgspec.structs import replace

from protocols.struct import Struct
from protocols.values import Load, Point
from protocols.vocabulary import Instant
from server.domain.dispatch.errands import Errand, wanted
from server.domain.dispatch.loads import carries, together
from server.domain.dispatch.places import road_m
from server.domain.dispatch.shifts import Work, works
from server.domain.dispatch.zones import serves
from server.domain.fleet import Driver, Zone

AHEAD_MS = 24 * 60 * 60 * 1_000
"""How far ahead drivers are looked for, and plans are made."""

WhyNot = Literal[
    "inactive",
    "zone_not_served",
    "no_skill",
    "day_off",
    "off_shift",
    "break",
    "over_capacity",
    "max_stops",
]
"""Why a driver is not offered."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A driver with what is already to be brought, the delivery in question left out."""

    driver: Driver
    capacity: Load = Load()
    """Of the vehicle; zeros are no limit."""
    errands: tuple[Errand, ...] = ()
    places: tuple[Point, ...] = ()
    """Where the driver is, starts from, and goes anyway."""


class Judgement(Struct, frozen=True, kw_only=True):
    """What speaks against one driver; nothing when the driver is available."""

    candidate: Candidate
    reasons: tuple[WhyNot, ...]
    metres: int | None
    """By road from the nearest place where the driver is or will be; None when nobody knows."""


def judge(
    errand: Errand, candidates: Series[Candidate], zones: Series[Zone], now: Instant, zone: tzinfo
) -> tuple[Judgement, ...]:
    """Every driver: those who are available first, then the nearest, then by name. [PL]"""
    # PL8
    found = [
        Judgement(
            candidate=each,
            reasons=why_not(errand, each, zones, now, zone),
            metres=_metres(errand, each),
        )
        for each in candidates
    ]
    far = float("inf")
    return tuple(
        sorted(
            found,
            key=lambda j: (
                bool(j.reasons),
                far if j.metres is None else j.metres,
                j.candidate.driver.name,
            ),
        )
    )


def why_not(
    errand: Errand, candidate: Candidate, zones: Series[Zone], now: Instant, zone: tzinfo
) -> tuple[WhyNot, ...]:
    """All that speaks against the driver, the weightiest first. [PL]"""
    driver = candidate.driver
    found: list[WhyNot] = []
    if not driver.active:
        found.append("inactive")
    if not serves(driver, zones, errand.address):
        found.append("zone_not_served")
    # PL3
    if not errand.skills <= set(driver.skills):
        found.append("no_skill")
    absent = absence(errand, driver, now, zone)
    if absent is not None:
        found.append(absent)
    loads = (errand.load, *(each.load for each in candidate.errands))
    if not carries(candidate.capacity, together(loads)):
        found.append("over_capacity")
    if driver.max_stops and len(candidate.errands) >= driver.max_stops:
        found.append("max_stops")
    return tuple(found)


def absence(errand: Errand, driver: Driver, now: Instant, zone: tzinfo) -> WhyNot | None:
    """Why the driver is not at work when the delivery is wanted. [PL]"""
    after, before = wanted(errand.window, now, AHEAD_MS)
    at_work = works(driver, after, before, zone)
    if not at_work:
        otherwise = works(replace(driver, days_off=()), after, before, zone)
        return "day_off" if otherwise else "off_shift"
    return None if any(_has_time(work) for work in at_work) else "break"


def _has_time(work: Work) -> bool:
    """Whether not all of it is pause."""
    moment = work.opens
    for pause in work.pauses:
        if pause.opens > moment:
            return True
        moment = max(moment, pause.closes)
    return moment < work.closes


def _metres(errand: Errand, candidate: Candidate) -> int | None:
    point = errand.address.point
    if point is None:
        return None
    return min((road_m(point, place) for place in candidate.places), default=None)
