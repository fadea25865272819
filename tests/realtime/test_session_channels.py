"""Channels a session may watch, and what it shows there."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.from_client import ReportMismatch, ShowPresence, Subscribe, Unsubscribe
from protocols.from_server import Person, Unsubscribed
from protocols.handshake import Wanted
from protocols.vocabulary import DriverId, OrderId
from server.realtime.channels import (
    Board,
    BoardPresence,
    DriverPresence,
    OneDisplay,
    OneDriver,
    OneOrder,
    OrderPresence,
    is_presence,
    may_watch,
    parse,
    spell,
)
from server.realtime.effects import Hide, Join, Log, Part, Send, Show, Unwatch, Watch
from tests.support.rules import rule
from tests.support.sockets import a_live_session, a_principal, an_actor, at, said

PRICES = ("order.read", "price.read")
IDS = st.from_regex(r"[0-9a-z][0-9a-z-]{2,63}", fullmatch=True)


def subscribe(session, channel, cursor=None):
    return session.receive(Subscribe(wanted=Wanted(channel=channel, cursor=cursor)), at(2))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("board", Board()),
        ("board~masked", Board(masked=True)),
        ("order:abc", OneOrder(OrderId("abc"))),
        ("driver:abc", OneDriver(DriverId("abc"))),
        ("display:hall-1", OneDisplay("hall-1")),
        ("presence:board", BoardPresence()),
        ("presence:drivers", DriverPresence()),
        ("presence:order:abc", OrderPresence(OrderId("abc"))),
    ],
)
def test_a_channel_name_means_one_place_and_is_spelled_the_same(name, place):
    assert parse(name) == place
    assert spell(place) == name
    assert is_presence(name) == name.startswith("presence")


@given(st.one_of(IDS.map(OneOrder), IDS.map(OneDriver), IDS.map(OrderPresence)))
def test_every_place_can_be_spelled_and_read_back(place):
    assert parse(spell(place)) == place


@pytest.mark.parametrize(
    "name",
    [
        "",
        "boards",
        "board~",
        "order:",
        "order:ab",
        "order:ABC",
        "order:a b c",
        "order:abc:def",
        "order:" + "a" * 65,
        "order:-abc",
        "order:abc\n",
        "presence:driver:abc",
        "presence:",
        "presence:presence:board",
        "ORDER:abc",
        "order:١٢٣",
    ],
)
def test_everything_else_means_nothing(name):
    assert parse(name) is None
    assert not may_watch(an_actor(permissions=PRICES), name)


@rule("AU40")
@pytest.mark.parametrize(
    ("name", "permissions", "allowed"),
    [
        ("board", PRICES, True),
        ("board", ("order.read",), False),
        ("board", ("price.read",), False),
        ("board~masked", ("order.read",), True),
        ("board~masked", (), False),
        ("order:abc", PRICES, True),
        ("order:abc", ("order.read",), False),
        ("driver:driver-anna", (), True),
        ("driver:person-anna", (), False),
        ("driver:person-ben", (), False),
        ("driver:person-ben", ("driver.assign",), True),
        ("display:hall-1", ("order.read",), True),
        ("display:hall-1", (), False),
        ("presence:board", ("order.read",), True),
        ("presence:board", (), False),
        ("order~masked:abc", ("order.read",), True),
        ("order~masked:abc", (), False),
        ("presence:order:abc", ("order.read",), True),
        ("presence:order:abc", (), False),
    ],
)
def test_a_channel_needs_its_permissions(name, permissions, allowed):
    assert may_watch(an_actor("anna", permissions), name) is allowed


def test_a_subscription_goes_to_the_feeds_with_its_cursor():
    session = a_live_session()

    assert subscribe(session, "board", "1.2.3") == [Watch("board", "1.2.3")]
    assert subscribe(session, "presence:board") == [Join("presence:board")]


@rule("AU39")
@pytest.mark.parametrize(
    "name", ["board", "order:abc", "driver:person-ben", "display:x-1", "no-such"]
)
def test_forbidden_foreign_and_unknown_channels_are_answered_alike(name):
    session = a_live_session(principal=a_principal(an_actor(permissions=())))

    effects = subscribe(session, name)

    assert effects == [Send(Unsubscribed(channel=name, cause="forbidden"))]


@rule("LM7")
def test_the_seventeenth_channel_is_too_many_and_one_of_the_others_makes_room():
    session = a_live_session(*(f"order:order-{n}" for n in range(16)))

    refused = subscribe(session, "order:order-16")
    again = subscribe(session, "order:order-3", "1.2.3")
    session.receive(Unsubscribe(channel="order:order-0"), at(2))
    allowed = subscribe(session, "order:order-16")

    assert refused == [Send(Unsubscribed(channel="order:order-16", cause="too_many"))]
    assert again == [Watch("order:order-3", "1.2.3")]
    assert allowed == [Watch("order:order-16", None)]


@rule("CL7")
def test_leaving_a_channel_is_confirmed():
    session = a_live_session("board", "presence:board")

    board = session.receive(Unsubscribe(channel="board"), at(2))
    presence = session.receive(Unsubscribe(channel="presence:board"), at(2))
    unknown = session.receive(Unsubscribe(channel="board"), at(2))

    assert board == [Unwatch("board"), Send(Unsubscribed(channel="board", cause="asked"))]
    assert presence[0] == Part("presence:board")
    assert unknown == [Send(Unsubscribed(channel="board", cause="unknown"))]


def test_rights_that_were_taken_end_the_channels_they_opened():
    bearer = a_principal(kind="bearer")
    session = a_live_session("board", "presence:board", principal=bearer)
    less = msgspec.structs.replace(bearer, actor=an_actor(permissions=("order.read",)))

    effects = session.renewed(less, at(2))

    assert effects == [
        Unwatch("board"),
        Send(Unsubscribed(channel="board", cause="forbidden")),
    ]
    assert subscribe(session, "board") == [Send(Unsubscribed(channel="board", cause="forbidden"))]


def test_what_a_person_does_is_shown_under_its_own_name_and_session():
    session = a_live_session("presence:board")
    word = ShowPresence(
        channel="presence:board", doing="moving", order_id=OrderId("order-1"), group="stage"
    )

    (effect,) = session.receive(word, at(2))

    assert effect == Show(
        "presence:board",
        Person(
            session_id=session.id,
            id="person-anna",
            name="Anna",
            doing="moving",
            order_id="order-1",
            group="stage",
        ),
    )


@rule("PR4")
def test_away_hides_the_person():
    session = a_live_session("presence:board")

    effects = session.receive(ShowPresence(channel="presence:board", doing="away"), at(2))

    assert effects == [Hide("presence:board")]


@rule("PR5")
def test_more_than_ten_words_a_second_are_dropped():
    session = a_live_session("presence:board")
    word = ShowPresence(channel="presence:board", doing="viewing")

    at_once = [session.receive(word, at(2)) for _ in range(25)]
    later = [session.receive(word, at(3)) for _ in range(25)]

    assert sum(map(len, at_once)) == 20
    assert sum(map(len, later)) == 10


@rule("PR7")
@pytest.mark.parametrize("channel", ["presence:board", "presence:order:abc", "board", "no-such"])
def test_a_word_on_a_channel_that_is_not_watched_is_refused(channel):
    session = a_live_session("board")

    effects = session.receive(ShowPresence(channel=channel, doing="viewing"), at(2))

    assert said(effects) == [Unsubscribed(channel=channel, cause="unknown")]


@rule("WB72")
def test_a_mismatch_is_logged_once_a_minute_and_only_of_what_is_watched():
    session = a_live_session("board", principal=a_principal(an_actor(permissions=PRICES)))
    report = ReportMismatch(channel="board", cursor="1.2.3", shown=4, told=5)
    strange = ReportMismatch(channel="order:else", cursor="1.2.3", shown=4, told=5)

    first, again, foreign, later = (
        session.receive(message, at(seconds))
        for message, seconds in ((report, 3), (report, 40), (strange, 41), (report, 64))
    )

    assert (first, again, later) == ([Log(report)], [], [Log(report)])
    assert foreign == [Send(Unsubscribed(channel="order:else", cause="unknown"))]
