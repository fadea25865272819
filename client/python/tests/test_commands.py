import pytest
from kanvoy_client._wire.from_client import (
    Acknowledge,
    Pong,
)
from kanvoy_client._wire.from_server import (
    Busy,
    Rejected,
)
from kanvoy_client._wire.from_server import Ping as ServerPing
from kanvoy_client._wire.rejections import Gap, NotFound
from kanvoy_client.happenings import (
    Answered,
    HangUp,
    Renumbered,
)
from kanvoy_client.outbox import MemoryOutbox

from client.python.tests.builders import (
    a_live_session,
    a_note,
    a_receipt,
    a_welcome,
    hello,
    numbers,
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


@rule("RC61")
def test_a_command_is_kept_before_it_is_sent():
    outbox = MemoryOutbox("client-1")
    session = a_live_session(outbox=outbox)

    session.submit(a_note())

    assert numbers(outbox.pending()) == [1]
    assert numbers(session.take(1.0)) == [1]


@rule("RC61")
def test_numbers_go_up_by_one_over_all_sockets():
    session = a_live_session()
    session.submit(a_note())
    session.lost(1006, 1.0)

    assert [session.submit(a_note()), session.submit(a_note())] == [2, 3]


@rule("RC65")
def test_unanswered_commands_are_sent_again_with_their_numbers_on_the_next_socket():
    session = a_live_session()
    for _ in range(3):
        session.submit(a_note())
    session.take(1.0)
    receive(session, a_receipt(1))
    session.lost(1006, 2.0)

    session.opened(3.0)
    session.receive(a_welcome(last_number=2), 3.0)

    assert numbers(session.take(3.0)) == [2, 3]


@rule("RC68")
def test_no_more_commands_are_on_their_way_than_the_server_allows():
    session = a_live_session(welcome=a_welcome(unacknowledged=2))
    for _ in range(4):
        session.submit(a_note())

    assert numbers(session.take(1.0)) == [1, 2]
    receive(session, a_receipt(1))
    assert numbers(session.take(1.0)) == [3]


@rule("RC66")
def test_busy_sends_the_same_numbers_again_after_the_given_time():
    session = a_live_session()
    for _ in range(3):
        session.submit(a_note())
    session.take(1.0)

    receive(session, Busy(number=2, retry_ms=800, cause="rate"), now=1.0)

    assert numbers(session.take(1.7)) == []
    assert session.due() == pytest.approx(1.8)
    assert numbers(session.take(1.8)) == [2, 3]


def test_a_verdict_is_told_once_however_often_it_comes():
    session = a_live_session()
    session.submit(a_note())
    session.take(1.0)

    happened = receive(session, a_receipt(1), a_receipt(1))

    assert happened == [Answered(a_receipt(1))]


def test_a_refusal_settles_the_command():
    outbox = MemoryOutbox("client-1")
    session = a_live_session(outbox=outbox)
    session.submit(a_note())
    session.take(1.0)

    happened = receive(session, refused(1))

    assert happened == [Answered(refused(1))]
    assert outbox.pending() == ()


@rule("RC65")
def test_a_gap_that_we_can_fill_is_filled():
    session = a_live_session()
    for _ in range(3):
        session.submit(a_note())
    session.take(1.0)

    happened = receive(session, gap(3, expected=2))

    assert happened == []
    assert numbers(session.take(1.0)) == [2, 3]


@rule("RC67")
def test_a_gap_that_we_cannot_fill_starts_a_new_identity_with_what_is_unanswered():
    outbox = MemoryOutbox("client-1")
    session = a_live_session(outbox=outbox)
    for depends_on in ([], [1], [2]):
        session.submit(a_note(), depends_on=depends_on)
    session.take(1.0)
    receive(session, a_receipt(1))

    happened = receive(session, gap(2, expected=1))

    assert happened[0] == Renumbered({2: 1, 3: 2})
    assert isinstance(happened[1], HangUp)
    assert (outbox.client_id, outbox.last_number) == ("client-2", 2)
    assert [list(each.depends_on) for each in outbox.pending()] == [[], [1]]


@rule("RC67")
def test_between_two_identities_nothing_is_said_or_heard():
    session = a_live_session()
    for _ in range(3):
        session.submit(a_note())
    session.take(1.0)
    receive(session, a_receipt(1), gap(2, expected=1))

    happened = receive(session, a_receipt(2))

    assert happened == []
    assert session.take(1.0) == []
    session.opened(2.0)
    session.receive(a_welcome(), 2.0)
    assert numbers(session.take(2.0)) == [1, 2]


@rule("RC67")
def test_a_server_that_forgot_our_verdicts_meets_us_as_a_new_client():
    outbox = MemoryOutbox("client-1")
    session = a_live_session(outbox=outbox)
    session.submit(a_note())
    session.take(1.0)
    receive(session, a_receipt(1))
    session.lost(1006, 2.0)
    session.opened(3.0)

    happened = receive(session, a_welcome(last_number=0))

    assert isinstance(happened[-1], HangUp)
    session.lost(1006, 4.0)
    session.opened(5.0)
    said = hello(session.take(5.0))
    assert (said.client_id, said.last_number) == ("client-2", 0)


@rule("RC67")
def test_numbers_that_the_server_knows_and_we_do_not_are_skipped():
    session = a_live_session(welcome=a_welcome(last_number=7))

    assert session.submit(a_note()) == 8


@rule("RC69", "LV61")
def test_verdicts_are_acknowledged_with_the_next_pong_and_in_hello():
    session = a_live_session()
    for _ in range(2):
        session.submit(a_note())
    session.take(1.0)
    receive(session, a_receipt(1))

    receive(session, ServerPing(server_time=1))

    assert session.take(1.0) == [Pong(), Acknowledge(number=1)]
    receive(session, ServerPing(server_time=1))
    assert session.take(1.0) == [Pong()]
    session.lost(1006, 2.0)
    session.opened(3.0)
    assert hello(session.take(3.0)).receipts_seen == 1


@rule("RC69")
def test_a_verdict_behind_an_unanswered_command_is_not_acknowledged():
    session = a_live_session()
    for _ in range(2):
        session.submit(a_note())
    session.take(1.0)
    receive(session, a_receipt(2))

    receive(session, ServerPing(server_time=1))

    assert session.take(1.0) == [Pong()]
