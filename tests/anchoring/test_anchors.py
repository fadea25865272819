"""Anchors: signed hourly, kept apart, and missed when a journal does not hold them any more."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.vocabulary import Instant, Sequence, TenantId
from server.anchoring.anchor import Anchor, anchor_of, hex_of, sign
from server.anchoring.anchors import Anchors, anchor_file, key_file
from server.anchoring.check import Breach, check, read, standing
from server.anchoring.key import BadKey, own_key, public_key
from server.application.accounts import Tenant
from server.storage.open import Storage, open_storage
from tests.support.fakes import FakeClock
from tests.support.rules import rule
from tests.support.scribe import Scribe, an_order, moved_on
from tests.support.storages import migrated_file, sqlite_url

__all__ = ["migrated_file", "sqlite_url"]

pytestmark = pytest.mark.asyncio

ACME = TenantId("acme")
HOUR = 3_600.0


@pytest_asyncio.fixture
async def storage(sqlite_url: str) -> AsyncIterator[Storage]:
    """A storage with six rows in it."""
    async with open_storage(sqlite_url) as opened:
        founded = Tenant(id=ACME, slug="acme", name="Acme", created_at=Instant(1))
        assert await opened.accounts.create_tenant(founded)
        await _write(opened, 6)
        yield opened


async def _write(storage: Storage, rows: int) -> None:
    scribe = Scribe("acme", head=await storage.store.head(ACME), seed=rows)
    for number in range(rows):
        name = f"o-{scribe.head.sequence}-{number}"
        await scribe.write(storage.store, an_order(name))


def _anchors(storage: Storage, folder: Path, clock: FakeClock | None = None) -> Anchors:
    return Anchors(folder, storage.store, storage.accounts, clock or FakeClock())


def _read(folder: Path) -> tuple[list[Anchor], list[str]]:
    key = own_key(key_file(folder)).public_key()
    return read(anchor_file(folder).read_bytes().splitlines(), key)


async def _breaches(storage: Storage, folder: Path) -> list[Breach]:
    anchors, wrong = _read(folder)
    assert wrong == []
    return await check(storage.store, ACME, standing(anchors)[ACME])


@rule("JN23")
async def test_the_head_of_what_moved_is_anchored_every_hour(storage: Storage, tmp_path: Path):
    clock = FakeClock()
    anchors = _anchors(storage, tmp_path, clock)

    await anchors.round()
    clock.advance(HOUR / 2)
    await _write(storage, 1)
    await anchors.round()
    clock.advance(HOUR / 2)
    await anchors.round()
    clock.advance(HOUR)
    await anchors.round()

    written, wrong = _read(tmp_path)
    assert ([each.sequence for each in written], wrong) == ([6, 7], [])
    head = await storage.store.head(ACME)
    assert written[1] == anchor_of(ACME, head, written[1].at)
    assert key_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert await _breaches(storage, tmp_path) == []


@rule("JN23")
async def test_each_anchor_is_a_line_of_the_log_too(storage: Storage, tmp_path: Path, capsys):
    await _anchors(storage, tmp_path).round()

    (line,) = anchor_file(tmp_path).read_text().splitlines()
    assert line in capsys.readouterr().out


@rule("JN24")
async def test_an_end_that_was_cut_off_is_missed(storage: Storage, sqlite_url: str, tmp_path: Path):
    await _anchors(storage, tmp_path).round()
    _tamper(
        sqlite_url,
        "DELETE FROM journal WHERE sequence > 4",
        "DELETE FROM aggregates WHERE id NOT IN (SELECT aggregate_id FROM journal)",
        "UPDATE heads SET (sequence, nonce, hash) = "
        "(SELECT sequence, nonce, hash FROM journal WHERE sequence = 4)",
    )

    assert await storage.verify(ACME) == []
    (breach,) = await _breaches(storage, tmp_path)
    assert str(breach) == "sequence 6: was anchored, and the journal ends at 4"


@rule("JN24")
async def test_a_journal_that_was_written_anew_is_another_one(
    storage: Storage, sqlite_url: str, tmp_path: Path
):
    await _anchors(storage, tmp_path).round()
    _tamper(
        sqlite_url,
        "DELETE FROM journal",
        "DELETE FROM aggregates",
        "UPDATE heads SET sequence = 0, nonce = 0, hash = x''",
    )
    scribe = Scribe("acme", seed=5)
    order = an_order("o-1")
    for _ in range(8):
        await scribe.write(storage.store, order)
        order = moved_on(order)

    assert await storage.verify(ACME) == []
    (breach,) = await _breaches(storage, tmp_path)
    assert "another row" in str(breach)


@rule("JN24")
@pytest.mark.parametrize(("upto", "breaches"), [(3, 0), (5, 0), (6, 0), (7, 1)])
async def test_what_retention_dropped_is_not_missed_unless_it_took_every_anchor(
    storage: Storage, tmp_path: Path, upto: int, breaches: int
):
    await _anchors(storage, tmp_path).round()
    await _write(storage, 2)
    await storage.trim(ACME, Sequence(upto))

    assert len(await _breaches(storage, tmp_path)) == breaches


@rule("JN24")
async def test_a_forged_record_of_retention_does_not_hide_what_was_anchored(
    storage: Storage, sqlite_url: str, tmp_path: Path
):
    await _anchors(storage, tmp_path).round()
    await _write(storage, 2)
    await storage.trim(ACME, Sequence(6))
    _tamper(
        sqlite_url,
        "DELETE FROM journal WHERE sequence = 7",
        "UPDATE trims SET upto = 7, (nonce, hash) = (1, zeroblob(32))",
    )

    assert await _breaches(storage, tmp_path) != []


@rule("JN24")
async def test_what_was_settled_is_not_missed_and_the_past_still_is(
    storage: Storage, sqlite_url: str, tmp_path: Path
):
    await _anchors(storage, tmp_path).round()
    _tamper(
        sqlite_url,
        "DELETE FROM journal WHERE sequence > 4",
        "UPDATE heads SET (sequence, nonce, hash) = "
        "(SELECT sequence, nonce, hash FROM journal WHERE sequence = 4)",
    )

    assert await _anchors(storage, tmp_path).write(settles=True) == 1
    assert await _breaches(storage, tmp_path) == []
    _tamper(sqlite_url, "UPDATE journal SET hash = zeroblob(32) WHERE sequence = 4")
    assert len(await _breaches(storage, tmp_path)) == 1


async def test_only_this_key_is_believed_and_every_letter_counts(storage: Storage, tmp_path: Path):
    await _anchors(storage, tmp_path).round()
    (line,) = anchor_file(tmp_path).read_bytes().splitlines()
    own = own_key(key_file(tmp_path)).public_key()
    (anchor,), _ = read([line], own)
    forged = sign(anchor, Ed25519PrivateKey.generate())
    pretending = msgspec.structs.replace(forged, key=hex_of(own))
    later = line.replace(b'"sequence":6', b'"sequence":7')

    anchors, wrong = read([line, forged.line(), pretending.line(), later, b"{}", b"\xff"], own)

    assert anchors == [anchor]
    assert [each.split()[1] for each in wrong] == ["2", "3", "4", "5", "6"]
    assert public_key(hex_of(own)) == own


@pytest.mark.parametrize("written", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nMIIB\n"])
async def test_a_key_that_is_none_is_told(tmp_path: Path, written: bytes):
    key_file(tmp_path).write_bytes(written)

    with pytest.raises(BadKey, match="holds no key"):
        own_key(key_file(tmp_path))
    with pytest.raises(BadKey, match="no key of 64"):
        public_key("beef")


async def test_nodes_that_share_a_folder_share_the_key(tmp_path: Path):
    first, second = own_key(tmp_path / "deep" / "key"), own_key(tmp_path / "deep" / "key")

    assert hex_of(first.public_key()) == hex_of(second.public_key())
    assert len(list((tmp_path / "deep").iterdir())) == 1


def _tamper(url: str, *statements: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        for trigger in ("journal_is_written_once", "journal_is_kept"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
