"""Opens the database that a URL names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.engine import make_url

from protocols.vocabulary import Sequence, TenantId
from server.application.accounts import Accounts
from server.application.devices import DeviceLedger
from server.application.ports import Store
from server.application.push import PushLedger
from server.application.upload_ports import UploadLedger
from server.storage.accounts import SqlAccounts
from server.storage.database import Database
from server.storage.devices import SqlDevices
from server.storage.postgres.database import PostgresDatabase, open_pool
from server.storage.postgres.store import PostgresStore
from server.storage.push import SqlPush
from server.storage.retention import trim
from server.storage.sqlite.database import SqliteDatabase
from server.storage.sqlite.store import SqliteStore
from server.storage.uploads import SqlUploads
from server.storage.verify import Finding, verify


@dataclass(frozen=True)
class Storage:
    """One database, through each of the ports it serves."""

    store: Store
    accounts: Accounts
    devices: DeviceLedger
    uploads: UploadLedger
    push: PushLedger
    database: Database

    async def verify(self, tenant_id: TenantId) -> list[Finding]:
        """What is wrong with a tenant's journal and state; nothing when all is well."""
        return await verify(self.database, tenant_id)

    async def trim(self, tenant_id: TenantId, upto: Sequence) -> None:
        """Drop every row of a journal up to this one, and put that on record."""
        await trim(self.database, tenant_id, upto)


@asynccontextmanager
async def open_storage(url: str) -> AsyncIterator[Storage]:
    """The storage behind a URL, closed at the end; `migrate` must have run.

    `sqlite:////absolute/file.db` or `postgresql+asyncpg://user@host/name`. What was submitted
    before the end is stored before the files are closed.
    """
    database: SqliteDatabase | PostgresDatabase
    store: Store
    if url.startswith("sqlite"):
        database = SqliteDatabase(make_url(url).database or "")
        store = SqliteStore(database)
    else:
        database = PostgresDatabase(await open_pool(url))
        store = PostgresStore(database)
    try:
        yield Storage(
            store,
            SqlAccounts(database),
            SqlDevices(database),
            SqlUploads(database),
            SqlPush(database),
            database,
        )
    finally:
        await database.close()
