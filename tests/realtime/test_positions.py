"""Where drivers are: said without watching, seen by dispatchers, and forgotten by itself."""

import msgspec
import pytest

from protocols.closing import Close
from protocols.from_client import Bye, FromClient, Ping, ShowPresence, Subscribe
from protocols.from_server import Person, Presence, Unsubscribed
from protocols.handshake import Wanted
from protocols.values import Point, Position
from protocols.vocabulary import DriverId, TenantId
from server.realtime.channels import DRIVERS, may_watch
from server.realtime.perform import Performer
from server.realtime.whereabouts import Whereabouts
from tests.support.rules import rule
from tests.support.sockets import (
    HandLine,
    World,
    a_hello,
    a_principal,
    an_actor,
    settle,
)

pytestmark = pytest.mark.asyncio

HERE = Position(lat=53.0793, lon=8.8017, accuracy_m=12)
THERE = Position(lat=53.0801, lon=8.8102, heading=90)


def say(performer: Performer, *messages: FromClient) -> None:
    for message in messages:
        performer.received(msgspec.json.encode(message), binary=False)


async def a_phone(world: World, driver: str = "dora") -> tuple[Performer, HandLine]:
    """A driver's phone that watches nothing."""
    performer, line = world.connect(
        a_principal(an_actor(driver, permissions=(), roles=("driver",)))
    )
    say(performer, a_hello())
    await settle()
    line.sent.clear()
    return performer, line


async def a_dispatcher(
    world: World, *channels: str, name: str = "mei"
) -> tuple[Performer, HandLine]:
    """Somebody who may assign drivers and drives nothing."""
    actor = an_actor(name, permissions=("order.read", "driver.assign"))
    performer, line = world.connect(a_principal(msgspec.structs.replace(actor, driver_id=None)))
    say(performer, a_hello(*(channels or (DRIVERS,))))
    await settle()
    return performer, line


def at(position: Position | None, doing: str = "viewing") -> ShowPresence:
    return ShowPresence(channel=DRIVERS, doing=doing, position=position)  # type: ignore[arg-type]


def places(line: HandLine) -> dict[str, Position]:
    """What a screen that was told all this shows now."""
    shown: dict[str, Position] = {}
    for message in line.sent:
        if isinstance(message, Presence) and message.channel == DRIVERS:
            if message.full:
                shown.clear()
            for session_id in message.gone:
                shown.pop(session_id, None)
            for person in message.people:
                if person.position is not None:
                    shown[person.session_id] = person.position
    return shown


@rule("PR8")
async def test_a_driver_shows_where_they_are_without_watching():
    world = World()
    _, screen = await a_dispatcher(world)
    phone, line = await a_phone(world)

    say(phone, at(HERE))

    assert screen.sent[-1] == Presence(
        channel=DRIVERS,
        people=[
            Person(
                session_id="driver:driver-dora",  # type: ignore[arg-type]
                id="person-dora",  # type: ignore[arg-type]
                name="Dora",
                doing="viewing",
                driver_id=DriverId("driver-dora"),
                position=HERE,
            )
        ],
    )
    assert line.sent == []


@rule("PR8")
async def test_whoever_looks_later_sees_at_once_where_everybody_is():
    world = World()
    phones = [await a_phone(world, name) for name in ("dora", "tom")]
    for (phone, _), position in zip(phones, (HERE, THERE), strict=True):
        say(phone, at(position))

    _, screen = await a_dispatcher(world)

    assert places(screen) == {"driver:driver-dora": HERE, "driver:driver-tom": THERE}


@rule("PR8")
@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [(("driver.assign",), True), (("order.read", "price.read", "order.edit"), False), ((), False)],
)
async def test_only_who_may_assign_drivers_watches_where_they_are(permissions, allowed):
    assert may_watch(an_actor("dora", permissions), DRIVERS) is allowed


@rule("PR8")
async def test_a_driver_who_wants_to_watch_the_others_is_refused():
    world = World()
    phone, line = await a_phone(world)

    say(phone, Subscribe(wanted=Wanted(channel=DRIVERS)))

    assert line.sent == [Unsubscribed(channel=DRIVERS, cause="forbidden")]


@rule("PR8")
async def test_a_driver_is_in_one_place_whichever_socket_says_it():
    world = World()
    _, screen = await a_dispatcher(world)
    phone, _ = await a_phone(world)
    say(phone, at(HERE))
    phone.lost()
    again, _ = await a_phone(world)

    say(again, at(THERE))
    await world.pass_time(1)

    assert places(screen) == {"driver:driver-dora": THERE}


@rule("PR9")
async def test_a_position_is_kept_sixty_seconds_although_the_socket_is_lost():
    world = World()
    desk, screen = await a_dispatcher(world)
    phone, _ = await a_phone(world)
    say(phone, at(HERE))

    phone.lost()
    for _ in range(59):
        await world.pass_time(1)
        say(desk, Ping())
    before = places(screen)
    await world.pass_time(2)

    assert (before, places(screen)) == ({"driver:driver-dora": HERE}, {})


