"""Who could bring a delivery, and why not the others."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.values import Address, Break, Label, Load, Point, Shift, Window
from protocols.vocabulary import DriverId, Instant, ZoneId
from server.domain.dispatch.candidates import Candidate, judge, why_not
from server.domain.dispatch.errands import Errand, errand_of, is_fixed, skills_of
from server.domain.dispatch.loads import carries, load_of, together
from server.domain.dispatch.places import road_m, straight_m
from server.domain.dispatch.shifts import Work, works
from server.domain.dispatch.zones import in_zone, inside, serves
from server.domain.fleet import Driver, Zone
from server.domain.orders.state import Hold
from server.domain.records import Settings
from tests.support.builders import NOW, a_delivery, a_line, a_world, an_order
from tests.support.rules import rule

BERLIN, LEIPZIG = Point(lat=52.52, lon=13.405), Point(lat=51.3397, lon=12.3731)
SQUARE = tuple(Point(lat=lat, lon=lon) for lat, lon in ((1, 1), (1, 3), (3, 3), (3, 1)))
EAST = ZoneInfo("Europe/Berlin")
HOUR = 60 * 60 * 1_000
DAY = 24 * HOUR


def a_zone(**fields) -> Zone:
    return Zone(id=ZoneId("zone-1"), name="East", **fields)


def a_driver(**fields) -> Driver:
    return Driver(**({"id": DriverId("dora-1"), "name": "Dora"} | fields))


def an_errand(**fields) -> Errand:
    order = an_order(shipping_address=Address(city="Berlin", country="Germany", point=BERLIN))
    settings = a_world(order).settings
    return replace(errand_of(order, order.deliveries[0], settings), **fields)


def at(text: str) -> Instant:
    """A moment by the clock in Berlin."""
    return Instant(round(datetime.fromisoformat(text).replace(tzinfo=EAST).timestamp() * 1_000))


@rule("PL1")
@pytest.mark.parametrize(
    ("zone", "held"),
    [
        (a_zone(), False),
        (a_zone(countries=("germany ",)), True),
        (a_zone(countries=("Austria",)), False),
        (a_zone(countries=("Germany",), postcodes=("04", "121")), True),
        (a_zone(countries=("Germany",), postcodes=("04",)), False),
        (a_zone(postcodes=("1 2-1",)), True),
        (a_zone(countries=("Austria",), postcodes=("121",)), False),
        (a_zone(countries=("Germany",), postcodes=("",)), False),
        (a_zone(polygon=SQUARE), False),
    ],
)
def test_an_address_is_in_a_zone_by_its_country_and_what_its_postcode_begins_with(zone, held):
    address = Address(city="Berlin", postcode="12 109", country="Germany")

    assert in_zone(zone, address) is held


@rule("PL1")
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_an_address_is_in_a_drawn_zone_by_its_place(lat: float, lon: float):
    point = Point(lat=lat, lon=lon)

    held = in_zone(a_zone(polygon=SQUARE), Address(city="Nowhere", point=point))

    if 1 < lat < 3 and 1 < lon < 3:
        assert held
    if not (1 <= lat <= 3 and 1 <= lon <= 3):
        assert not held


@rule("PL1")
# Rounding had the edge there and the edge back on two sides of the point (2026-11-28).
@example([(57.0, 57.0), (-38.0, -38.0)])
@given(st.lists(st.tuples(st.floats(-80, 80), st.floats(-170, 170)), max_size=2))
def test_fewer_than_three_corners_hold_nothing(corners: list[tuple[float, float]]):
    polygon = tuple(Point(lat=lat, lon=lon) for lat, lon in corners)

    assert not inside(polygon, Point(lat=1, lon=1))


@rule("PL2")
def test_a_driver_without_zones_serves_everything_and_one_with_zones_only_these():
    address, zone = Address(city="Berlin", country="Germany"), a_zone(countries=("Germany",))
    other = Zone(id=ZoneId("zone-2"), name="West", countries=("France",))

    assert serves(a_driver(), (), address)
    assert serves(a_driver(zones=("zone-2", "zone-1")), (zone, other), address)
    assert not serves(a_driver(zones=("zone-2",)), (zone, other), address)
    assert not serves(a_driver(zones=("gone",)), (zone, other), address)


@rule("PL3")
def test_only_labels_that_need_a_skill_ask_for_one():
    labels = (Label(id="cold", name="Cold", skill=True), Label(id="gift", name="Gift"))
    order = an_order(labels=("cold", "gift"))

    asked = skills_of(order, labels)

    assert asked == {"cold"}
    errand = an_errand(skills=asked)
    unable, able = (Candidate(driver=a_driver(skills=skills)) for skills in ((), ("cold", "x")))
    assert why_not(errand, unable, (), NOW, UTC) == ("no_skill",)
    assert why_not(errand, able, (), NOW, UTC) == ()


@rule("PL4")
def test_a_driver_without_shifts_is_always_at_work_and_one_with_shifts_then():
    early = Shift(
        days=(0, 1, 2, 3, 4), opens=360, closes=840, breaks=(Break(opens=600, closes=630),)
    )
    monday, sunday = at("2026-06-01T00:00"), at("2026-06-07T00:00")

    free = works(a_driver(), monday, Instant(monday + DAY), EAST)
    bound = works(a_driver(shifts=(early,)), monday, Instant(monday + DAY), EAST)

    assert free == (Work(opens=monday, closes=Instant(monday + DAY)),)
    assert [(w.opens, w.closes) for w in bound] == [
        (at("2026-06-01T06:00"), at("2026-06-01T14:00"))
    ]
    assert [(p.opens, p.closes) for p in bound[0].pauses] == [
        (at("2026-06-01T10:00"), at("2026-06-01T10:30"))
    ]
    assert works(a_driver(shifts=(early,)), sunday, Instant(sunday + DAY - 1), EAST) == ()


@rule("PL4")
def test_a_night_shift_reaches_into_the_next_day_and_belongs_to_the_day_it_begins():
    night = Shift(days=(4,), opens=1_320, closes=360, breaks=(Break(opens=60, closes=90),))
    saturday = at("2026-06-06T00:00")

    (work,) = works(a_driver(shifts=(night,)), saturday, Instant(saturday + DAY), EAST)

    assert (work.opens, work.closes) == (saturday, at("2026-06-06T06:00"))
    assert [(p.opens, p.closes) for p in work.pauses] == [
        (at("2026-06-06T01:00"), at("2026-06-06T01:30"))
    ]


@rule("PL5")
def test_nobody_works_on_a_day_off():
    shift = Shift(days=(0, 1, 2, 3, 4, 5, 6), opens=360, closes=840)
    driver = a_driver(shifts=(shift,), days_off=("2026-06-02",))
    monday = at("2026-06-01T00:00")

    found = works(driver, monday, Instant(monday + 3 * DAY), EAST)

    assert [work.opens for work in found] == [at("2026-06-01T06:00"), at("2026-06-03T06:00")]
    errand = an_errand(window=Window(opens=at("2026-06-02T08:00"), closes=at("2026-06-02T09:00")))
    assert why_not(errand, Candidate(driver=driver), (), monday, EAST) == ("day_off",)


@rule("PL6")
@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 8), ("2026-03-29", 7), ("2026-10-25", 9), ("2026-10-26", 8)]
)
def test_a_shift_over_the_change_of_the_clock_is_as_long_as_the_walls_say(day: str, hours: int):
    shift = Shift(days=(0, 1, 2, 3, 4, 5, 6), opens=0, closes=480)
    midnight = at(f"{day}T00:00")

    (work,) = works(a_driver(shifts=(shift,)), midnight, Instant(midnight + 20 * HOUR), EAST)

    assert work.opens == midnight
    assert work.closes - work.opens == hours * HOUR


@rule("PL6")
def test_a_time_that_the_spring_skips_is_as_late_after_midnight():
    shift = Shift(days=(6,), opens=150, closes=480)
    midnight = at("2026-03-29T00:00")

    (work,) = works(a_driver(shifts=(shift,)), midnight, Instant(midnight + DAY), EAST)

    assert work.opens == midnight + 150 * 60_000


MINUTES = st.integers(0, 1_440)
SHIFTS = st.builds(
    Shift,
    days=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    opens=MINUTES,
    closes=MINUTES,
    breaks=st.lists(st.builds(Break, opens=MINUTES, closes=MINUTES), max_size=3).map(tuple),
)


@rule("PL4")
@given(
    st.lists(SHIFTS, min_size=1, max_size=4).map(tuple),
    st.integers(0, 400 * DAY),
    st.integers(0, 9 * DAY),
)
def test_work_is_in_order_apart_and_within_the_asked_time_and_pauses_within_work(
    shifts: tuple[Shift, ...], start: int, length: int
):
    after = Instant(NOW + start)
    before = Instant(after + length)

    found = works(a_driver(shifts=shifts), after, before, EAST)

    moment = after - 1
    for work in found:
        assert moment < work.opens < work.closes <= before
        moment = work.closes
        for pause in work.pauses:
            assert work.opens <= pause.opens < pause.closes <= work.closes


@rule("PL7")
def test_a_vehicle_carries_all_dimensions_or_nothing_and_what_it_does_not_limit():
    order = an_order(lines=(a_line(quantity=3, weight_g=200, volume_ml=5),))
    load = load_of(order, order.deliveries[0])

    assert load == Load(weight_g=600, volume_ml=15, pieces=3)
    assert carries(Load(), load)
    assert carries(Load(weight_g=600, pieces=3), load)
    assert not carries(Load(weight_g=599), load)
    assert not carries(Load(weight_g=9_000, pieces=2), load)
    assert together((load, load)).pieces == 6


@rule("PL8")
def test_all_that_speaks_against_a_driver_is_said_the_weightiest_first():
    zone = a_zone(countries=("France",))
    nap = Shift(
        days=(0, 1, 2, 3, 4, 5, 6), opens=0, closes=1_440, breaks=(Break(opens=0, closes=1_440),)
    )
    driver = a_driver(
        active=False, zones=("zone-1",), skills=(), shifts=(nap,), max_stops=1, name="Deniz"
    )
    errand = an_errand(skills=frozenset({"cold"}), load=Load(pieces=2))
    candidate = Candidate(
        driver=driver, capacity=Load(pieces=2), errands=(an_errand(load=Load(pieces=1)),)
    )

    assert why_not(errand, candidate, (zone,), NOW, UTC) == (
        "inactive",
        "zone_not_served",
        "no_skill",
        "break",
        "over_capacity",
        "max_stops",
    )


@rule("PL8")
def test_who_has_no_shift_when_it_is_wanted_is_not_offered():
    shift = Shift(days=(0, 1, 2, 3, 4, 5, 6), opens=360, closes=840)
    candidate = Candidate(driver=a_driver(shifts=(shift,)))
    window = Window(opens=at("2026-06-02T15:00"), closes=at("2026-06-02T16:00"))
    now = at("2026-06-01T10:00")

    assert why_not(an_errand(window=window), candidate, (), now, EAST) == ("off_shift",)
    late = Window(opens=at("2026-06-01T07:00"), closes=at("2026-06-01T08:00"))
    assert why_not(an_errand(window=late), candidate, (), now, EAST) == ()


@rule("PL8")
def test_available_drivers_come_first_then_the_nearest_then_by_name():
    near = Candidate(driver=a_driver(name="Near"), places=(LEIPZIG, BERLIN))
    far = Candidate(driver=a_driver(name="Far"), places=(LEIPZIG,))
    nowhere = Candidate(driver=a_driver(name="Anywhere"))
    gone = Candidate(driver=a_driver(name="Gone", active=False), places=(BERLIN,))

    found = judge(an_errand(), (gone, nowhere, far, near), (), NOW, UTC)

    assert [each.candidate.driver.name for each in found] == ["Near", "Far", "Anywhere", "Gone"]
    assert [each.metres for each in found] == [0, road_m(BERLIN, LEIPZIG), None, 0]


@rule("PL10")
def test_only_what_a_plan_gave_out_may_another_plan_take_away():
    mine = a_delivery(driver_id=DriverId("dora-1"), assigned_by="planner")
    hold = Hold(reason="why", by_id="ben", by_name="Ben", at=NOW)

    assert not is_fixed(an_order(), mine)
    assert is_fixed(an_order(), replace(mine, assigned_by="human"))
    assert is_fixed(an_order(), replace(mine, assigned_by="import"))
    assert is_fixed(an_order(), replace(mine, pinned=True))
    assert is_fixed(an_order(), replace(mine, collected_at=NOW))
    assert is_fixed(an_order(hold=hold), mine)


def test_a_straight_line_is_as_long_as_the_globe_says():
    assert straight_m(BERLIN, LEIPZIG) == pytest.approx(149_000, rel=0.01)
    assert straight_m(BERLIN, BERLIN) == 0


def test_a_delivery_says_how_long_it_takes_at_the_door_or_the_house_does():
    settings = Settings(name="House", currency="EUR", service_seconds=240)
    order = an_order()

    usual = errand_of(order, order.deliveries[0], settings)
    own = errand_of(order, a_delivery(service_seconds=90), settings)

    assert (usual.service_seconds, own.service_seconds) == (240, 90)
