"""Storing a batch in PostgreSQL: one statement between BEGIN and COMMIT."""

from typing import Any

import asyncpg
from sqlalchemy import CTE, Select, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from server.application.ports import (
    AlreadyAnswered,
    Batch,
    CommitOutcome,
    Committed,
    LostRace,
)
from server.storage.batch import (
    move_head,
    raise_last_number,
    records_in_strides,
    replace_aggregate,
    still_seen,
)
from server.storage.database import Scope
from server.storage.flavour import POSTGRES
from server.storage.postgres.database import PostgresDatabase
from server.storage.prepared import Prepared
from server.storage.records import Record
from server.storage.store import SqlStore
from server.storage.tables import aggregates, clients, heads, journal, verdicts


class PostgresStore(SqlStore):
    """`Store` in PostgreSQL."""

    def __init__(self, database: PostgresDatabase) -> None:
        """Compile the statements."""
        super().__init__(database)
        self._postgres = database
        self._write = Prepared(_store_batch(), POSTGRES)

    async def commit(self, batch: Batch) -> CommitOutcome:
        """See `Store`.

        The row of the head stays locked from the statement to the end of COMMIT only. A second
        node that waits for it sees the moved head afterwards, and has lost.
        """
        records = await records_in_strides(batch)
        query = self._write.bind(
            **records.fence,
            **_arrays(journal, records.journal),
            **_arrays(aggregates, records.aggregates),
            **_arrays(verdicts, records.verdicts),
            **_arrays(clients, records.clients),
            firsts=list(records.firsts.values()),
        )
        try:
            async with self._postgres.transaction("BEGIN", Scope(batch.tenant_id)) as connection:
                moved, answered = await connection.fetchrow(query.text, *query.arguments)
        except asyncpg.UniqueViolationError as violation:
            if violation.constraint_name == verdicts.primary_key.name:
                return AlreadyAnswered()
            raise
        if answered:
            return AlreadyAnswered()
        return Committed() if moved else LostRace()


def _store_batch() -> Select[int, bool]:
    """Move the head and, iff it was where it should be, insert everything else.

    A number below the client's last one must not be answered again, even when its verdict has
    been forgotten. That check reads the statement's snapshot; against an answer that another
    node commits at this very moment there is the key of `verdicts`.
    """
    answered = _answered()
    fence = move_head().where(~select(answered.c.client_id).exists()).cte("fence")
    insert = POSTGRES.insert
    writes = [
        _insert(insert(journal), fence),
        _insert(insert(aggregates), fence, replace_aggregate),
        _insert(insert(verdicts), fence),
        _insert(insert(clients), fence, raise_last_number),
    ]
    moved = select(func.count()).select_from(fence).scalar_subquery()
    return select(moved, select(answered.c.client_id).exists()).add_cte(*writes)


def _answered() -> CTE:
    """The clients of the batch who have an answer to one of its numbers; a lost race has none."""
    given = (
        func.unnest(
            bindparam(_array(clients, "client_id"), type_=ARRAY(clients.c.client_id.type)),
            bindparam("firsts", type_=ARRAY(clients.c.last_number.type)),
        )
        .table_valued(
            column("client_id", clients.c.client_id.type),
            column("first", clients.c.last_number.type),
        )
        .render_derived(name="firsts")
    )
    return (
        select(clients.c.client_id)
        .join(given, given.c.client_id == clients.c.client_id)
        .where(
            clients.c.tenant_id == bindparam("of_tenant"),
            clients.c.last_number >= given.c.first,
            select(heads.c.epoch).where(*still_seen()).exists(),
        )
        .cte("answered")
    )


def _insert(insert: Any, fence: CTE, complete: Any = None) -> CTE:
    """Insert a table's arrays behind the fence."""
    table: Table = insert.table
    names = [one.name for one in table.columns]
    arrays = [bindparam(_array(table, one.name), type_=ARRAY(one.type)) for one in table.columns]
    given = (
        func.unnest(*arrays)
        .table_valued(*(column(one.name, one.type) for one in table.columns))
        .render_derived(name=f"given_{table.name}")
    )
    rows = select(*(given.c[one] for one in names)).where(select(fence.c.tenant_id).exists())
    insert = insert.from_select(names, rows)
    written: CTE = (complete(insert) if complete else insert).cte(f"written_{table.name}")
    return written


def _array(table: Table, name: str) -> str:
    return f"{table.name}_{name}"


def _arrays(table: Table, records: list[Record]) -> dict[str, list[Any]]:
    """The records of a table as one list per column."""
    columns = zip(*records, strict=True) if records else ((),) * len(table.columns)
    return {
        _array(table, one.name): list(values)
        for one, values in zip(table.columns, columns, strict=True)
    }
