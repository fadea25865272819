"""PostgreSQL keeps tenants apart even from a statement that forgot to."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256

import asyncpg
import pytest
import pytest_asyncio

from protocols.vocabulary import Instant, PersonId, Sequence, TenantId
from server.application.accounts import Credential, SignIn, Tenant
from server.application.devices import DeviceToken, Pairing, Ticket
from server.demo.engines.databases import OWNER
from server.demo.engines.postgres import Postgres
from server.storage.database import Scope
from server.storage.migrate import migrate
from server.storage.open import Storage, open_storage
from server.storage.postgres.database import PostgresDatabase, open_pool
from server.storage.prepared import Query
from server.storage.tables import TENANT_TABLES
from tests.contracts.test_devices import a_device
from tests.contracts.test_push import a_subscription
from tests.contracts.test_uploads import an_upload
from tests.support.rules import rule
from tests.support.scribe import Scribe, an_order, done, moved_on
from tests.support.storages import run_aside

pytestmark = [pytest.mark.asyncio, pytest.mark.postgres]

_TOKEN = sha256(b"token").digest()
_APP = "kanvoy_app"


@pytest.fixture(scope="module")
def owner_dsn(postgres_server: Postgres) -> Iterator[str]:
    """Two tenants with something in every table, as the owner of the tables."""
    database = postgres_server.databases.create()
    run_aside(fill(database.url))
    yield database.dsn
    postgres_server.databases.drop(database)


@pytest.fixture(scope="module")
def app_dsn(owner_dsn: str) -> str:
    """The same as a role that owns nothing, as a careful installation runs us."""
    if f"//{OWNER}@" not in owner_dsn:
        pytest.skip("this server is not ours to create roles in")
    run_aside(_create_role(owner_dsn.replace(f"//{OWNER}@", "//postgres@")))
    return owner_dsn.replace(f"//{OWNER}@", f"//{_APP}@")


async def fill(url: str) -> None:
    """Two tenants with something in every table that a tenant has."""
    await migrate(url)
    async with open_storage(url) as storage:
        for name, token_hash in (("acme", _TOKEN), ("other", bytes(32))):
            tenant_id, ann = TenantId(name), PersonId("ann")
            tenant = Tenant(id=tenant_id, slug=name, name=name, created_at=Instant(1))
            await storage.accounts.create_tenant(tenant)
            scribe = Scribe(name)
            await scribe.write(storage.store, an_order("o-1"), answers=[done("phone", 1)])
            credential = Credential(
                tenant_id=tenant_id, person_id=ann, email="a@b", password_hash="x", changed_at=1
            )
            await storage.accounts.put_credential(credential)
            device = SignIn(
                tenant_id=tenant_id, id="d-1", person_id=ann, kind="cookie", nonce="n",
                token_hash=token_hash, created_at=1, seen_at=1, expires_at=9,
            )  # fmt: skip
            await storage.accounts.open_sign_in(device)
            await _fill_devices(storage, tenant_id)
            await storage.uploads.open_upload(an_upload(tenant=tenant_id))
            await storage.trim(tenant_id, Sequence(1))
            await scribe.write(storage.store, moved_on(an_order("o-1")))


async def _fill_devices(storage: Storage, tenant_id: TenantId) -> None:
    device = a_device(tenant_id)
    hashed = sha256(tenant_id.encode()).digest()
    token = DeviceToken(
        tenant_id=tenant_id, device_id=device.id, token_hash=hashed, use="refresh",
        generation=1, expires_at=Instant(9),
    )  # fmt: skip
    await storage.devices.open_device(device, [token])
    await storage.push.subscribe(a_subscription(device.id, tenant_id))
    pairing = Pairing(
        tenant_id=tenant_id, code_hash=hashed, kind="driver", subject="ana", made_by="Mei",
        expires_at=Instant(9), uses=1,
    )  # fmt: skip
    await storage.devices.open_pairing(pairing)
    await storage.devices.open_ticket(
        Ticket(tenant_id=tenant_id, ticket_hash=hashed, holder="phone", expires_at=Instant(9))
    )


async def _create_role(admin_dsn: str) -> None:
    admin = await asyncpg.connect(admin_dsn)
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", _APP):
            await admin.execute(f"CREATE ROLE {_APP} LOGIN NOSUPERUSER NOBYPASSRLS")
        await admin.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {_APP}"
        )
    finally:
        await admin.close()


@pytest_asyncio.fixture
async def session(app_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the role, outside any scope."""
    connection = await asyncpg.connect(app_dsn)
    yield connection
    await connection.close()


@pytest.mark.parametrize("table", [table.name for table in TENANT_TABLES])
async def test_a_statement_without_a_tenant_is_an_error(session: asyncpg.Connection, table: str):
    with pytest.raises(asyncpg.UndefinedObjectError, match=r"app\.tenant"):
        await session.fetch(f"SELECT * FROM {table}")


