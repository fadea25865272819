"""A tenant's past as a script: what was asked, by whom and when."""

import zlib
from collections.abc import Sequence as Series
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

import msgspec

from protocols.commands import OrderCommand
from protocols.values import Window
from protocols.vocabulary import Category, Instant, PersonId, StageId, TenantId
from server.domain.fleet import Driver
from server.domain.records import Person, Record
from server.domain.workflow.state import Workflow

T = TypeVar("T")

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_MORNING, _EVENING = 7, 18
"""Deliveries begin within these hours of the tenant's day, unless they are under way."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command of the past."""

    at: Instant
    by: PersonId
    command: OrderCommand


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that makes a tenant: its records first, then its past in order of time."""

    tenant_id: TenantId
    slug: str
    name: str
    records: tuple[Record, ...]
    people: tuple[Person, ...]
    drivers: tuple[Driver, ...] = ()
    steps: tuple[Step, ...]


class Dice:
    """Choices that look random and are the same on every run: a hash of what is chosen for."""

    def __init__(self, seed: str) -> None:
        """Throw for this order."""
        self._seed = seed

    def below(self, limit: int, what: str) -> int:
        """A whole number in [0, limit)."""
        return zlib.crc32(f"{self._seed}:{what}".encode()) % limit

    def chance(self, percent: int, what: str) -> bool:
        """True in so many of a hundred cases."""
        return self.below(100, what) < percent

    def one_of(self, things: Series[T], what: str) -> T:
        """One of these."""
        return things[self.below(len(things), what)]


def stages_of(workflow: Workflow) -> dict[Category, StageId]:
    """The first stage of each category."""
    return {stage.category: stage.id for stage in reversed(workflow.stages)}


def in_order(steps: list[Step]) -> tuple[Step, ...]:
    """Steps by time; those of the same moment stay as they were told."""
    return tuple(sorted(steps, key=lambda step: step.at))


def in_daytime(moment: int, zone: tzinfo, spread: int) -> int:
    """The moment, or some time of the next morning when nobody would be at work by then."""
    local = datetime.fromtimestamp(moment / 1_000, zone)
    if _MORNING <= local.hour < _EVENING:
        return moment
    next_day = timedelta(days=1 if local.hour >= _EVENING else 0)
    morning = local.replace(hour=_MORNING, minute=0, second=0, microsecond=0) + next_day
    return int(morning.timestamp() * 1_000) + spread % (6 * HOUR)


def window(opens: int, hours: int) -> Window:
    """A delivery window of so many hours, on the half hour."""
    start = opens - opens % (30 * MINUTE)
    return Window(opens=Instant(start), closes=Instant(start + hours * HOUR))
