"""The one write path. Whatever changes an order comes through here."""

import asyncio
from collections.abc import Callable
from collections.abc import Sequence as Series
from typing import NamedTuple, assert_never

from protocols.commands import Command, CopyOrder, RunBulk, SaveCustomer, Undo
from protocols.fleet import (
    SaveDisplay,
    SaveDriver,
    SaveHub,
    SaveVehicle,
    SaveZone,
    SetDispatch,
)
from protocols.rejections import DependencyFailed, Gap, Invalid, Problem, Retired
from protocols.vocabulary import AggregateId, ClientId, Instant, Number, Version
from server.application.answer import Earlier, answer
from server.application.catch_up import catch_up
from server.application.draft import Draft
from server.application.journal import Journal
from server.application.ports import (
    AlreadyAnswered,
    Committed,
    LostRace,
    Row,
    StorageBusy,
    StoredVerdict,
)
from server.application.receipts import Known
from server.application.stride import ROWS, Stride
from server.application.submission import Submission
from server.application.verdict import Denied, Done, Verdict
from server.domain.orders.escalate import EscalateStop
from server.domain.orders.state import Order
from server.domain.records import SaveRecord
from server.domain.records_asked import record_id

_ATTEMPTS = 20
"""Lost races in a row before the asker is told to come back: only a storm loses so often."""

Report = Callable[[Exception, Submission], None]
Undone = dict[tuple[ClientId, Number], list[Row]]
"""(client, number of an earlier command) → the rows that command wrote."""


# One move, step 5 of 8 → server/domain/orders/decide_move.py
async def execute(
    journal: Journal, submissions: Series[Submission], report: Report
) -> list[Verdict]:
    """Decide a batch of commands and make it durable; one verdict each, in order.

    Access, load, decide, append to the journal, commit, announce. Decisions are made in memory and
    fenced at the commit: when another node moved the head meanwhile we catch up and decide again.
    Nothing is announced or answered before the commit returned. Raises `StorageBusy` when there is
    no verdict; the same numbers may then be sent again.

    Cancellation: must not be cancelled between commit and announcement; only `Writer` calls it,
    from a task of its own.
    """
    assert all(s.actor.tenant_id == journal.tenant_id for s in submissions), "a foreign journal"
    async with journal.lock:
        if journal.doubtful:
            await catch_up(journal)
        clock, tally = journal.clock, journal.tally
        for _ in range(_ATTEMPTS):
            since = clock.monotonic()
            known = await journal.receipts.known(submissions)
            undone = await _undone(journal, submissions)
            closed = await _closed_orders(journal, submissions, undone)
            draft = Draft(journal.images, journal.ids, closed)
            judging = _Judging(draft, known, undone, report, Stride())
            verdicts = [
                await _verdict(judging, s, s.at or journal.clock.now()) for s in submissions
            ]
            tally.stages["decide"].took(clock.monotonic() - since)
            if await _committed(journal, draft):
                for kept in draft.verdicts:
                    tally.answered(kept.verdict)
                return verdicts
        raise StorageBusy


async def _committed(journal: Journal, draft: Draft) -> bool:
    """Store the draft; on success let everybody know, on a lost race get ready to decide again."""
    if not draft.verdicts:
        return True
    clock, stages = journal.clock, journal.tally.stages
    since = clock.monotonic()
    try:
        outcome = await journal.store.commit(draft.batch())
    except StorageBusy:
        # Whether it was stored is unknown: from here on only the journal knows.
        journal.doubt()
        raise
    match outcome:
        case Committed():
            durable = clock.monotonic()
            stages["commit"].took(durable - since)
            journal.receipts.remember(draft.verdicts)
            await _announce(journal, draft)
            stages["announce"].took(clock.monotonic() - durable)
            return True
        case LostRace():
            journal.tally.catch_ups["race"] += 1
            await catch_up(journal)
            return False
        case AlreadyAnswered():
            journal.receipts.forget()
            await catch_up(journal)
            return False
        case _:
            assert_never(outcome)


async def _announce(journal: Journal, draft: Draft) -> None:
    """Tell everybody here in parts, for a bulk is long; other nodes hear of all of it at once."""
    rows, afters = draft.rows, draft.afters
    for start in range(0, len(rows), ROWS):
        if start:
            await asyncio.sleep(0)
        part = slice(start, start + ROWS)
        journal.applied(rows[part], afters[part])
    journal.announce(rows)


class _Judging(NamedTuple):
    """One attempt at a batch: what its commands are judged on and by."""

    draft: Draft
    known: Known
    undone: Undone
    report: Report
    stride: Stride