@pytest.mark.parametrize("table", [table.name for table in TENANT_TABLES])
async def test_a_statement_without_a_filter_sees_one_tenant(
    session: asyncpg.Connection, table: str
):
    async with session.transaction():
        await session.execute("SET LOCAL app.tenant = 'acme'")
        seen = await session.fetch(f"SELECT tenant_id FROM {table}")

    assert [row["tenant_id"] for row in seen] == ["acme"]


@pytest.mark.parametrize("table", [table.name for table in TENANT_TABLES])
async def test_what_one_transaction_may_see_the_next_may_not(
    session: asyncpg.Connection, table: str
):
    async with session.transaction():
        await session.execute("SET LOCAL app.tenant = 'acme'")

    assert await session.fetch(f"SELECT * FROM {table}") == []


async def test_nothing_is_written_for_another_tenant(session: asyncpg.Connection):
    await session.execute("BEGIN; SET LOCAL app.tenant = 'acme'")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await session.execute("INSERT INTO clients VALUES ('other', 'intruder', 1)")

    await session.execute("ROLLBACK; BEGIN; SET LOCAL app.tenant = 'acme'")
    assert await session.execute("UPDATE heads SET epoch = 9") == "UPDATE 1"
    assert await session.execute("DELETE FROM journal WHERE tenant_id = 'other'") == "DELETE 0"
    await session.execute("ROLLBACK")


async def test_each_door_opens_for_reading_what_it_names(session: asyncpg.Connection):
    await session.execute(
        "BEGIN; SET LOCAL app.tenant = ''; SET LOCAL app.tenants = 'other,nobody'; "
        f"SET LOCAL app.token = '{_TOKEN.hex()}'; SET LOCAL app.email = 'a@b'"
    )

    heads = await session.fetch("SELECT tenant_id FROM heads")
    devices = await session.fetch("SELECT tenant_id FROM sign_ins")
    credentials = await session.fetch("SELECT tenant_id FROM credentials ORDER BY 1")
    changed = await session.execute("UPDATE heads SET epoch = 9")

    assert [row["tenant_id"] for row in heads] == ["other"]
    assert [row["tenant_id"] for row in devices] == ["acme"]
    assert [row["tenant_id"] for row in credentials] == ["acme", "other"]
    assert changed == "UPDATE 0"
    await session.execute("ROLLBACK")


async def test_the_owner_of_the_tables_is_bound_too(owner_dsn: str):
    owner = await asyncpg.connect(owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute("SET LOCAL app.tenant = 'acme'")
            seen = await owner.fetch("SELECT tenant_id FROM journal")
    finally:
        await owner.close()

    assert [row["tenant_id"] for row in seen] == ["acme"]


async def test_cancelled_and_failing_tasks_leave_no_tenant_behind_in_the_pool(app_dsn: str):
    rng, pool = random.Random(7), await open_pool(app_dsn)
    database = PostgresDatabase(pool)
    everything = Query("SELECT DISTINCT tenant_id FROM aggregates")
    seen: list[tuple[str, list[str]]] = []

    async def probe(tenant: str) -> None:
        failing = (Query("SELECT 1/0"),) if rng.random() < 0.2 else ()
        found, *_ = await database.read(Scope(TenantId(tenant)), everything, *failing)
        seen.append((tenant, [name for (name,) in found]))

    tasks = [asyncio.create_task(probe(rng.choice(["acme", "other"]))) for _ in range(200)]
    for task in rng.sample(tasks, 40):
        asyncio.get_running_loop().call_later(rng.random() / 20, task.cancel)
    await asyncio.gather(*tasks, return_exceptions=True)
    (without,) = await database.read(Scope(), everything)
    await database.close()

    assert len(seen) > 100
    assert all(found == [tenant] for tenant, found in seen)
    assert without == []


@rule("JN21")
async def test_the_role_we_serve_with_trims_without_the_right_to_delete(
    app_dsn: str, owner_dsn: str
):
    owner = await asyncpg.connect(owner_dsn)
    try:
        await owner.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON journal FROM {_APP}")
        await owner.execute(f"GRANT EXECUTE ON FUNCTION trim_journal TO {_APP}")
        session = await asyncpg.connect(app_dsn)
        try:
            await session.execute("BEGIN; SET LOCAL app.tenant = 'acme'")
            gone = await session.fetchval("SELECT trim_journal('acme', 2)")
            foreign = await session.fetchval("SELECT trim_journal('other', 2)")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await session.execute("DELETE FROM journal")
        finally:
            await session.close()
    finally:
        await owner.execute(f"GRANT UPDATE, DELETE ON journal TO {_APP}")
        await owner.close()

    assert (gone, foreign) == (1, 0)
