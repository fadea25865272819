"""One command of a batch: which rule decides it, and what the answer says."""

from collections.abc import Mapping
from collections.abc import Sequence as Series
from typing import assert_never

import msgspec

from protocols.commands import OrderCommand, RunBulk, SaveCustomer, Undo
from protocols.fleet import (
    RecordCommand,
    SaveDisplay,
    SaveDriver,
    SaveHub,
    SaveVehicle,
    SaveZone,
    SetDispatch,
)
from protocols.rejections import Forbidden, NotFound, NothingToUndo, Rejection
from protocols.struct import Struct
from protocols.vocabulary import AggregateId, AggregateKind, Instant, Number, OrderId, Version
from server.application.draft import Cause, Draft
from server.application.images import kind_of
from server.application.ports import Aggregate, Event, Row
from server.application.stride import Stride
from server.application.submission import Submission
from server.application.verdict import Denied, Done, ItemVerdict, Verdict
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide import decide
from server.domain.orders.escalate import EscalateStop, decide_escalation
from server.domain.orders.events import OrderEvent
from server.domain.orders.state import Order
from server.domain.orders.undo import decide_undo
from server.domain.orders.withhold import withheld
from server.domain.records import RecordSaved, SaveRecord
from server.domain.records_asked import asked_record, record_id
from server.domain.records_decide import decide_record, decide_save


class Outcome(Struct, frozen=True):
    """What became of one single command."""

    aggregate_id: AggregateId
    version: Version = Version(0)
    changed: bool = False
    warnings: tuple[str, ...] = ()
    rejection: Rejection | None = None


class Earlier(Struct, frozen=True):
    """What the asker's own earlier commands did, as far as this one builds on them."""

    undone: Series[Row] = ()
    """The rows of the command an `Undo` names; none when it did nothing."""
    made: Mapping[AggregateId, frozenset[Version]] = {}
    """Versions that the commands it depends on made: no conflict with oneself."""


async def answer(
    draft: Draft, submission: Submission, now: Instant, earlier: Earlier, stride: Stride
) -> Verdict:
    """Decide one command on the draft, write its rows there, and say what happened.

    Nobody sees the draft, so others may run between any two decisions.
    """
    asked = _asked(submission, now)
    cause = Cause(
        actor=submission.actor, at=now, client_id=submission.client_id, number=submission.number
    )
    command = submission.command
    await stride.step()
    match command:
        case RunBulk():
            return await _bulk(draft, command, asked, cause, earlier, stride)
        case Undo():
            return await _undo(draft, command, asked, cause, earlier, stride)
        case (
            SaveCustomer()
            | SaveDriver()
            | SaveVehicle()
            | SaveZone()
            | SaveHub()
            | SaveDisplay()
            | SetDispatch()
        ):
            return _single(draft, _record(draft, command, asked, cause), submission.number)
        case EscalateStop():
            return _single(draft, _escalated(draft, command, cause), submission.number)
        case SaveRecord():
            return _single(draft, _saved(draft, command, asked, cause), submission.number)
        case _:
            asked = _knowing_own(asked, earlier, AggregateId(command.order_id))
            return _single(draft, _order(draft, command, asked, cause), submission.number)


def _single(draft: Draft, outcome: Outcome, number: Number) -> Verdict:
    if outcome.rejection is not None:
        return Denied(number=number, rejection=outcome.rejection)
    return Done(
        number=number,
        changed=outcome.changed,
        sequence=draft.head.sequence,
        versions={outcome.aggregate_id: outcome.version},
        warnings=outcome.warnings,
    )


def _order(draft: Draft, command: OrderCommand, asked: Asked, cause: Cause) -> Outcome:
    order = draft.order(command.order_id)
    decision = decide(order, command, _possible(asked, order), draft)
    return _settle(draft, "order", AggregateId(command.order_id), order, decision, cause)


def _record(
    draft: Draft, command: SaveCustomer | RecordCommand, asked: Asked, cause: Cause
) -> Outcome:
    named = record_id(command)
    before = draft.record_of(named)
    kind = kind_of(asked_record(command, before, draft))
    return _settle(draft, kind, named, before, decide_record(before, command, asked, draft), cause)


def _escalated(draft: Draft, command: EscalateStop, cause: Cause) -> Outcome:
    order = draft.order(command.order_id)
    decision = decide_escalation(order, command)
    return _settle(draft, "order", AggregateId(command.order_id), order, decision, cause)


def _saved(draft: Draft, command: SaveRecord, asked: Asked, cause: Cause) -> Outcome:
    kind, record_id = kind_of(command.record), AggregateId(command.record.id)
    before = draft.record_of(record_id)
    return _settle(
        draft, kind, record_id, before, decide_save(before, command, asked, draft), cause
    )


