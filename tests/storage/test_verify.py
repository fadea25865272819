"""`verify` finds what an administrator with a database client could do to a journal."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import asyncpg
import pytest
import pytest_asyncio

from protocols.vocabulary import Instant, Sequence, TenantId
from server.application.accounts import Tenant
from server.storage.database import Scope
from server.storage.open import Storage, open_storage
from server.storage.prepared import Query
from tests.support.rules import rule
from tests.support.scribe import Scribe, a_product, an_order, later, moved_on

pytestmark = pytest.mark.asyncio

ACME = TenantId("acme")


@pytest_asyncio.fixture
async def storage(sqlite_url: str) -> AsyncIterator[Storage]:
    """A storage with twelve rows in it."""
    async with open_storage(sqlite_url) as opened:
        await _fill(opened)
        yield opened


async def _fill(storage: Storage) -> None:
    founded = Tenant(id=ACME, slug="acme", name="Acme", created_at=Instant(1))
    assert await storage.accounts.create_tenant(founded)
    scribe, order, product = Scribe("acme"), an_order("o-1"), a_product("p-1")
    await scribe.write(storage.store, order, product)
    for _ in range(5):
        order, product = moved_on(order), later(product)
        await scribe.write(storage.store, order, product)


def _tamper(url: str, *statements: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        for trigger in ("journal_is_written_once", "journal_is_kept"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


async def test_an_honest_journal_has_no_findings(storage: Storage):
    head = await storage.store.head(ACME)

    assert head.sequence == 12
    assert await storage.verify(ACME) == []
    assert await storage.verify(TenantId("nobody")) == []


async def test_an_honest_journal_on_postgres_has_no_findings(postgres_storage):
    async with open_storage(postgres_storage.url) as storage:
        await _fill(storage)

        assert await storage.verify(ACME) == []


@rule("JN21")
@pytest.mark.parametrize("upto", [1, 5, 11, 12])
async def test_a_trimmed_journal_is_honest_about_what_it_kept(storage: Storage, upto: int):
    await storage.trim(ACME, Sequence(upto))
    await storage.trim(ACME, Sequence(99))

    assert await storage.store.first_kept(ACME) == upto + 1
    assert await storage.verify(ACME) == []


@rule("JN21")
async def test_a_journal_that_lost_its_beginning_without_a_record_is_found(
    storage: Storage, sqlite_url: str
):
    _tamper(sqlite_url, "DELETE FROM journal WHERE sequence <= 5")

    found = {(finding.code, finding.sequence) for finding in await storage.verify(ACME)}

    assert ("gap", 6) in found


@pytest.mark.parametrize(
    ("statement", "code", "sequence"),
    [
        ("UPDATE journal SET body = replace(body, 'Ann', 'Eve') WHERE sequence = 3", "altered", 3),
        ("UPDATE journal SET hash = zeroblob(32) WHERE sequence = 4", "altered", 4),
        ("UPDATE journal SET body = x'7b7d' WHERE sequence = 4", "unreadable", 4),
        ("DELETE FROM journal WHERE sequence = 5", "gap", 6),
        ("DELETE FROM journal WHERE sequence = 12", "head", 12),
        ("UPDATE journal SET nonce = nonce + 1 WHERE sequence = 6", "columns", 6),
        ("UPDATE journal SET keys = '' WHERE sequence = 6", "columns", 6),
        ("UPDATE heads SET nonce = 7", "head", 12),
        ("UPDATE heads SET hash = zeroblob(32)", "head", 12),
        ("DELETE FROM aggregates WHERE id = 'o-1'", "state", 12),
        ("DELETE FROM heads", "head", 12),
        ("UPDATE aggregates SET open = 0", "columns", 12),
        ("UPDATE aggregates SET version = 2 WHERE id = 'o-1'", "columns", 12),
        ("UPDATE journal SET keys = CAST(x'ff' AS TEXT) WHERE sequence = 6", "unreadable", 0),
        ("UPDATE aggregates SET image = replace(image, 'Ada', 'Eve')", "state", 12),
        ("UPDATE aggregates SET image = x'7b7d' WHERE id = 'p-1'", "state", 12),
    ],
)
async def test_what_was_done_to_the_tables_is_found(
    storage: Storage, sqlite_url: str, statement: str, code: str, sequence: int
):
    _tamper(sqlite_url, statement)

    found = {(finding.code, finding.sequence) for finding in await storage.verify(ACME)}

    assert (code, sequence) in found


async def test_two_rows_that_changed_places_are_found(storage: Storage, sqlite_url: str):
    _tamper(
        sqlite_url,
        "UPDATE journal SET sequence = 99 WHERE sequence = 4",
        "UPDATE journal SET sequence = 4 WHERE sequence = 6",
        "UPDATE journal SET sequence = 6 WHERE sequence = 99",
    )

    found = {(finding.code, finding.sequence) for finding in await storage.verify(ACME)}

    assert {("columns", 4), ("unchained", 4), ("columns", 6)} <= found


async def test_events_that_do_not_make_the_state_are_found(storage: Storage):
    scribe = Scribe("acme", head=await storage.store.head(ACME))
    forged = later(an_order("o-1"), version=7, customer=an_order("x", customer="Eve").customer)
    await scribe.write(storage.store, forged)

    (finding,) = await storage.verify(ACME)

    assert (finding.code, finding.aggregate_id) == ("state", "o-1")


@rule("JN21")
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE journal SET at = 0", "written once"),
        ("DELETE FROM journal WHERE sequence = 7", "kept"),
        ("DELETE FROM journal", "kept"),
    ],
)
async def test_the_journal_itself_refuses_to_be_rewritten(
    storage: Storage, sqlite_url: str, statement: str, says: str
):
    with (
        closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection,
        pytest.raises(sqlite3.IntegrityError, match=says),
    ):
        connection.execute(statement)
    assert await storage.verify(ACME) == []


@rule("JN21")
async def test_postgres_lets_rows_go_only_from_the_old_end_and_puts_that_on_record(
    postgres_storage,
):
    async with open_storage(postgres_storage.url) as storage:
        await _fill(storage)
        for statement in ("DELETE FROM journal WHERE sequence = 7", "TRUNCATE journal"):
            with pytest.raises(asyncpg.RaiseError, match="kept"):
                await storage.database.write(Scope(ACME), Query(statement))

        await storage.trim(ACME, Sequence(5))
        await storage.trim(ACME, Sequence(99))

        assert await storage.store.first_kept(ACME) == 6
        assert await storage.verify(ACME) == []


async def test_a_state_that_an_older_program_stored_is_whole(storage: Storage, sqlite_url: str):
    _tamper(
        sqlite_url,
        "UPDATE aggregates SET image = CAST(replace(image, '\"archived\":false,', '') AS BLOB)",
    )

    assert await storage.verify(ACME) == []


async def test_a_word_in_a_state_that_nobody_reads_is_found(storage: Storage, sqlite_url: str):
    _tamper(
        sqlite_url,
        "UPDATE aggregates SET image = CAST(replace(image, 'archived', 'archivee') AS BLOB)",
    )

    (finding,) = await storage.verify(ACME)

    assert (finding.code, finding.aggregate_id) == ("columns", "o-1")
