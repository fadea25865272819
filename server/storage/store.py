"""The `Store` on SQL, but for `commit`: the one thing that each database does its own way."""

import asyncio
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Series
from typing import TypeVar

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
from server.application.ports import Aggregate, Head, Loaded, Row
from server.application.verdict import Verdict
from server.storage.database import Database, Scope
from server.storage.records import (
    Record,
    aggregates_by_id,
    aggregates_of,
    head_of,
    key_text,
    rows_of,
    verdict_of,
)
from server.storage.statements.journal import JournalStatements

T = TypeVar("T")

#: Decoding a row or an image takes about 10 µs (2026-11): more than this leaves the event loop.
_MANY = 100


async def _decode(decode: Callable[[Iterable[Record]], T], records: Series[Record]) -> T:
    if len(records) <= _MANY:
        return decode(records)
    return await asyncio.to_thread(decode, records)


class SqlStore:
    """Everything the port promises about reading, forgetting and epochs."""

    def __init__(self, database: Database) -> None:
        """Compile the statements for this database."""
        self._database = database
        self._statements = JournalStatements(database.flavour)

    async def head(self, tenant_id: TenantId) -> Head:
        """See `Store`. A tenant that does not exist stands at the beginning, and stays there."""
        query = self._statements.head.bind(tenant_id=tenant_id)
        (found,) = await self._database.read(Scope(tenant_id), query)
        return head_of(found[0]) if found else Head()

    async def heads(self, tenant_ids: Series[TenantId]) -> dict[TenantId, Head]:
        """See `Store`. Tenants that do not exist are missing."""
        listed = self._database.flavour.listed(list(tenant_ids))
        query = self._statements.heads.bind(tenants=listed)
        (found,) = await self._database.read(Scope(tenants=tuple(tenant_ids)), query)
        return {TenantId(tenant_id): head_of(tuple(head)) for tenant_id, *head in found}

    async def load(self, tenant_id: TenantId) -> Loaded:
        """See `Store`."""
        head, images = await self._database.read(
            Scope(tenant_id),
            self._statements.head.bind(tenant_id=tenant_id),
            self._statements.open_aggregates.bind(tenant_id=tenant_id),
        )
        aggregates = await _decode(aggregates_of, images)
        return Loaded(head=head_of(head[0]) if head else Head(), aggregates=aggregates)

    async def find(
        self, tenant_id: TenantId, ids: Series[AggregateId]
    ) -> tuple[Head, dict[AggregateId, Aggregate]]:
        """See `Store`."""
        listed = self._database.flavour.listed(list(ids))
        head, images = await self._database.read(
            Scope(tenant_id),
            self._statements.head.bind(tenant_id=tenant_id),
            self._statements.aggregates.bind(tenant_id=tenant_id, ids=listed),
        )
        return head_of(head[0]) if head else Head(), await _decode(aggregates_by_id, images)

    async def rows_after(
        self, tenant_id: TenantId, sequence: Sequence, *, limit: int = 1_000
    ) -> list[Row]:
        """See `Store`."""
        query = self._statements.rows_after.bind(tenant_id=tenant_id, after=sequence, limit=limit)
        (found,) = await self._database.read(Scope(tenant_id), query)
        return await _decode(rows_of, found)

    async def rows_of(
        self, tenant_id: TenantId, aggregate_id: AggregateId, *, before: Sequence, limit: int
    ) -> list[Row]:
        """See `Store`."""
        query = self._statements.rows_of.bind(
            tenant_id=tenant_id, aggregate_id=aggregate_id, before=before, limit=limit
        )
        (found,) = await self._database.read(Scope(tenant_id), query)
        return await _decode(rows_of, found)

    async def rows_by(self, tenant_id: TenantId, client_id: ClientId, number: Number) -> list[Row]:
        """See `Store`."""
        query = self._statements.rows_by.bind(
            tenant_id=tenant_id, client_id=client_id, number=number
        )
        (found,) = await self._database.read(Scope(tenant_id), query)
        return await _decode(rows_of, found)

    async def nonce_at(self, tenant_id: TenantId, sequence: Sequence) -> Nonce | None:
        """See `Store`."""
        if sequence == 0:
            return Nonce(0)
        query = self._statements.nonce_at.bind(tenant_id=tenant_id, sequence=sequence)
        (found,) = await self._database.read(Scope(tenant_id), query)
        return Nonce(found[0][0]) if found else None

    async def touched_between(
        self, tenant_id: TenantId, after: Sequence, upto: Sequence, key: str
    ) -> list[tuple[AggregateKind, AggregateId, Version]]:
        """See `Store`."""
        query = self._statements.touched.bind(
            tenant_id=tenant_id, after=after, upto=upto, key=key_text([key])
        )
        (found,) = await self._database.read(Scope(tenant_id), query)
        return [(kind, aggregate_id, version) for kind, aggregate_id, version in found]

    async def first_kept(self, tenant_id: TenantId) -> Sequence:
        """See `Store`."""
        oldest, head = await self._database.read(
            Scope(tenant_id),
            self._statements.first_kept.bind(tenant_id=tenant_id),
            self._statements.head.bind(tenant_id=tenant_id),
        )
        newest = head_of(head[0]).sequence if head else 0
        return Sequence(oldest[0][0] or newest + 1)

    async def bump_epoch(self, tenant_id: TenantId, seen: Epoch) -> Epoch:
        """See `Store`."""
        _, head = await self._database.write(
            Scope(tenant_id),
            self._statements.bump_epoch.bind(tenant_id=tenant_id, seen=seen),
            self._statements.head.bind(tenant_id=tenant_id),
        )
        return head_of(head[0]).epoch if head else Head().epoch

    async def last_number(self, tenant_id: TenantId, client_id: ClientId) -> Number:
        """See `Store`."""
        query = self._statements.last_number.bind(tenant_id=tenant_id, client_id=client_id)
        (found,) = await self._database.read(Scope(tenant_id), query)
        return Number(found[0][0] if found else 0)

    async def verdicts(
        self, tenant_id: TenantId, client_id: ClientId, numbers: Series[Number]
    ) -> dict[Number, Verdict]:
        """See `Store`."""
        query = self._statements.verdicts.bind(
            tenant_id=tenant_id,
            client_id=client_id,
            numbers=self._database.flavour.listed(list(numbers)),
        )
        (found,) = await self._database.read(Scope(tenant_id), query)
        return {Number(number): verdict_of(verdict) for number, verdict in found}

    async def forget_verdicts(self, tenant_id: TenantId, client_id: ClientId, upto: Number) -> None:
        """See `Store`."""
        query = self._statements.forget_verdicts.bind(
            tenant_id=tenant_id, client_id=client_id, upto=upto
        )
        await self._database.write(Scope(tenant_id), query)

    async def prune_verdicts(self, tenant_id: TenantId, before: Instant) -> None:
        """See `Store`."""
        query = self._statements.prune_verdicts.bind(tenant_id=tenant_id, before=before)
        await self._database.write(Scope(tenant_id), query)
