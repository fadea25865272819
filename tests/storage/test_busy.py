"""When the database cannot take the work now, it says so, keeps nothing, and takes it later."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from protocols.vocabulary import AggregateId, Instant, TenantId
from server.application.accounts import Tenant
from server.application.ports import Committed, StorageBusy
from server.demo.engines.databases import Database
from server.storage.accounts import SqlAccounts
from server.storage.database import Scope
from server.storage.open import open_storage
from server.storage.postgres.database import PostgresDatabase
from server.storage.sqlite.database import SqliteDatabase
from server.storage.sqlite.store import SqliteStore
from server.storage.sqlite.writer import SqliteWriter
from tests.support.scribe import Scribe, an_order

pytestmark = pytest.mark.asyncio

ACME = TenantId("acme")
FOUNDED = Tenant(id=ACME, slug="acme", name="Acme", created_at=Instant(1))


async def test_a_locked_file_is_busy_and_the_same_batch_goes_through_later(sqlite_url: str):
    path = sqlite_url.removeprefix("sqlite:///")
    database = SqliteDatabase(path, patience=0.02)
    store, batch = SqliteStore(database), Scribe("acme").batch(an_order("o-1"))
    await SqlAccounts(database).create_tenant(FOUNDED)

    with closing(sqlite3.connect(path)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            await store.commit(batch)
        read_meanwhile = await store.find(ACME, [AggregateId("o-1")])
        somebody.rollback()

    assert read_meanwhile[1] == {}
    assert await store.commit(batch) == Committed()
    await database.close()


async def test_a_closed_storage_is_busy(sqlite_url: str):
    async with open_storage(sqlite_url) as storage:
        await storage.accounts.create_tenant(FOUNDED)

    with pytest.raises(StorageBusy):
        await storage.store.commit(Scribe("acme").batch(an_order("o-1")))


async def test_what_was_submitted_before_the_end_is_stored(sqlite_url: str):
    async with open_storage(sqlite_url) as storage:
        await storage.accounts.create_tenant(FOUNDED)
        batch = Scribe("acme").batch(an_order("o-1"))
        committing = asyncio.create_task(storage.store.commit(batch))
        await asyncio.sleep(0)

    assert await committing == Committed()


async def test_a_job_that_fails_fails_alone(sqlite_url: str):
    database = SqliteDatabase(sqlite_url.removeprefix("sqlite:///"))
    await SqlAccounts(database).create_tenant(FOUNDED)
    store = SqliteStore(database)

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM heads")
        raise LookupError("a bug")

    outcomes = await asyncio.gather(
        database.writer.submit(broken),
        store.commit(Scribe("acme").batch(an_order("o-1"))),
        return_exceptions=True,
    )

    assert isinstance(outcomes[0], LookupError)
    assert outcomes[1] == Committed()
    await database.close()


class Failing(sqlite3.Connection):
    """A connection that fails at what `fails` names, as a broken disk does."""

    fails: frozenset[str] = frozenset()

    def execute(self, text: str, *arguments: Any) -> sqlite3.Cursor:
        """Fail, or do it."""
        if text in self.fails:
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(text, *arguments)


async def test_a_fault_nobody_foresaw_does_not_end_the_writing(sqlite_url: str):
    path = sqlite_url.removeprefix("sqlite:///")
    opened: list[Failing] = []

    def connect() -> Failing:
        if len(opened) == 1:
            opened.append(opened[0])
            raise sqlite3.OperationalError("unable to open database file")
        opened.append(sqlite3.connect(path, isolation_level=None, factory=Failing))
        return opened[-1]

    writer = SqliteWriter(connect)
    await writer.submit(lambda connection: connection.execute("SELECT 1").fetchall())
    opened[0].fails = frozenset({"COMMIT", "ROLLBACK"})

    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError):
            await writer.submit(lambda connection: connection.execute("SELECT 1").fetchall())

    assert await writer.submit(lambda one: one.execute("SELECT 7").fetchall()) == [(7,)]
    await writer.close()


@pytest.mark.postgres
async def test_a_lost_connection_is_busy_and_the_next_call_has_a_new_one(
    postgres_storage: Database,
):
    async with open_storage(postgres_storage.url) as storage:
        await storage.accounts.create_tenant(FOUNDED)
        database = storage.database
        assert isinstance(database, PostgresDatabase)

        with pytest.raises(StorageBusy):
            await _lose_the_connection(database, postgres_storage)

        outcome = await Scribe("acme").write(storage.store, an_order("o-1"))
        assert outcome == Committed()


async def _lose_the_connection(database: PostgresDatabase, place: Database) -> None:
    async with database.transaction("BEGIN", Scope(ACME)) as connection:
        await connection.execute("UPDATE heads SET epoch = 9")
        await _terminate_all(place)
        await connection.execute("UPDATE heads SET sequence = 9")


async def _terminate_all(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
