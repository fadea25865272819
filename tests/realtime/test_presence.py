"""Presence: the last word counts, it is merged, and it is forgotten by itself."""

import pytest

from protocols.from_server import Person, Presence
from protocols.vocabulary import PersonId, SessionId, TenantId
from server.realtime.circle import Circle
from server.realtime.limits import LOW_WATER
from server.realtime.presence import Presences
from server.realtime.timers import Wheel
from tests.support.fakes import FakeClock
from tests.support.rules import rule
from tests.support.sockets import TENANT, HandLine

BOARD = "presence:board"


def a_person(session: str = "session-1", doing: str = "viewing") -> Person:
    return Person(
        session_id=SessionId(session), id=PersonId("person-anna"), name="Anna", doing=doing
    )


class Room:
    """A node's presences with a clock that moves when told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.wheel = Wheel(self.clock)
        self.presences = Presences(self.wheel, self.clock)

    def join(self, session: str, channel: str = BOARD) -> HandLine:
        line = HandLine(session)
        self.presences.join(TENANT, channel, line)
        line.sent.clear()
        return line

    def show(self, session: str, doing: str = "viewing", channel: str = BOARD) -> None:
        self.presences.show(TENANT, channel, a_person(session, doing))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.wheel.advance()


def test_news_are_the_last_words_since_the_last_news():
    circle = Circle(BOARD)
    circle.show(a_person(doing="viewing"), 0)
    circle.show(a_person(doing="moving"), 0)

    first, second = circle.news(), circle.news()

    assert first == Presence(channel=BOARD, people=[a_person(doing="moving")])
    assert second is None


def test_the_same_word_again_is_no_news_but_lasts_longer():
    circle = Circle(BOARD)
    circle.show(a_person(), 0)
    circle.news()

    circle.show(a_person(), 10)
    circle.expire(15)

    assert circle.news() is None
    assert circle.next_expiry == 25


@rule("PR2")
def test_a_word_is_forgotten_after_fifteen_seconds():
    room = Room()
    watcher = room.join("session-2")
    room.join("session-1")
    room.show("session-1")
    room.pass_time(14.5)
    before = len(watcher.sent)

    room.pass_time(1.0)

    assert before == 1
    assert watcher.sent[1:] == [Presence(channel=BOARD, gone=[SessionId("session-1")])]


@rule("PR2")
def test_a_word_that_is_repeated_stays():
    room = Room()
    watcher = room.join("session-2")
    room.join("session-1")

    for _ in range(8):
        room.show("session-1")
        room.pass_time(5)

    assert watcher.sent == [Presence(channel=BOARD, people=[a_person()])]


@rule("PR1")
def test_the_first_word_goes_out_at_once_and_the_next_ones_merged():
    room = Room()
    watcher = room.join("session-2")
    room.join("session-1")

    room.show("session-1", "viewing")
    at_once = list(watcher.sent)
    room.show("session-1", "moving")
    room.show("session-1", "editing")
    merging = list(watcher.sent)
    room.pass_time(0.3)

    assert at_once == merging == [Presence(channel=BOARD, people=[a_person(doing="viewing")])]
    assert watcher.sent[1:] == [Presence(channel=BOARD, people=[a_person(doing="editing")])]


@rule("PR1")
def test_watchers_get_at_most_ten_news_a_second():
    room = Room()
    watcher = room.join("session-2")
    room.join("session-1")

    for step in range(100):
        room.show("session-1", "moving" if step % 2 else "editing")
        room.clock.advance(0.01)
        room.wheel.advance()

    assert 5 <= len(watcher.sent) <= 11


@rule("PR3")
def test_who_joins_gets_the_full_set_first():
    room = Room()
    room.join("session-1")
    room.show("session-1")
    late = HandLine("session-3")

    room.presences.join(TENANT, BOARD, late)

    assert late.sent == [Presence(channel=BOARD, people=[a_person()], full=True)]


@rule("PR4")
@pytest.mark.parametrize("end", ["hide", "part", "leave"])
def test_a_word_ends_with_away_with_the_watching_and_with_the_socket(end):
    room = Room()
    watcher = room.join("session-2")
    room.join("session-1")
    room.show("session-1")
    room.pass_time(1)
    one = SessionId("session-1")

    if end == "leave":
        room.presences.leave(one)
    else:
        getattr(room.presences, end)(TENANT, BOARD, one)

    assert watcher.sent[1:] == [Presence(channel=BOARD, gone=[one])]


def test_the_last_watcher_turns_off_the_light():
    room = Room()
    room.join("session-1")
    room.show("session-1")
    room.show("session-1", "moving")

    room.presences.leave(SessionId("session-1"))
    room.pass_time(30)

    assert room.join("session-2").sent == []
    assert room.wheel.is_empty()


@rule("PR6")
def test_a_socket_that_lags_gets_no_news_and_the_full_set_when_it_caught_up():
    room = Room()
    slow, quick = room.join("session-2"), room.join("session-3")
    room.join("session-1")
    slow.backlog = LOW_WATER + 1

    room.show("session-1", "viewing")
    room.pass_time(1)
    room.show("session-1", "moving")
    missed = list(slow.sent)
    slow.backlog = 0
    room.presences.drained(slow)
    room.presences.drained(slow)

    assert missed == []
    assert slow.sent == [Presence(channel=BOARD, people=[a_person(doing="moving")], full=True)]
    assert len(quick.sent) == 2


@rule("PR6")
def test_a_socket_that_missed_news_gets_no_later_ones_before_the_full_set():
    room = Room()
    slow = room.join("session-2")
    room.join("session-1")
    slow.backlog = LOW_WATER + 1
    room.show("session-1", "viewing")
    room.pass_time(1)

    slow.backlog = 0
    room.show("session-1", "moving")

    assert slow.sent == []


def test_words_stay_in_their_tenant_and_channel():
    room = Room()
    other_channel = room.join("session-2", "presence:order:order-1")
    other_tenant = HandLine("session-3")
    room.presences.join(TenantId("tenant-2"), BOARD, other_tenant)
    other_tenant.sent.clear()
    room.join("session-1")

    room.show("session-1")

    assert other_channel.sent == other_tenant.sent == []


def test_a_word_of_somebody_who_does_not_watch_is_nothing():
    room = Room()
    watcher = room.join("session-2")

    room.show("session-1")
    room.show("session-1", channel="presence:order:order-1")
    room.presences.hide(TENANT, "presence:order:order-1", SessionId("session-1"))
    room.presences.part(TENANT, BOARD, SessionId("session-1"))
    room.presences.leave(SessionId("session-1"))
    room.presences.drained(HandLine("session-1"))

    assert watcher.sent == []
