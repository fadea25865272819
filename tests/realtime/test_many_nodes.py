"""Who is there and who is signed out, across nodes that hear each other or do not."""

from typing import Literal

import pytest

from protocols.closing import Close
from protocols.from_server import Person, Presence
from protocols.values import Position
from protocols.vocabulary import DriverId, PersonId, SessionId
from server.application.ports import News
from server.realtime.channels import DRIVERS
from server.realtime.fanout_memory import MemoryBus, MemoryFanout
from server.realtime.presence import Presences
from server.realtime.presence_abroad import REPEAT_SECONDS, PresenceAbroad
from server.realtime.roster import Roster
from server.realtime.roster_abroad import RosterAbroad
from server.realtime.timers import Wheel
from server.realtime.whereabouts import Whereabouts
from tests.realtime.test_socket_roster import Seat
from tests.support.fakes import FakeClock, FakeIds
from tests.support.rules import rule
from tests.support.sockets import TENANT, HandLine, a_principal

BOARD = "presence:board"

Doing = Literal["viewing", "moving", "editing"]


class Cuttable(MemoryBus):
    """A bus that can be away; its ends are not told."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    def carry(self, sender: MemoryFanout, news: News) -> None:
        if not self.away:
            super().carry(sender, news)


class House:
    """A node's presences."""

    def __init__(self, bus: MemoryBus, clock: FakeClock, name: str) -> None:
        self.fanout = bus.fanout()
        self.fanout.follow(TENANT)
        self.wheel = Wheel(clock)
        self.presences = Presences(self.wheel, clock)
        self.abroad = PresenceAbroad(self.presences, self.fanout, clock, name)
        self.where = Whereabouts(self.presences)

    def join(self, session: str, channel: str = BOARD) -> HandLine:
        line = HandLine(session)
        self.presences.join(TENANT, channel, line)
        return line

    def show(self, session: str, doing: Doing = "viewing") -> None:
        self.presences.show(TENANT, BOARD, a_person(session, doing))

    def here(self) -> dict[str, str]:
        return {p.session_id: p.doing for p in self.presences.present(TENANT, BOARD)}


class Town:
    """Two nodes and a clock that moves when told."""

    def __init__(self) -> None:
        self.clock, self.bus = FakeClock(), Cuttable()
        self.one, self.two = House(self.bus, self.clock, "n1"), House(self.bus, self.clock, "n2")
        self.dead: list[House] = []
        self._round = 0.0

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self._round += 0.1
            for house in (self.one, self.two):
                if house not in self.dead:
                    house.wheel.advance()
                    if self._round >= REPEAT_SECONDS:
                        await house.abroad.round()
            self._round %= REPEAT_SECONDS


def a_person(session: str, doing: Doing = "viewing") -> Person:
    return Person(
        session_id=SessionId(session), id=PersonId("person-anna"), name="Anna", doing=doing
    )


def a_driver(lat: float) -> Person:
    driver = DriverId("dora")
    return Person(
        session_id=SessionId("driver:dora"),
        id=PersonId("dora"),
        name="Dora",
        doing="viewing",
        driver_id=driver,
        position=Position(lat=lat, lon=13.4),
    )


pytestmark = pytest.mark.asyncio


@rule("MN7")
async def test_a_word_is_heard_on_the_other_node_within_the_merging_time() -> None:
    town = Town()
    watcher = town.two.join("s-2")
    watcher.sent.clear()
    town.one.join("s-1")

    town.one.show("s-1", "moving")
    await town.pass_time(0.2)

    assert watcher.sent == [Presence(channel=BOARD, people=[a_person("s-1", "moving")])]


@rule("MN7")
async def test_who_joins_gets_the_people_of_the_other_node_too() -> None:
    town = Town()
    town.one.join("s-1")
    town.one.show("s-1")
    await town.pass_time(0.2)

    town.two.join("s-2")

    assert town.two.here() == {"s-1": "viewing"}


