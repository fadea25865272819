"""Commands on one socket: asked in order, answered in order, and never faster than allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.closing import Close
from protocols.commands import BulkItem, ReleaseOrder, RunBulk
from protocols.from_client import Acknowledge, Submit
from protocols.from_server import Busy, Error, ItemReceipt, Receipt, Rejected
from protocols.rejections import Gap
from protocols.vocabulary import AggregateId, Number, OrderId, Sequence, Version
from server.application.pace import Bucket
from server.application.verdict import Denied, Done, ItemVerdict
from server.realtime.asking import answer
from server.realtime.effects import Ask, Effect, Send, Settle, Shut
from server.realtime.session import Session
from tests.support.rules import rule
from tests.support.sockets import SCOPED, a_command, a_live_session, a_verdict, at, said


def ask(session: Session, *numbers: int, second: float = 2) -> list[Effect]:
    return [e for number in numbers for e in session.receive(a_command(number), at(second))]


def numbers(effects: list[Effect]) -> list[int]:
    return [m.number for m in said(effects) if isinstance(m, Receipt | Rejected)]


@rule("CL5")
def test_commands_are_asked_in_the_order_they_came():
    effects = ask(a_live_session(), 1, 2, 3)

    assert [e.submission.number for e in effects] == [1, 2, 3]


@rule("CL5")
@given(st.permutations([1, 2, 3, 4, 5]))
def test_answers_go_out_in_the_order_of_the_questions_however_they_come(order):
    session = a_live_session()
    tickets = {e.submission.number: e.ticket for e in ask(session, 1, 2, 3, 4, 5)}

    sent = [
        n for number in order for n in numbers(session.answered(tickets[number], a_verdict(number)))
    ]

    assert sent == [1, 2, 3, 4, 5]


@rule("CL6")
def test_a_command_the_storage_has_no_time_for_holds_up_all_later_ones():
    session = a_live_session()
    first, second, third = ask(session, 1, 2, 3)

    late = session.answered(
        third.ticket, Denied(number=Number(3), rejection=Gap(expected=Number(2)))
    )
    busy = session.busy(second.ticket, 0.25)
    answered = session.answered(first.ticket, a_verdict(1))

    assert (late, busy) == ([], [])
    assert said(answered)[1:] == [Busy(number=Number(2), retry_ms=250, cause="storage")]
    assert numbers(answered) == [1]
    assert ask(session, 4) == []


@rule("CL6")
def test_answers_that_come_after_a_busy_are_dropped_because_the_client_asks_again():
    session = a_live_session()
    first, second = ask(session, 1, 2)
    session.busy(first.ticket, 0.5)

    assert session.answered(second.ticket, a_verdict(2)) == []
    assert session.busy(second.ticket, 0.5) == []
    assert [e.submission.number for e in ask(session, 1, 2)] == [1, 2]


@rule("CL6")
def test_of_two_busy_numbers_the_lower_one_holds():
    session = a_live_session()
    *asked, refused = ask(session, *range(1, 34))
    assert said([refused]) != []

    session.busy(asked[0].ticket, 0.5)

    assert ask(session, 2, second=9) == []
    assert len(ask(session, 1, second=9)) == 1


@rule("CL6")
def test_a_busy_number_above_the_held_one_does_not_let_go_of_it():
    session = a_live_session()
    asked = ask(session, *range(1, 33))
    for ask_, number in zip(asked[:31], range(1, 32), strict=True):
        session.answered(ask_.ticket, a_verdict(number))
    ask(session, *range(33, 61))
    refused = ask(session, 5, 6, second=2)
    assert [type(m) for m in said(refused)] == [Busy]

    session.busy(asked[31].ticket, 0.5)

    assert ask(session, 6, second=9) == []


@rule("LM2")
def test_the_sixty_first_command_at_once_is_told_to_wait():
    session = a_live_session()
    for number in range(1, 61):
        (asked,) = ask(session, number)
        session.answered(asked.ticket, a_verdict(number))

    effects = ask(session, 61)

    assert said(effects) == [Busy(number=Number(61), retry_ms=50, cause="rate")]


@rule("LM2")
def test_whoever_waits_as_told_is_served():
    session = a_live_session()
    for number in range(1, 61):
        (asked,) = ask(session, number)
        session.answered(asked.ticket, a_verdict(number))
    (busy,) = said(ask(session, 61))

    effects = ask(session, 61, second=2 + busy.retry_ms / 1_000)

    assert [type(e) for e in effects] == [Ask]


@rule("LM3")
def test_after_busy_later_numbers_are_dropped_until_the_busy_one_comes_again():
    session = a_live_session()
    for number in range(1, 61):
        (asked,) = ask(session, number)
        session.answered(asked.ticket, a_verdict(number))
    ask(session, 61)

    dropped = ask(session, 62, 63, second=9)
    again = ask(session, 61, 62, second=9)

    assert dropped == []
    assert [e.submission.number for e in again] == [61, 62]


@rule("LM3")
def test_of_a_long_command_that_is_dropped_only_its_number_is_read():
    session = a_live_session()
    for number in range(1, 61):
        (asked,) = ask(session, number)
        session.answered(asked.ticket, a_verdict(number))
    ask(session, 61)
    # No reader of the whole would take it: it has no such kind.
    long = b'{"type":"command","number":%d,"command":{"kind":"none","x":"' + b"x" * 5_000 + b'"}}'

    dropped = session.frame(long % 62, binary=False, now=at(9))
    read = session.frame(long % 61, binary=False, now=at(9))

    assert dropped == []
    assert read[-1] == Shut(Close.PROTOCOL_ERROR)


@rule("LM4")
def test_the_tenth_busy_in_a_row_ends_the_socket():
    session = a_live_session()
    for number in range(1, 61):
        (asked,) = ask(session, number)
        session.answered(asked.ticket, a_verdict(number))

    answers = [ask(session, 61) for _ in range(10)]

    assert [len(said(effects)) for effects in answers[:9]] == [1] * 9
    assert answers[9] == [Send(Error(code="rate")), Shut(Close.RATE)]


def _of_one_tenant(share: Bucket, count: int) -> list[Session]:
    return [a_live_session(tenant=share) for _ in range(count)]


@rule("LM13")
def test_all_sockets_of_a_tenant_ask_out_of_one_bucket():
    anna, ben = _of_one_tenant(Bucket(20, 30), 2)
    other = a_live_session()

    effects = [*ask(anna, *range(1, 21)), *ask(ben, *range(1, 12))]

    assert [type(e) for e in effects] == [*[Ask] * 30, Send]
    assert said(effects) == [Busy(number=Number(11), retry_ms=1_000, cause="rate")]
    assert [type(e) for e in ask(other, 1)] == [Ask]
    assert [type(e) for e in ask(ben, 11, second=3)] == [Ask]


@rule("LM13")
def test_whoever_is_refused_for_what_the_tenant_sent_is_not_cut_for_it():
    (anna,) = _of_one_tenant(Bucket(0.01, 1), 1)
    ask(anna, 1)

    answers = [ask(anna, 2, second=3 + n) for n in range(30)]

    waits = [m.retry_ms for effects in answers for m in said(effects) if isinstance(m, Busy)]
    assert len(waits) == 30
    assert min(waits) >= 1_000


@rule("LM4", "LM13")
def test_whoever_does_not_wait_is_cut_whoever_used_the_share_up():
    (anna,) = _of_one_tenant(Bucket(0.01, 1), 1)
    ask(anna, 1)

    answers = [effect for _ in range(80) for effect in ask(anna, 2, second=3)]

    assert answers[-2:] == [Send(Error(code="rate")), Shut(Close.RATE)]


@rule("LM5")
def test_more_than_32_unanswered_commands_are_told_to_wait():
    session = a_live_session()
    first = ask(session, *range(1, 33))[0]

    effects = ask(session, 33)
    session.answered(first.ticket, a_verdict(1))

    assert said(effects) == [Busy(number=Number(33), retry_ms=1_000, cause="rate")]
    assert len(ask(session, 33)) == 1


def test_an_acknowledgement_settles_the_verdicts():
    effects = a_live_session().receive(Acknowledge(number=Number(4)), at(2))

    assert effects == [Settle(SCOPED, Number(4))]


def test_a_verdict_for_nobody_is_ignored():
    assert a_live_session().answered(99, a_verdict(1)) == []


@pytest.mark.parametrize(("changed", "outcome"), [(True, "applied"), (False, "noop")])
def test_a_done_command_is_a_receipt_with_everything_the_verdict_says(changed, outcome):
    verdict = Done(
        number=Number(3),
        changed=changed,
        sequence=Sequence(9),
        versions={AggregateId("order-1"): Version(2)},
        warnings=("wip",),
        items=(ItemVerdict(index=0, aggregate_id=AggregateId("order-1"), version=Version(2)),),
        dry_run=True,
        undo_of=Number(2),
    )

    assert answer(verdict) == Receipt(
        number=Number(3),
        outcome=outcome,
        sequence=Sequence(9),
        versions={AggregateId("order-1"): Version(2)},
        warnings=("wip",),
        items=(ItemReceipt(index=0, aggregate_id=AggregateId("order-1"), version=Version(2)),),
        dry_run=True,
        undo_of=Number(2),
    )


def test_a_denied_command_is_rejected_with_its_reason():
    gap = Gap(expected=Number(1))

    assert answer(Denied(number=Number(3), rejection=gap)) == Rejected(
        number=Number(3), rejection=gap
    )


@rule("LM2")
def test_a_bulk_counts_as_one_command_for_every_25_of_its_items():
    session = a_live_session()
    item = BulkItem(command=ReleaseOrder(order_id=OrderId("order-1")))
    bulk = [Submit(number=Number(n), command=RunBulk(items=[item] * 500)) for n in range(1, 5)]

    effects = [e for message in bulk for e in session.receive(message, at(2))]

    assert [type(e) for e in effects[:3]] == [Ask, Ask, Ask]
    assert said(effects[3:]) == [Busy(number=Number(4), retry_ms=1_000, cause="rate")]
    assert len(session.receive(bulk[3], at(3))) == 1
