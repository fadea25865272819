"""When a driver is at work: weekly shifts by the tenant's clock, as moments. [PL]"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from protocols.struct import Struct
from protocols.values import Shift
from protocols.vocabulary import Instant
from server.domain.fleet import Driver

_MIDNIGHT = 1_440

_ONE_DAY = timedelta(days=1)


class Pause(Struct, frozen=True, kw_only=True):
    """Nobody drives and nobody hands over between these moments."""

    opens: Instant
    closes: Instant


class Work(Struct, frozen=True, kw_only=True):
    """One stretch of a driver's work with its pauses, in order."""

    opens: Instant
    closes: Instant
    pauses: tuple[Pause, ...] = ()


def works(driver: Driver, after: Instant, before: Instant, zone: tzinfo) -> tuple[Work, ...]:
    """The driver's work between two moments, in order of time, cut at both. [PL]

    A shift whose end is not after its begin ends on the next day. Shifts of one driver that
    overlap are one stretch of work.
    """
    if before <= after:
        return ()
    # PL4
    if not driver.shifts:
        return (Work(opens=after, closes=before),)
    found: list[Work] = []
    for work in sorted(_all(driver, after, before, zone), key=lambda each: each.opens):
        cut = _cut(work, after, before)
        if cut is None:
            continue
        if found and cut.opens <= found[-1].closes:
            cut = _joined(found.pop(), cut)
        found.append(cut)
    return tuple(found)


def day_of(moment: Instant, zone: tzinfo) -> date:
    """The day by the tenant's clock."""
    return datetime.fromtimestamp(moment / 1_000, zone).date()


def _all(driver: Driver, after: Instant, before: Instant, zone: tzinfo) -> Iterator[Work]:
    # From the day before: its night shift may reach into the first one.
    day, last = day_of(after, zone) - _ONE_DAY, day_of(before, zone)
    while day <= last:
        # PL5
        if day.isoformat() not in driver.days_off:
            for shift in driver.shifts:
                if day.weekday() in shift.days:
                    yield _on(day, shift, zone)
        day += _ONE_DAY


def _on(day: date, shift: Shift, zone: tzinfo) -> Work:
    closes = shift.closes + (_MIDNIGHT if shift.closes <= shift.opens else 0)
    pauses = []
    for pause in shift.breaks:
        opens = pause.opens + (_MIDNIGHT if pause.opens < shift.opens else 0)
        ends = pause.closes + (_MIDNIGHT if pause.closes < shift.opens else 0)
        if opens < ends:
            pauses.append(Pause(opens=_at(day, opens, zone), closes=_at(day, ends, zone)))
    return Work(
        opens=_at(day, shift.opens, zone),
        closes=_at(day, closes, zone),
        pauses=tuple(sorted(pauses, key=lambda each: each.opens)),
    )


def _at(day: date, minutes: int, zone: tzinfo) -> Instant:
    """The moment at which a clock on the wall shows so many minutes after midnight. [PL]

    A time that the spring skips is as late after midnight as it would have been; one that the
    autumn has twice is the first.
    """
    # PL6
    day += timedelta(days=minutes // _MIDNIGHT)
    hour, minute = divmod(minutes % _MIDNIGHT, 60)
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return Instant(round(wall.timestamp() * 1_000))


def _cut(work: Work, after: Instant, before: Instant) -> Work | None:
    opens, closes = max(work.opens, after), min(work.closes, before)
    if opens >= closes:
        return None
    pauses = tuple(
        Pause(opens=max(each.opens, opens), closes=min(each.closes, closes))
        for each in work.pauses
        if each.opens < closes and each.closes > opens
    )
    return Work(opens=opens, closes=closes, pauses=pauses)


def _joined(one: Work, other: Work) -> Work:
    """One stretch: pauses of one shift in which the other works are work."""
    kept = [p for p in one.pauses if p.closes <= other.opens or p.opens >= other.closes]
    kept += [p for p in other.pauses if p.opens >= one.closes]
    return Work(
        opens=one.opens,
        closes=max(one.closes, other.closes),
        pauses=tuple(sorted(kept, key=lambda each: each.opens)),
    )
