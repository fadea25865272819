import sqlite3

import pytest
from kanvoy_client._wire.from_client import Submit
from kanvoy_client._wire.rejections import NotFound
from kanvoy_client.outbox import MemoryOutbox, Refusal, SqliteOutbox

from client.python.tests.builders import a_note, numbers
from client.python.tests.rules import rule


@pytest.fixture(params=["memory", "sqlite"])
def outbox(request, tmp_path):
    """Every outbox keeps the same promises."""
    if request.param == "memory":
        yield MemoryOutbox("client-1")
        return
    kept = SqliteOutbox(tmp_path / "outbox.db", lambda: "client-1")
    yield kept
    kept.close()


def submit(number: int) -> Submit:
    return Submit(number=number, command=a_note(f"note {number}"))


def test_an_outbox_begins_empty(outbox):
    assert (outbox.client_id, outbox.last_number, outbox.pending()) == ("client-1", 0, ())


def test_commands_stay_in_order_until_they_are_settled(outbox):
    for number in (1, 2, 3):
        outbox.add(submit(number))

    outbox.settle(2)

    assert outbox.pending() == (submit(1), submit(3))
    assert outbox.last_number == 3


def test_settling_twice_does_no_harm(outbox):
    outbox.add(submit(1))

    outbox.settle(1)
    outbox.settle(1)

    assert outbox.pending() == ()
    assert outbox.last_number == 1


def test_a_refused_command_is_kept_with_its_reason_until_somebody_knows(outbox):
    for number in (1, 2):
        outbox.add(submit(number))
    gone = NotFound(aggregate_id="order-1")

    outbox.settle(1, gone)
    outbox.settle(1, gone)
    outbox.settle(2)

    assert outbox.refused() == (Refusal(submit=submit(1), rejection=gone),)
    assert outbox.pending() == ()
    outbox.dismiss(submit(1))
    assert outbox.refused() == ()


def test_a_refusal_survives_the_program_that_did_not_wait_for_it(tmp_path):
    first = SqliteOutbox(tmp_path / "outbox.db", lambda: "client-1")
    first.add(submit(1))
    first.settle(1, NotFound(aggregate_id="order-1"))
    first.close()

    second = SqliteOutbox(tmp_path / "outbox.db", lambda: "client-2")

    assert [each.submit for each in second.refused()] == [submit(1)]
    second.close()


def test_numbers_are_skipped_forwards_only(outbox):
    outbox.add(submit(5))

    outbox.skip_to(3)
    assert outbox.last_number == 5
    outbox.skip_to(9)
    assert outbox.last_number == 9


def test_a_new_identity_has_its_own_numbers(outbox):
    outbox.add(submit(7))

    outbox.start_over("client-2", [submit(1), submit(2)])

    assert (outbox.client_id, outbox.last_number) == ("client-2", 2)
    assert numbers(outbox.pending()) == [1, 2]


def test_a_new_identity_may_have_nothing_to_say(outbox):
    outbox.add(submit(7))

    outbox.start_over("client-2", [])

    assert (outbox.last_number, outbox.pending()) == (0, ())


@rule("RC61")
def test_a_file_remembers_across_processes(tmp_path):
    first = SqliteOutbox(tmp_path / "outbox.db", lambda: "client-1")
    first.add(submit(1))
    first.add(submit(2))
    first.settle(1)
    first.close()

    again = SqliteOutbox(tmp_path / "outbox.db", lambda: "somebody else")

    assert (again.client_id, again.last_number) == ("client-1", 2)
    assert again.pending() == (submit(2),)
    again.close()


def test_a_file_belongs_to_one_process_at_a_time(tmp_path):
    first = SqliteOutbox(tmp_path / "outbox.db", lambda: "client-1")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        SqliteOutbox(tmp_path / "outbox.db", lambda: "client-2", patience=0.0)

    first.close()
