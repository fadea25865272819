"""Northwind Traders: the book's orders as if they had all been placed in the last six weeks."""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from protocols.values import Label
from protocols.vocabulary import (
    Category,
    Currency,
    Instant,
    LabelId,
    PersonId,
    Role,
    TenantId,
)
from server.demo import book
from server.demo.book import Booked
from server.demo.fleet import drivers_near, fleet
from server.demo.script import DAY, HOUR, Dice, Script, Step, in_order, stages_of
from server.demo.story import Cast, Story
from server.domain.fleet import Driver
from server.domain.records import Person, Settings
from server.domain.workflow.presets import full_7

_SPAN = 42 * DAY
"""The book's 22 months pass in six weeks: the stages fill as they would in a busy house."""

_OPEN: tuple[tuple[Category, int], ...] = (
    ("new", 58),
    ("confirmed", 66),
    ("preparing", 34),
    ("ready", 44),
    ("in_transit", 68),
)
"""How many of the newest orders are still under way, by stage."""

LABELS = (
    Label(id="cold-chain", name="Cold chain", tint=0, skill=True),
    Label(id="fragile", name="Fragile", tint=1, skill=True),
    Label(id="gift", name="Gift", tint=2),
    Label(id="export", name="Export papers", tint=3),
    Label(id="key-account", name="Key account", tint=4),
    Label(id="weekend", name="Weekend", tint=5),
)

_MORE_ROLES: dict[str, tuple[Role, ...]] = {
    "nancy": ("order", "backoffice"),
    "andrew": ("user", "owner", "superadmin"),
    "steven": ("order", "backoffice"),
    "michael": ("dispatcher",),
    "laura": ("order", "backoffice"),
}
"""Everybody of the book is a CSR; these are more."""

_WAREHOUSE = Person(
    id=PersonId("wilma"),
    email="wilma@northwind.example",
    name="Wilma Larsen",
    roles=("warehouse",),
)


def northwind(now: Instant, time_zone: str) -> Script:
    """The whole tenant as of now."""
    workflow = full_7()
    people = tuple(_people())
    cast = Cast(
        stages=stages_of(workflow),
        warehouse=_WAREHOUSE.id,
        dispatcher=PersonId("michael"),
        desk=tuple(PersonId(name) for name in ("nancy", "steven", "laura", "janet", "margaret")),
        drivers=drivers_near,
        labels=tuple(LabelId(label.id) for label in LABELS),
        now=now,
        zone=ZoneInfo(time_zone),
    )
    settings = Settings(
        name="Northwind Traders",
        currency=Currency("USD"),
        locale="en-US",
        time_zone=time_zone,
        number_prefix="NW-",
        # The book knows discounts of a quarter.
        discount_limit=2_500,
        labels=LABELS,
    )
    vans = tuple(fleet())
    return Script(
        tenant_id=TenantId("northwind"),
        slug="northwind",
        name=settings.name,
        records=(settings, workflow, *people, *vans, *book.customers(), *book.products()),
        people=people,
        drivers=tuple(van for van in vans if isinstance(van, Driver)),
        steps=in_order([*_told(cast)]),
    )


def _told(cast: Cast) -> Iterator[Step]:
    orders = book.orders()
    last = orders[-1].ordered
    for place, booked in enumerate(reversed(orders)):
        placed = _placed(booked, last, place, cast.now)
        yield from Story(booked, placed, _goal(booked, place), cast).steps()


def _placed(booked: Booked, last: date, place: int, now: Instant) -> Instant:
    """The book's day, moved near; orders of one day follow each other."""
    days = (last - booked.ordered).days
    scale = _SPAN // 672
    jitter = Dice(booked.reference).below(scale // 2, "placed")
    return Instant(now - days * scale - jitter - (place % 4) * HOUR // 3 - 12 * 60_000)


def _goal(booked: Booked, place: int) -> Category:
    """The newest orders are under way, the newest of them least far; a few are cancelled."""
    dice = Dice(booked.reference)
    if place > 20 and dice.chance(3, "cancelled"):
        return "cancelled"
    # Not sorted by age alone: some are slow, some are urgent.
    rest = max(place + dice.below(31, "pace") - 15, 0)
    for category, count in _OPEN:
        if rest < count:
            return category
        rest -= count
    return "done"


def _people() -> Iterator[Person]:
    for person_id, name in book.employees().items():
        yield Person(
            id=person_id,
            email=f"{person_id}@northwind.example",
            name=name,
            roles=("csr", *_MORE_ROLES.get(person_id, ())),
        )
    yield _WAREHOUSE