async def _verdict(judging: _Judging, submission: Submission, now: Instant) -> Verdict:
    known = judging.known
    client_id, number = submission.client_id, submission.number
    last = known.last(client_id)
    if number <= last:
        kept = known.verdict(client_id, number)
        return kept or Denied(number=number, rejection=Retired(kept_from=Number(last + 1)))
    if number > last + 1:
        return Denied(number=number, rejection=Gap(expected=Number(last + 1)))
    verdict: Verdict | None = _depended(known, submission)
    if verdict is None:
        verdict = await _answered(judging, submission, now)
    judging.draft.verdicts.append(
        StoredVerdict(client_id=client_id, number=number, verdict=verdict, at=now)
    )
    known.add(client_id, verdict)
    return verdict


def _depended(known: Known, submission: Submission) -> Denied | None:
    if any(number >= submission.number for number in submission.depends_on):
        problem = Problem(field="depends_on", rule="not_earlier")
        return Denied(number=submission.number, rejection=Invalid(problems=(problem,)))
    for number in submission.depends_on:
        if isinstance(known.verdict(submission.client_id, number), Denied):
            return Denied(number=submission.number, rejection=DependencyFailed(depends_on=number))
    return None


def _made(known: Known, submission: Submission) -> dict[AggregateId, frozenset[Version]]:
    """The versions that the commands this one depends on made, by aggregate."""
    made: dict[AggregateId, frozenset[Version]] = {}
    for number in submission.depends_on:
        verdict = known.verdict(submission.client_id, number)
        if isinstance(verdict, Done) and verdict.changed:
            for aggregate_id, version in verdict.versions.items():
                made[aggregate_id] = made.get(aggregate_id, frozenset()) | {version}
    return made


async def _answered(judging: _Judging, submission: Submission, now: Instant) -> Verdict:
    draft, known = judging.draft, judging.known
    earlier = Earlier(_rows_to_undo(draft, submission, judging.undone), _made(known, submission))
    start = draft.mark()
    try:
        return await answer(draft, submission, now, earlier, judging.stride)
    except Exception as bug:  # noqa: BLE001 - a bug in a rule must not block the batch or the outbox
        draft.roll_back(start)
        judging.report(bug, submission)
        problem = Problem(field="", rule="internal")
        return Denied(number=submission.number, rejection=Invalid(problems=(problem,)))


async def _closed_orders(
    journal: Journal, submissions: Series[Submission], undone: Undone
) -> list[Order]:
    """The orders the batch speaks of that are not in memory: closed ones, loaded for it alone."""
    wanted = dict.fromkeys(i for s in submissions for i in _named(s.command))
    wanted.update(dict.fromkeys(row.aggregate_id for rows in undone.values() for row in rows))
    missing = [i for i in wanted if journal.images.aggregate(i) is None]
    if not missing:
        return []
    _, found = await journal.store.find(journal.tenant_id, missing)
    return [a for a in found.values() if isinstance(a, Order) and not a.open]


def _named(command: Command | SaveRecord | EscalateStop) -> list[AggregateId]:
    """The ids a command speaks of, those of records too: a closed order may bear them already."""
    match command:
        case Undo():
            return []
        case (
            SaveCustomer()
            | SaveDriver()
            | SaveVehicle()
            | SaveZone()
            | SaveHub()
            | SaveDisplay()
            | SetDispatch()
        ):
            return [record_id(command)]
        case SaveRecord():
            return [AggregateId(command.record.id)]
        case RunBulk():
            return [named for item in command.items for named in _named(item.command)]
        case CopyOrder():
            return [AggregateId(command.order_id), AggregateId(command.copied_id)]
        case _:
            return [AggregateId(command.order_id)]


async def _undone(journal: Journal, submissions: Series[Submission]) -> Undone:
    """What the commands wrote that this batch wants to undo."""
    found: Undone = {}
    for submission in submissions:
        if isinstance(submission.command, Undo):
            number = submission.command.undone
            rows = await journal.store.rows_by(journal.tenant_id, submission.client_id, number)
            found[submission.client_id, number] = rows
    return found


def _rows_to_undo(draft: Draft, submission: Submission, undone: Undone) -> list[Row]:
    """The undone command's rows: from the journal, or from earlier in this very batch."""
    if not isinstance(submission.command, Undo):
        return []
    key = (submission.client_id, submission.command.undone)
    return undone[key] or [row for row in draft.rows if (row.client_id, row.number) == key]
