"""Storing a batch in SQLite: inside the writer's transaction, behind a fence of its own."""

import sqlite3

from sqlalchemy import Select, bindparam, select

from server.application.ports import (
    AlreadyAnswered,
    Batch,
    CommitOutcome,
    Committed,
    LostRace,
)
from server.storage.batch import (
    BatchRecords,
    move_head,
    raise_last_number,
    records_in_strides,
    replace_aggregate,
)
from server.storage.flavour import SQLITE
from server.storage.prepared import Prepared
from server.storage.sqlite.database import Connection, SqliteDatabase
from server.storage.store import SqlStore
from server.storage.tables import aggregates, clients, journal, verdicts


class SqliteStore(SqlStore):
    """`Store` in an SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        """Compile the statements."""
        super().__init__(database)
        self._submit = database.writer.submit
        self._write = BatchWriting()

    async def commit(self, batch: Batch) -> CommitOutcome:
        """See `Store`. Batches of all tenants that wait at the same time share one commit."""
        records = await records_in_strides(batch)
        return await self._submit(
            lambda connection: self._write(connection, records),
            batch.tenant_id,
            max(1, len(records.journal)),
        )


class BatchWriting:
    """Stores encoded batches through a connection; all SQL that it needs, compiled once."""

    def __init__(self) -> None:
        """Compile."""
        insert = SQLITE.insert
        self._move_head = Prepared(move_head(), SQLITE)
        self._journal = Prepared(insert(journal), SQLITE).text
        self._answered = Prepared(_answered(), SQLITE)
        self._verdicts = Prepared(insert(verdicts), SQLITE).text
        self._aggregates = Prepared(replace_aggregate(insert(aggregates)), SQLITE).text
        self._clients = Prepared(raise_last_number(insert(clients)), SQLITE).text

    def __call__(self, connection: Connection, records: BatchRecords) -> CommitOutcome:
        """Write a batch inside the open transaction and savepoint, or write nothing of it."""
        # One process writes at a time, so the fence may come first and spare the rest.
        fence = self._move_head.bind(**records.fence)
        if not list(connection.execute(*fence)):
            return LostRace()
        tenant_id = records.fence["of_tenant"]
        for client_id, first in records.firsts.items():
            seen = self._answered.bind(tenant_id=tenant_id, client_id=client_id, first=first)
            if list(connection.execute(*seen)):
                connection.execute("ROLLBACK TO job")
                return AlreadyAnswered()
        try:
            connection.executemany(self._verdicts, records.verdicts)
        except sqlite3.IntegrityError:
            connection.execute("ROLLBACK TO job")
            return AlreadyAnswered()
        connection.executemany(self._clients, records.clients)
        connection.executemany(self._aggregates, records.aggregates)
        connection.executemany(self._journal, records.journal)
        return Committed()


def _answered() -> Select[str]:
    """Whether the client has an answer to this number or a higher one."""
    return select(clients.c.client_id).where(
        clients.c.tenant_id == bindparam("tenant_id"),
        clients.c.client_id == bindparam("client_id"),
        clients.c.last_number >= bindparam("first"),
    )
