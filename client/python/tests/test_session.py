import pytest
from kanvoy_client._wire.from_client import (
    Authenticate,
    Bye,
    Ping,
    Pong,
    ShowPresence,
    Subscribe,
    Unsubscribe,
)
from kanvoy_client._wire.from_server import (
    Drain,
    Error,
    PleaseAuthenticate,
    Presence,
    Rejected,
    Resync,
    Subscribed,
    Unsubscribed,
)
from kanvoy_client._wire.from_server import Ping as ServerPing
from kanvoy_client._wire.from_server import Pong as ServerPong
from kanvoy_client._wire.handshake import Wanted
from kanvoy_client._wire.rejections import Gap, NotFound
from kanvoy_client.happenings import (
    Changed,
    Complaint,
    Draining,
    HangUp,
    Met,
    Purged,
    Repaired,
    TokenWanted,
    Welcomed,
    Whole,
)
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.reconnect import Again, Never

from client.python.tests.builders import (
    BOARD,
    a_live_session,
    a_note,
    a_patch,
    a_put,
    a_remove,
    a_session,
    a_snapshot,
    a_welcome,
    begin,
    changes,
    hello,
    key,
)
from client.python.tests.rules import rule


def refused(number: int) -> Rejected:
    return Rejected(number=number, rejection=NotFound(aggregate_id="so-1"))


def gap(number: int, expected: int) -> Rejected:
    return Rejected(number=number, rejection=Gap(expected=expected))


def receive(session, *messages, now: float = 1.0):
    for message in messages:
        session.receive(message, now)
    return session.happened()


@rule("HS61")
def test_hello_says_who_we_are_and_where_we_stand():
    outbox = MemoryOutbox("client-1")
    session = a_session(outbox=outbox)
    session.watch(BOARD)
    session.submit(a_note())
    session.opened(0.0)

    said = hello(session.take(0.0))

    assert (said.client_id, said.csrf) == ("client-1", "nonce")
    assert (said.last_number, said.receipts_seen) == (1, 0)
    assert said.subscriptions == [Wanted(channel=BOARD)]


@rule("HS61")
def test_nothing_but_hello_is_sent_before_welcome():
    session = a_session()
    session.submit(a_note())
    session.opened(0.0)
    session.watch(BOARD)
    session.show(ShowPresence(channel="presence:board", doing="viewing"))

    sent = session.take(0.0)

    assert len(sent) == 1
    assert hello(sent).subscriptions == []


@rule("HS61")
def test_what_changed_between_hello_and_welcome_is_made_good_after_it():
    session = a_session()
    session.watch("driver:dr-1")
    session.opened(0.0)
    session.take(0.0)
    session.watch(BOARD)
    session.unwatch("driver:dr-1")

    happened = receive(session, a_welcome())

    assert happened == [Purged("driver:dr-1", "asked"), Welcomed(a_welcome())]
    assert session.take(1.0) == [
        Subscribe(wanted=Wanted(channel=BOARD)),
        Unsubscribe(channel="driver:dr-1"),
    ]


@rule("HS61")
def test_a_channel_left_and_wanted_again_before_the_welcome_begins_anew():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))
    session.lost(1006, 9.0)
    session.opened(10.0)
    session.take(10.0)
    session.unwatch(BOARD)
    session.watch(BOARD)

    receive(session, a_welcome())

    assert session.take(10.0) == [Subscribe(wanted=Wanted(channel=BOARD))]


@rule("WT61")
def test_a_channel_resumes_at_its_cursor_on_the_next_socket():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)), changes(10, 12))
    session.lost(1006, 9.0)

    session.opened(10.0)

    assert hello(session.take(10.0)).subscriptions == [Wanted(channel=BOARD, cursor="1.12.132")]


@rule("SN66")
def test_half_a_snapshot_is_forgotten_with_its_socket():
    session = a_live_session(BOARD)
    receive(session, begin(20), changes(20, 21, a_put(1, 1)))

    session.lost(1006, 9.0)

    assert session.happened() == [Changed(BOARD, (key(1),))]
    session.opened(10.0)
    assert hello(session.take(10.0)).subscriptions == [Wanted(channel=BOARD)]


