"""A situation and a wish as a problem for the solver. [PL]"""

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Series

from protocols.struct import Struct
from protocols.values import Load, Point
from protocols.vocabulary import DriverId, Instant
from server.domain.dispatch.candidates import AHEAD_MS
from server.domain.dispatch.errands import Errand, Held
from server.domain.dispatch.problem import FOR_EVER, Amounts, Left, Problem, Task, Van
from server.domain.dispatch.shifts import Work, works
from server.domain.dispatch.situation import Situation
from server.domain.dispatch.zones import in_zone
from server.domain.fleet import Driver, Wish

MOST = 500
"""Deliveries of one plan: a record that still fits into a frame, and one bulk when it is given."""


class Wanted(Struct, frozen=True, kw_only=True):
    """One delivery that may get a driver, or another one."""

    errand: Errand
    from_driver: DriverId | None
    epoch: int
    on_hold: bool = False


class Brief(Struct, frozen=True, kw_only=True):
    """A problem, and what its numbers mean."""

    problem: Problem
    now: Instant
    wanted: Mapping[str, Wanted]
    """By delivery: everything the plan may give to somebody."""
    runs: Mapping[str, tuple[str, ...]]
    """By driver: the deliveries of the run as it is now."""
    left: tuple[Left, ...]
    """What needs no solver to be left."""


def brief(situation: Situation, wish: Wish) -> Brief:
    """What is to be solved. [PL]"""
    wanted: dict[str, Wanted] = {each.errand.delivery_id: each for each in _chosen(situation, wish)}
    drivers = [
        driver
        for driver in situation.drivers
        if driver.active and (wish.driver_ids is None or driver.id in wish.driver_ids)
    ]
    left = [
        Left(task=each.errand.delivery_id, why="on_hold" if each.on_hold else "no_point")
        for each in wanted.values()
        if each.on_hold or each.errand.address.point is None
    ]
    cannot = {each.task for each in left}
    numbers = _Numbers(situation)
    tasks = {i: numbers.task(each.errand) for i, each in wanted.items() if i not in cannot}
    vans: list[Van] = []
    before: list[tuple[str, ...]] = []
    for driver in drivers:
        at_work = _at_work(driver, situation)
        run = [h for h in situation.runs.get(driver.id, ()) if h.errand.address.point is not None]
        for number, (work, stops) in enumerate(_shared(at_work, run)):
            fixed = [held.errand for held in stops if held.errand.delivery_id not in tasks]
            tasks |= {each.delivery_id: numbers.task(each) for each in fixed}
            vans.append(numbers.van(driver, work, fixed, first=number == 0))
            before.append(tuple(held.errand.delivery_id for held in stops))
    known = set(tasks)
    return Brief(
        problem=Problem(
            places=tuple(numbers.places),
            tasks=tuple(tasks.values()),
            vans=tuple(vans),
            before=tuple(tuple(i for i in route if i in known) for route in before),
        ),
        now=situation.now,
        wanted=wanted,
        runs={
            driver.id: tuple(h.errand.delivery_id for h in situation.runs.get(driver.id, ()))
            for driver in drivers
        },
        left=tuple(left),
    )


def _chosen(situation: Situation, wish: Wish) -> list[Wanted]:
    """What the plan is about: wanted within the time it looks ahead, the most urgent first. [PL]"""
    # PL17
    zone = next((each for each in situation.zones if each.id == wish.zone_id), None)
    end = situation.now + AHEAD_MS
    found = []
    for each in _all(situation, wish):
        errand = each.errand
        if errand.window is not None and errand.window.opens >= end:
            continue
        if wish.zone_id is not None and (zone is None or not in_zone(zone, errand.address)):
            continue
        if wish.only is None or errand.delivery_id in wish.only:
            found.append(each)
    return sorted(found, key=lambda each: (_closes(each.errand), each.errand.delivery_id))[:MOST]


def _all(situation: Situation, wish: Wish) -> Iterator[Wanted]:
    for free in situation.free:
        yield Wanted(errand=free.errand, from_driver=None, epoch=free.epoch, on_hold=free.on_hold)
    if wish.scope == "all":
        for run in situation.runs.values():
            for held in run:
                # PL10
                if not held.fixed:
                    yield Wanted(errand=held.errand, from_driver=held.driver_id, epoch=held.epoch)


def _at_work(driver: Driver, situation: Situation) -> list[Work]:
    """The stretches of work that begin within the time the plan looks ahead, to their ends."""
    end = Instant(situation.now + AHEAD_MS)
    found = works(driver, situation.now, Instant(end + AHEAD_MS // 2), situation.zone)
    return [work for work in found if work.opens < end]


def _closes(errand: Errand) -> float:
    return errand.window.closes if errand.window is not None else float("inf")


def _shared(at_work: Series[Work], run: Series[Held]) -> Iterator[tuple[Work, list[Held]]]:
    """Each stretch of work with its stops: the first one that is not over when they open."""
    rest = list(run)
    for number, work in enumerate(at_work, start=1):
        last = number == len(at_work)
        now = [
            held
            for held in rest
            if last or held.errand.window is None or held.errand.window.opens < work.closes
        ]
        rest = [held for held in rest if held not in now]
        yield work, now


class _Numbers:
    """Turns moments and points into numbers after the plan's moment."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self.places: dict[Point, int] = {}

    def task(self, errand: Errand) -> Task:
        point = errand.address.point
        assert point is not None
        window = errand.window
        zones = (z.id for z in self._situation.zones if in_zone(z, errand.address))
        return Task(
            id=errand.delivery_id,
            place=self._place(point),
            opens=max(self._second(window.opens), 0) if window is not None else 0,
            closes=self._second(window.closes) if window is not None else FOR_EVER,
            service=errand.service_seconds,
            load=_amounts(errand.load),
            zones=tuple(zones),
            skills=tuple(sorted(errand.skills)),
        )

    def van(self, driver: Driver, work: Work, fixed: Series[Errand], *, first: bool) -> Van:
        situation = self._situation
        hub = situation.hub(driver)
        start = situation.start(driver) if first else hub
        return Van(
            driver=driver.id,
            start=None if start is None else self._place(start),
            end=None if hub is None else self._place(hub),
            opens=self._second(work.opens),
            closes=self._second(work.closes),
            pauses=tuple((self._second(p.opens), self._second(p.closes)) for p in work.pauses),
            capacity=_amounts(situation.capacity(driver)),
            most=driver.max_stops,
            zones=driver.zones,
            skills=driver.skills,
            fixed=tuple(errand.delivery_id for errand in fixed),
        )

    def _place(self, point: Point) -> int:
        return self.places.setdefault(point, len(self.places))

    def _second(self, moment: Instant) -> int:
        return (moment - self._situation.now) // 1_000


def _amounts(load: Load) -> Amounts:
    return load.weight_g, load.volume_ml, load.pieces
