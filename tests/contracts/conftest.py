"""Opens each adapter of the storage ports, and the fakes, for one suite of tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest
import pytest_asyncio

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Accounts, Tenant
from server.application.devices import DeviceLedger
from server.application.ports import Store
from server.application.push import PushLedger
from server.application.upload_ports import UploadLedger
from server.storage.open import open_storage
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_devices import MemoryDevices
from tests.support.memory_push import MemoryPush
from tests.support.memory_store import MemoryStore
from tests.support.memory_uploads import MemoryUploads
from tests.support.storages import migrated_file, postgres_storage, sqlite_url

__all__ = ["migrated_file", "postgres_storage", "sqlite_url"]

ADAPTERS = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@dataclass
class Opened:
    """Two nodes on one database."""

    store: Store
    accounts: Accounts
    devices: DeviceLedger
    uploads: UploadLedger
    push: PushLedger
    other: Store

    async def tenant(self, name: str) -> TenantId:
        """A new tenant."""
        tenant = Tenant(id=TenantId(name), slug=name, name=name.title(), created_at=Instant(1))
        assert await self.accounts.create_tenant(tenant)
        return tenant.id


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Opened]:
    """Open a database twice; an empty URL is memory."""
    if not url:
        store = MemoryStore(pause=partial(asyncio.sleep, 0))
        devices = MemoryDevices()
        yield Opened(
            store, MemoryAccounts(store), devices, MemoryUploads(), MemoryPush(devices), store
        )
        return
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_storage(url))
        second = await stack.enter_async_context(open_storage(url))
        yield Opened(
            first.store, first.accounts, first.devices, first.uploads, first.push, second.store
        )


@pytest.fixture(params=ADAPTERS)
def storage_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    if request.param == "postgres":
        return request.getfixturevalue("postgres_storage").url
    return ""


@pytest_asyncio.fixture
async def storage(storage_url: str) -> AsyncIterator[Opened]:
    """An empty storage of each kind, as two nodes see it."""
    async with opened(storage_url) as both:
        yield both