def test_the_program_hears_what_changed_and_when_a_channel_is_whole():
    session = a_live_session(BOARD)

    happened = receive(session, *a_snapshot(10, a_put(1, 1)), changes(10, 11, a_remove(1, 2)))

    assert happened == [Changed(BOARD, (key(1),)), Whole(BOARD), Changed(BOARD, (key(1),))]


@rule("CH62")
def test_after_a_gap_the_channel_is_asked_for_again_once():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))

    happened = receive(session, changes(12, 13, a_remove(1, 2)), changes(13, 14))

    assert [type(each) for each in happened] == [Repaired]
    assert session.take(1.0) == [Subscribe(wanted=Wanted(channel=BOARD))]


@rule("CH63")
def test_after_a_patch_of_something_unknown_the_channel_is_asked_for_again():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10))

    happened = receive(session, changes(10, 11, a_patch(1, 2, priority=3)))

    assert [type(each) for each in happened] == [Repaired]
    assert session.take(1.0) == [Subscribe(wanted=Wanted(channel=BOARD))]


def test_watching_twice_or_leaving_what_is_not_watched_says_nothing():
    session = a_live_session(BOARD)

    session.watch(BOARD)
    session.unwatch("driver:dr-1")

    assert session.take(1.0) == []
    assert session.happened() == []


@rule("AD61")
@pytest.mark.parametrize("cause", ["forbidden", "gone", "too_many"])
def test_what_a_channel_gave_is_purged_when_the_server_takes_it_away(cause):
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))

    happened = receive(session, Unsubscribed(channel=BOARD, cause=cause))

    assert happened == [Purged(BOARD, cause)]
    assert BOARD not in session.replica.channels
    assert list(session.replica.views(BOARD)) == []


@rule("WT62")
def test_the_answer_to_leaving_does_not_end_a_watch_that_began_since():
    session = a_live_session(BOARD)
    session.unwatch(BOARD)
    session.watch(BOARD)
    session.happened()

    happened = receive(
        session, changes(10, 11), Unsubscribed(channel=BOARD, cause="asked"), *a_snapshot(11)
    )

    assert happened == [Whole(BOARD)]


def test_frames_of_a_channel_that_was_left_are_ignored():
    session = a_live_session(BOARD)
    session.unwatch(BOARD)
    session.happened()

    happened = receive(
        session,
        changes(10, 11),
        Subscribed(channel=BOARD, mode="snapshot"),
        Unsubscribed(channel=BOARD, cause="asked"),
    )

    assert happened == []


def test_subscribed_and_resync_change_nothing_by_themselves():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))

    happened = receive(
        session, Subscribed(channel=BOARD, mode="resume"), Resync(channel=BOARD, cause="lagged")
    )

    assert happened == []
    assert session.replica.channels[BOARD].whole


@rule("LV62")
def test_silence_is_answered_with_a_probe_and_an_unanswered_probe_hangs_up():
    session = a_live_session()

    session.tick(39.9)
    assert session.take(39.9) == []
    session.tick(40.0)
    assert session.take(40.0) == [Ping()]
    session.tick(42.9)
    assert session.happened() == []
    session.tick(43.0)
    assert session.happened() == [HangUp("no answer")]


@rule("LV62")
def test_any_frame_answers_a_probe():
    session = a_live_session()
    session.tick(40.0)
    session.take(40.0)

    receive(session, ServerPong(server_time=1), now=41.0)
    session.tick(43.5)

    assert session.happened() == []
    assert session.due() == pytest.approx(81.0)


@rule("LV62")
def test_waking_up_probes_instead_of_hanging_up():
    session = a_live_session()

    session.woke(5_000.0)
    session.woke(5_001.0)

    assert session.take(5_000.0) == [Ping()]
    assert session.happened() == []
    assert session.due() == pytest.approx(5_003.0)


