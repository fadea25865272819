"""A `Store` in memory: no threads, no files, and it awaits only where its owner says so.

Simulations give it a `pause` to interleave at, and faults to suffer. What it cannot imitate:
group commit, slow disks, and anything that depends on real time.
"""

from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Sequence as Series

import msgspec

from protocols.vocabulary import (
    AggregateId,
    AggregateKind,
    ClientId,
    Epoch,
    Instant,
    Nonce,
    Number,
    Sequence,
    TenantId,
    Version,
)
from server.application.journal_chain import broken_link
from server.application.ports import (
    Aggregate,
    AlreadyAnswered,
    Batch,
    CommitOutcome,
    Committed,
    Head,
    Loaded,
    LostRace,
    Row,
    StorageBusy,
    StoredVerdict,
)
from server.application.verdict import Verdict
from server.domain.orders.state import Order


async def no_pause() -> None:
    """Never give way: every call is one step."""


class _Journal:
    """All that one tenant has."""

    def __init__(self) -> None:
        self.head = Head()
        self.rows: list[Row] = []
        self.aggregates: dict[AggregateId, Aggregate] = {}
        self.answers: dict[tuple[ClientId, Number], StoredVerdict] = {}
        self.last_numbers: dict[ClientId, Number] = {}
        self.past: list[Batch] = []