@rule("PR9")
@pytest.mark.parametrize("end", ["away", "bye", "revoked"])
async def test_a_position_is_gone_at_once_when_the_driver_leaves_on_purpose(end):
    world = World()
    _, screen = await a_dispatcher(world)
    phone, _ = await a_phone(world)
    say(phone, at(HERE))
    await world.pass_time(1)
    before = places(screen)

    if end == "away":
        say(phone, at(None, "away"))
    elif end == "bye":
        say(phone, Bye())
    else:
        phone.close(Close.REVOKED)
    await world.pass_time(1)

    assert (before, places(screen)) == ({"driver:driver-dora": HERE}, {})


@rule("PR9")
async def test_away_takes_back_what_an_earlier_socket_of_the_driver_said():
    world = World()
    _, screen = await a_dispatcher(world)
    phone, _ = await a_phone(world)
    say(phone, at(HERE))
    phone.lost()
    again, _ = await a_phone(world)

    say(again, at(None, "away"))
    await world.pass_time(1)

    assert places(screen) == {}


@rule("PR9")
@pytest.mark.parametrize("code", [Close.REPLACED, Close.DRAIN, Close.NO_PONG])
async def test_a_socket_that_only_moves_takes_no_position_with_it(code):
    world = World()
    _, screen = await a_dispatcher(world)
    phone, _ = await a_phone(world)
    say(phone, at(HERE))

    phone.close(code)
    await world.pass_time(1)

    assert places(screen) == {"driver:driver-dora": HERE}


async def test_positions_that_nobody_looks_at_leave_nothing_behind():
    world = World()
    phone, _ = await a_phone(world)
    say(phone, at(HERE))
    phone.lost()

    await world.pass_time(62)

    assert world.wheel.is_empty()
    _, screen = await a_dispatcher(world)
    assert places(screen) == {}


@rule("PR10")
async def test_one_position_in_five_seconds_counts():
    world = World()
    _, screen = await a_dispatcher(world)
    phone, _ = await a_phone(world)

    say(phone, at(HERE), at(THERE))
    await world.pass_time(4)
    say(phone, at(THERE))
    await world.pass_time(0.5)
    early = places(screen)
    await world.pass_time(1)
    say(phone, at(THERE))
    await world.pass_time(0.5)

    assert early == {"driver:driver-dora": HERE}
    assert places(screen) == {"driver:driver-dora": THERE}


@rule("PR10")
async def test_a_position_of_somebody_who_does_not_drive_is_left_out():
    world = World()
    _, screen = await a_dispatcher(world)
    other, _ = await a_dispatcher(world, name="ben")

    say(other, at(HERE))

    (person,) = screen.sent[-1].people  # type: ignore[union-attr]
    assert (person.name, person.position, person.driver_id) == ("Ben", None, None)


@rule("PR10")
async def test_a_position_on_another_channel_is_left_out():
    world = World()
    _, screen = await a_dispatcher(world, "presence:board")
    actor = an_actor("anna", permissions=("order.read",))
    other, _ = world.connect(a_principal(actor))
    say(other, a_hello("presence:board"))
    await settle()

    say(other, ShowPresence(channel="presence:board", doing="viewing", position=HERE))

    (person,) = screen.sent[-1].people  # type: ignore[union-attr]
    assert (person.name, person.position, person.driver_id) == ("Anna", None, None)


@rule("PR10")
async def test_a_driver_whose_phone_knows_no_place_stays_where_they_were():
    world = World()
    _, screen = await a_dispatcher(world)
    phone, line = await a_phone(world)
    say(phone, at(HERE))
    await world.pass_time(10)

    say(phone, at(None))
    await world.pass_time(1)

    assert places(screen) == {"driver:driver-dora": HERE}
    assert not any(isinstance(message, Unsubscribed) for message in line.sent)


@pytest.mark.parametrize(
    "position",
    [{"lat": 91, "lon": 0}, {"lat": 0, "lon": 0, "heading": 361}, {"lat": 0, "lon": 0, "at": 1}],
)
async def test_a_position_that_is_none_ends_the_socket(position):
    world = World()
    phone, line = await a_phone(world)
    word = {"type": "presence", "channel": DRIVERS, "doing": "viewing", "position": position}

    phone.received(msgspec.json.encode(word), binary=False)

    assert line.closed == [Close.PROTOCOL_ERROR]


@rule("PL11")
async def test_plans_know_where_phones_are_and_only_those_that_say_so():
    world = World()
    performer, _ = await a_phone(world)
    silent, _ = await a_phone(world, "deniz")
    whereabouts = Whereabouts(world.around.presences)

    say(performer, at(HERE))
    say(silent, at(None))
    await settle()

    tenant_id = a_principal().actor.tenant_id
    assert whereabouts.positions(tenant_id) == {"driver-dora": Point(lat=HERE.lat, lon=HERE.lon)}
    assert whereabouts.positions(TenantId("elsewhere")) == {}