def test_waking_up_without_a_socket_does_nothing():
    session = a_session()

    session.woke(5.0)
    session.tick(5.0)

    assert session.take(5.0) == []
    assert session.due() is None


def test_a_server_that_does_not_welcome_us_is_hung_up_on():
    session = a_session()
    session.opened(0.0)
    session.take(0.0)

    session.tick(10.0)

    assert session.happened() == [HangUp("no answer")]


@rule("LV63")
def test_a_channel_that_stays_behind_its_head_for_a_ping_interval_is_resumed():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))
    receive(session, ServerPing(server_time=1, heads={BOARD: 12}))
    session.take(1.0)

    happened = receive(session, ServerPing(server_time=2, heads={BOARD: 13}))

    assert [type(each) for each in happened] == [Repaired]
    assert session.take(2.0) == [Pong(), Subscribe(wanted=Wanted(channel=BOARD, cursor="1.10.110"))]


@rule("WB63")
def test_a_channel_that_does_not_add_up_at_its_head_is_asked_for_again():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))
    right = session.replica.channels[BOARD].checksum()
    session.take(1.0)

    fine = receive(
        session,
        ServerPing(server_time=1, heads={BOARD: 10}, checksums={BOARD: right}),
        ServerPing(server_time=2, heads={BOARD: 9}, checksums={BOARD: right + 1}),
    )
    session.take(1.0)
    happened = receive(
        session, ServerPing(server_time=3, heads={BOARD: 10}, checksums={BOARD: right + 1})
    )

    assert fine == []
    assert [type(each) for each in happened] == [Repaired]
    assert session.take(2.0) == [Pong(), Subscribe(wanted=Wanted(channel=BOARD))]


@rule("LV63")
def test_a_channel_that_caught_up_within_the_interval_is_left_alone():
    session = a_live_session(BOARD)
    receive(session, *a_snapshot(10, a_put(1, 1)))
    receive(session, ServerPing(server_time=1, heads={BOARD: 12}), changes(10, 12))
    session.take(1.0)

    receive(session, ServerPing(server_time=2, heads={BOARD: 13}))

    assert session.take(2.0) == [Pong()]


def test_what_is_only_news_is_passed_on():
    session = a_live_session("presence:board")

    happened = receive(
        session,
        Presence(channel="presence:board", full=True),
        PleaseAuthenticate(within_seconds=30.0),
        Drain(after_ms=1_500),
        Error(code="internal", detail="incident 1"),
    )

    assert happened == [
        Met("presence:board"),
        TokenWanted(30.0),
        Draining(1.5),
        Complaint("internal", "incident 1"),
    ]


@rule("PR62")
def test_presence_is_said_while_live_and_dropped_while_offline():
    word = ShowPresence(channel="presence:board", doing="moving")
    session = a_live_session("presence:board")

    session.show(word)
    assert session.take(1.0) == [word]

    session.lost(1006, 2.0)
    session.show(word)
    session.opened(3.0)
    assert word not in session.take(3.0)


def test_a_fresh_token_and_a_goodbye_are_sent():
    session = a_live_session()

    session.authenticate("kvy_2")
    session.leave()

    assert session.take(1.0) == [Authenticate(token="kvy_2"), Bye()]


def test_nobody_says_goodbye_without_a_socket():
    session = a_session()

    session.leave()

    assert session.take(1.0) == []


@rule("CL61", "CL62")
def test_a_lost_session_answers_with_a_plan():
    session = a_live_session()
    assert session.lost(4004, 60.0) == Never(4004)

    session = a_live_session()
    assert session.lost(4200, 60.0) == Again(0.0)


@rule("CL62")
def test_a_steady_session_that_fell_silent_comes_back_at_once():
    session = a_live_session()
    session.tick(40.0)
    session.tick(43.0)

    assert session.lost(1006, 43.0) == Again(0.0)
    assert session.lost(1006, 44.0) == Again(0.5)