class MemoryStore:
    """Passes the contract suite of `Store`. Faults are counters that count down to zero."""

    def __init__(
        self,
        tenant_ids: Iterable[TenantId] = (),
        *,
        pause: Callable[[], Awaitable[None]] = no_pause,
    ) -> None:
        """Start with empty journals; `pause` is awaited before and after every effect."""
        self._pause = pause
        self._journals: dict[TenantId, _Journal] = {}
        self.fail_before_commit = 0
        """So many next commits raise `StorageBusy` and store nothing."""
        self.fail_after_commit = 0
        """So many next commits raise `StorageBusy` although they are stored: outcome unknown."""
        for tenant_id in tenant_ids:
            self.create_tenant(tenant_id)

    # --- what a simulation does to it ---

    def create_tenant(self, tenant_id: TenantId) -> bool:
        """Begin a journal; False when there is one."""
        if tenant_id in self._journals:
            return False
        self._journals[tenant_id] = _Journal()
        return True

    def rollback(self, tenant_id: TenantId, batches: int) -> None:
        """Lose the newest committed batches, as a failover to a lagging replica does."""
        journal = self._journals[tenant_id]
        kept = journal.past[: max(0, len(journal.past) - batches)]
        renewed = self._journals[tenant_id] = _Journal()
        for batch in kept:
            _apply(renewed, batch)

    def trim(self, tenant_id: TenantId, keep: int) -> None:
        """Drop all but the newest rows, as retention does."""
        journal = self._journals[tenant_id]
        journal.rows = journal.rows[max(0, len(journal.rows) - keep) :]

    # --- the port ---

    async def head(self, tenant_id: TenantId) -> Head:
        """See `Store`."""
        await self._pause()
        return self._of(tenant_id).head

    async def heads(self, tenant_ids: Series[TenantId]) -> dict[TenantId, Head]:
        """See `Store`."""
        await self._pause()
        return {one: self._journals[one].head for one in tenant_ids if one in self._journals}

    async def load(self, tenant_id: TenantId) -> Loaded:
        """See `Store`."""
        await self._pause()
        journal = self._of(tenant_id)
        held = [one for one in journal.aggregates.values() if _is_open(one)]
        loaded = Loaded(head=journal.head, aggregates=held)
        await self._pause()
        return loaded

    async def find(
        self, tenant_id: TenantId, ids: Series[AggregateId]
    ) -> tuple[Head, dict[AggregateId, Aggregate]]:
        """See `Store`."""
        await self._pause()
        # PostgreSQL has no NUL in texts.
        assert not any("\x00" in one for one in ids), ids
        journal = self._of(tenant_id)
        found = {one: journal.aggregates[one] for one in ids if one in journal.aggregates}
        head = journal.head
        await self._pause()
        return head, found

    async def commit(self, batch: Batch) -> CommitOutcome:
        """See `Store`."""
        if wrong := broken_link(batch):
            raise ValueError(wrong)
        await self._pause()
        if self.fail_before_commit > 0:
            self.fail_before_commit -= 1
            raise StorageBusy
        outcome = self._commit(batch)
        await self._pause()
        if self.fail_after_commit > 0 and isinstance(outcome, Committed):
            self.fail_after_commit -= 1
            raise StorageBusy
        return outcome

    def _commit(self, batch: Batch) -> CommitOutcome:
        journal, base = self._journals.get(batch.tenant_id), batch.base
        if journal is None or _place(journal.head) != _place(base):
            return LostRace()
        last = journal.last_numbers
        if any(one.number <= last.get(one.client_id, 0) for one in batch.verdicts):
            return AlreadyAnswered()
        _apply(journal, batch)
        return Committed()

    async def rows_after(
        self, tenant_id: TenantId, sequence: Sequence, *, limit: int = 1_000
    ) -> list[Row]:
        """See `Store`."""
        await self._pause()
        rows = self._of(tenant_id).rows
        # Rows are gapless, so the place of one is known from the first.
        start = max(0, sequence + 1 - rows[0].sequence) if rows else 0
        return rows[start : start + limit]

    async def rows_of(
        self, tenant_id: TenantId, aggregate_id: AggregateId, *, before: Sequence, limit: int
    ) -> list[Row]:
        """See `Store`."""
        await self._pause()
        found = [
            row
            for row in reversed(self._of(tenant_id).rows)
            if row.aggregate_id == aggregate_id and row.sequence < before
        ]
        return found[:limit]

    async def rows_by(self, tenant_id: TenantId, client_id: ClientId, number: Number) -> list[Row]:
        """See `Store`."""
        await self._pause()
        return [
            row
            for row in self._of(tenant_id).rows
            if row.client_id == client_id and row.number == number
        ]

    async def nonce_at(self, tenant_id: TenantId, sequence: Sequence) -> Nonce | None:
        """See `Store`."""
        await self._pause()
        if sequence == 0:
            return Nonce(0)
        for row in reversed(self._of(tenant_id).rows):
            if row.sequence == sequence:
                return row.nonce
        return None

    async def touched_between(
        self, tenant_id: TenantId, after: Sequence, upto: Sequence, key: str
    ) -> list[tuple[AggregateKind, AggregateId, Version]]:
        """See `Store`."""
        await self._pause()
        newest: dict[tuple[AggregateKind, AggregateId], Version] = {}
        for row in self._of(tenant_id).rows:
            if after < row.sequence <= upto and key in row.keys:
                newest[row.kind, row.aggregate_id] = row.version
        return [(kind, one, version) for (kind, one), version in newest.items()]

    async def first_kept(self, tenant_id: TenantId) -> Sequence:
        """See `Store`."""
        await self._pause()
        journal = self._of(tenant_id)
        return journal.rows[0].sequence if journal.rows else Sequence(journal.head.sequence + 1)

    async def bump_epoch(self, tenant_id: TenantId, seen: Epoch) -> Epoch:
        """See `Store`."""
        await self._pause()
        journal = self._of(tenant_id)
        if journal.head.epoch == seen:
            raised = Epoch(seen + 1)
            journal.head = msgspec.structs.replace(journal.head, epoch=raised)
        return journal.head.epoch

    async def last_number(self, tenant_id: TenantId, client_id: ClientId) -> Number:
        """See `Store`."""
        await self._pause()
        return self._of(tenant_id).last_numbers.get(client_id, Number(0))

    async def verdicts(
        self, tenant_id: TenantId, client_id: ClientId, numbers: Series[Number]
    ) -> dict[Number, Verdict]:
        """See `Store`."""
        await self._pause()
        answers = self._of(tenant_id).answers
        return {
            number: answers[client_id, number].verdict
            for number in numbers
            if (client_id, number) in answers
        }

    async def forget_verdicts(self, tenant_id: TenantId, client_id: ClientId, upto: Number) -> None:
        """See `Store`."""
        await self._pause()
        answers = self._of(tenant_id).answers
        for client, number in list(answers):
            if client == client_id and number <= upto:
                del answers[client, number]

    async def prune_verdicts(self, tenant_id: TenantId, before: Instant) -> None:
        """See `Store`."""
        await self._pause()
        journal = self._of(tenant_id)
        journal.answers = {k: one for k, one in journal.answers.items() if one.at >= before}

    def _of(self, tenant_id: TenantId) -> _Journal:
        """The journal; that of an unknown tenant is empty and stays so."""
        return self._journals.get(tenant_id) or _Journal()


def _apply(journal: _Journal, batch: Batch) -> None:
    journal.head = batch.head
    journal.rows.extend(batch.rows)
    journal.aggregates.update({AggregateId(one.id): one for one in batch.aggregates})
    for answer in batch.verdicts:
        journal.answers[answer.client_id, answer.number] = answer
        last = journal.last_numbers.get(answer.client_id, Number(0))
        journal.last_numbers[answer.client_id] = max(last, answer.number)
    journal.past.append(batch)


def _place(head: Head) -> tuple[Epoch, Sequence, Nonce]:
    return head.epoch, head.sequence, head.nonce


def _is_open(aggregate: Aggregate) -> bool:
    return aggregate.open if isinstance(aggregate, Order) else True