@rule("MN7")
async def test_a_person_who_leaves_is_gone_on_the_other_node_too() -> None:
    town = Town()
    town.one.join("s-1")
    town.two.join("s-2")
    town.one.show("s-1")
    town.two.show("s-2")
    await town.pass_time(0.2)

    town.one.presences.leave(SessionId("s-1"))
    await town.pass_time(0.2)

    assert town.two.here() == {"s-2": "viewing"}


@rule("MN9")
async def test_the_people_of_a_node_that_dies_are_forgotten_within_fifteen_seconds() -> None:
    town = Town()
    town.one.join("s-1")
    town.two.join("s-2")
    town.one.show("s-1")
    await town.pass_time(1.0)
    before = town.two.here()

    town.dead.append(town.one)
    await town.pass_time(15.0)

    assert before == {"s-1": "viewing"}
    assert town.two.here() == {}


@rule("MN9")
async def test_what_was_missed_while_the_bus_was_away_is_told_again() -> None:
    town = Town()
    town.one.join("s-1")
    town.two.join("s-2")
    town.one.show("s-1")
    await town.pass_time(0.2)

    town.bus.away = True
    town.one.show("s-1", "editing")
    await town.pass_time(2)
    town.bus.away = False
    await town.pass_time(REPEAT_SECONDS)

    assert town.two.here() == {"s-1": "editing"}


@rule("MN9")
async def test_an_absence_that_was_missed_ends_with_the_next_full_telling() -> None:
    town = Town()
    for session in ("s-1", "s-3"):
        town.one.join(session)
        town.one.show(session)
    town.two.join("s-2")
    await town.pass_time(0.2)

    town.bus.away = True
    town.one.presences.leave(SessionId("s-1"))
    await town.pass_time(0.2)
    town.bus.away = False
    await town.pass_time(REPEAT_SECONDS)

    assert town.two.here() == {"s-3": "viewing"}


@rule("MN8")
async def test_a_drivers_last_word_counts_on_whichever_node_it_was_said() -> None:
    town = Town()
    town.one.presences.locate(TENANT, DRIVERS, a_driver(52.1))
    await town.pass_time(0.2)

    town.two.presences.locate(TENANT, DRIVERS, a_driver(52.2))
    await town.pass_time(REPEAT_SECONDS + 1)

    found = [house.where.positions(TENANT)[DriverId("dora")].lat for house in (town.one, town.two)]
    assert found == [52.2, 52.2]


@rule("MN8")
async def test_a_driver_who_goes_off_duty_on_another_node_is_gone_everywhere() -> None:
    town = Town()
    town.one.presences.locate(TENANT, DRIVERS, a_driver(52.1))
    await town.pass_time(0.2)

    town.two.presences.hide(TENANT, DRIVERS, SessionId("driver:dora"))
    await town.pass_time(REPEAT_SECONDS + 1)

    assert town.one.where.positions(TENANT) == town.two.where.positions(TENANT) == {}


def two_rosters(seat: Seat) -> tuple[RosterAbroad, Roster]:
    """Here, where somebody revokes; and there, where the seat is."""
    bus = MemoryBus()
    ends = bus.fanout(), bus.fanout()
    here, there = Roster(FakeIds(1)), Roster(FakeIds(2))
    there.join(seat)
    for end in ends:
        end.follow(TENANT)
    RosterAbroad(there, ends[1])
    return RosterAbroad(here, ends[0]), there


@rule("MN10")
async def test_a_device_that_is_signed_out_here_loses_its_socket_there() -> None:
    seat = Seat("s-1")
    here, there = two_rosters(seat)
    before = there.revocations

    here.close_sign_in(TENANT, "device-1")

    assert seat.closed == [Close.REVOKED]
    # AU36: whoever is being let in there reads the credential again.
    assert there.revocations > before


@rule("MN10")
async def test_a_person_who_is_signed_out_here_keeps_the_kept_device_there() -> None:
    kept, lost = Seat("s-1", a_principal(sign_in_id="device-2")), Seat("s-2")
    here, there = two_rosters(kept)
    there.join(lost)

    here.close_person(TENANT, PersonId("person-anna"), keep="device-2")

    assert (kept.closed, lost.closed) == ([], [Close.REVOKED])