def _settle(
    draft: Draft,
    kind: AggregateKind,
    aggregate_id: AggregateId,
    before: Aggregate | None,
    decision: Accepted[OrderEvent] | Accepted[RecordSaved] | Refused,
    cause: Cause,
) -> Outcome:
    match decision:
        case Refused(reason):
            return Outcome(aggregate_id, rejection=withheld(reason, cause.actor))
        case Accepted(events, warnings):
            if not events:
                version = before.version if before is not None else Version(0)
                return Outcome(aggregate_id, version, warnings=warnings)
            row = draft.record(kind, before, aggregate_id, tuple[Event, ...](events), cause)
            return Outcome(aggregate_id, row.version, changed=True, warnings=warnings)
        case _:
            assert_never(decision)


async def _bulk(
    draft: Draft, bulk: RunBulk, asked: Asked, cause: Cause, earlier: Earlier, stride: Stride
) -> Verdict:
    number = cause.number
    assert number is not None
    if not asked.actor.may("bulk.run"):
        return Denied(number=number, rejection=Forbidden(permission="bulk.run"))
    start = draft.mark()
    outcomes = []
    for item in bulk.items:
        seen = msgspec.structs.replace(
            asked, base_version=item.base_version, base_groups={}, over=item.over
        )
        seen = _knowing_own(seen, earlier, AggregateId(item.command.order_id))
        outcomes.append(_order(draft, item.command, seen, cause))
        await stride.step()
    refused = any(o.rejection is not None for o in outcomes)
    if bulk.dry_run or (refused and bulk.mode == "all_or_nothing"):
        draft.roll_back(start)
    return _many(draft, outcomes, number, changed=draft.mark() > start, dry_run=bulk.dry_run)


async def _undo(
    draft: Draft, command: Undo, asked: Asked, cause: Cause, earlier: Earlier, stride: Stride
) -> Verdict:
    assert cause.number is not None
    if not earlier.undone:
        return Denied(number=cause.number, rejection=NothingToUndo(undone=command.undone))
    start = draft.mark()
    outcomes = []
    for row in earlier.undone:
        outcomes.append(_undo_row(draft, row, command.undone, asked, cause))
        await stride.step()
    if len(outcomes) == 1 and outcomes[0].rejection is not None:
        return Denied(number=cause.number, rejection=outcomes[0].rejection)
    done = _many(draft, outcomes, cause.number, changed=draft.mark() > start, dry_run=False)
    return msgspec.structs.replace(done, undo_of=command.undone)


def _undo_row(draft: Draft, row: Row, number: Number, asked: Asked, cause: Cause) -> Outcome:
    if row.kind != "order":
        return Outcome(row.aggregate_id, rejection=NothingToUndo(undone=number))
    order = draft.order(OrderId(row.aggregate_id))
    if order is None:
        return Outcome(row.aggregate_id, rejection=NotFound(aggregate_id=row.aggregate_id))
    events = tuple(e for e in row.events if not isinstance(e, RecordSaved))
    decision = decide_undo(order, events, row.version, asked, draft, undone=number)
    return _settle(draft, "order", row.aggregate_id, order, decision, cause)


def _many(
    draft: Draft, outcomes: Series[Outcome], number: Number, *, changed: bool, dry_run: bool
) -> Done:
    taken_back = not (changed or dry_run)
    return Done(
        number=number,
        changed=changed,
        sequence=draft.head.sequence,
        versions={o.aggregate_id: o.version for o in outcomes if o.changed} if changed else {},
        warnings=tuple(dict.fromkeys(w for o in outcomes for w in o.warnings)),
        items=tuple(
            ItemVerdict(
                index=index,
                aggregate_id=outcome.aggregate_id,
                version=Version(0) if taken_back and outcome.changed else outcome.version,
                rejection=outcome.rejection,
            )
            for index, outcome in enumerate(outcomes)
        ),
        dry_run=dry_run,
    )


def _possible(asked: Asked, order: Order | None) -> Asked:
    """The same asking without versions the order never had: they were seen in another history.

    Such a base must not make every conflict invisible; it counts as having seen nothing.
    """
    newest = order.version if order is not None else Version(0)
    if max(asked.base_version, asked.over, *asked.base_groups.values()) <= newest:
        return asked
    groups = {group: v for group, v in asked.base_groups.items() if v <= newest}
    return msgspec.structs.replace(
        asked,
        base_version=asked.base_version if asked.base_version <= newest else Version(0),
        base_groups=groups,
        over=asked.over if asked.over <= newest else Version(0),
    )


def _knowing_own(asked: Asked, earlier: Earlier, aggregate_id: AggregateId) -> Asked:
    """The same asking, aware of what the asker's own pending commands made of this aggregate."""
    own = earlier.made.get(aggregate_id)
    return msgspec.structs.replace(asked, own=own) if own else asked


def _asked(submission: Submission, now: Instant) -> Asked:
    return Asked(
        actor=submission.actor,
        now=now,
        base_version=submission.base_version,
        base_groups=submission.base_groups,
        over=submission.over,
        fact=submission.fact,
    )
