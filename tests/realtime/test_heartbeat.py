"""When to ping, when to give up, and until when a credential speaks."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary import Instant
from server.realtime.heartbeat import Heartbeat, term_of
from tests.support.fakes import FakeClock
from tests.support.rules import rule
from tests.support.sockets import a_principal, at


@rule("LV1")
def test_a_ping_is_due_at_its_time_and_the_next_one_25_seconds_later():
    heartbeat = Heartbeat(ping_at=20.0)

    assert heartbeat.beat(19.9, lagging=False) == (heartbeat, "alive")
    after, sign = heartbeat.beat(20.0, lagging=False)
    assert sign == "ping"
    assert after.ping_at == 45.0
    assert after.due == 30.0


@rule("LV2")
def test_ten_seconds_of_silence_after_a_ping_are_death():
    waiting = Heartbeat(ping_at=45.0, heard_by=30.0)

    assert waiting.beat(29.9, lagging=False)[1] == "alive"
    assert waiting.beat(30.0, lagging=False)[1] == "dead"
    assert waiting.heard().beat(30.0, lagging=False)[1] == "alive"
    assert waiting.heard().heard() == Heartbeat(ping_at=45.0)


@rule("LV3")
def test_a_lagging_socket_gets_ten_more_seconds():
    waiting = Heartbeat(ping_at=45.0, heard_by=30.0)

    after, sign = waiting.beat(30.0, lagging=True)

    assert (after.heard_by, sign) == (40.0, "alive")


@rule("HB22")
def test_a_display_is_pinged_every_2_seconds_also_while_an_answer_is_due():
    heartbeat, pings = Heartbeat(ping_at=1.0, every=2.0), []

    for tenths in range(10, 110):
        heartbeat, sign = heartbeat.beat(tenths / 10, lagging=False)
        pings += [tenths / 10] if sign == "ping" else []

    assert pings == [1.0, 3.0, 5.0, 7.0, 9.0]
    assert heartbeat.due == 11.0
    assert heartbeat.beat(11.0, lagging=False)[1] == "dead"
    assert heartbeat.heard().beat(11.0, lagging=False)[1] == "ping"


@rule("HB22")
def test_what_waits_for_the_network_gets_no_second_ping():
    waiting = Heartbeat(ping_at=3.0, heard_by=11.0, every=2.0)

    after, sign = waiting.beat(3.0, lagging=True)

    assert (after.ping_at, after.heard_by, sign) == (5.0, 11.0, "alive")


@given(st.lists(st.tuples(st.floats(0.1, 5), st.booleans()), min_size=20, max_size=60))
def test_a_socket_that_answers_every_ping_at_once_never_dies(steps):
    heartbeat, now = Heartbeat(ping_at=20.0), 0.0

    for gap, lagging in steps:
        now += gap
        heartbeat, sign = heartbeat.beat(now, lagging=lagging)
        assert sign != "dead"
        if sign == "ping":
            heartbeat = heartbeat.heard()


@rule("AU37")
@pytest.mark.parametrize(("kind", "remind_at"), [("bearer", 72.0), ("cookie", inf)])
def test_a_term_ends_with_its_credential_and_only_a_bearer_is_reminded(kind, remind_at):
    ends = Instant(FakeClock().now() + 102_000)

    term = term_of(a_principal(kind=kind, expires_at=ends), at(2))

    assert term.ends == pytest.approx(102.0)
    assert term.remind_at == pytest.approx(remind_at)
    assert term.due == min(term.ends, term.remind_at)
