"""What SQLite acknowledged survives a power cut at any moment: our statements, our settings."""

import random
import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from protocols.vocabulary import Instant, Sequence, TenantId
from server.application.accounts import Tenant
from server.application.ports import Committed
from server.storage.batch import records_of
from server.storage.open import open_storage
from server.storage.sqlite.database import prepare_connection
from server.storage.sqlite.store import BatchWriting
from tests.support.power_cut import Disk
from tests.support.scribe import Scribe, an_order, done

ACME = TenantId("acme")
_IMAGES = 8


async def _founded(migrated_file: Path, folder: Path) -> Path:
    path = folder / "kanvoy.db"
    shutil.copy(migrated_file, path)
    async with open_storage(f"sqlite:///{path}") as storage:
        tenant = Tenant(id=ACME, slug="acme", name="Acme", created_at=Instant(1))
        await storage.accounts.create_tenant(tenant)
    return path


def _write_until_the_cut(path: Path, after: Path, seed: int, *pragmas: str) -> Sequence:
    """Commit batches, lose power, and answer the last sequence that was acknowledged."""
    rng, disk = random.Random(seed), Disk(f"cut-{seed}-{len(pragmas)}")
    scribe, write = Scribe("acme", seed=seed), BatchWriting()
    with closing(apsw.Connection(str(path), vfs=disk.name)) as connection:
        # Alone on the file, SQLite needs no shared memory, which is no part of the disk.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        prepare_connection(connection)
        for pragma in ("PRAGMA wal_autocheckpoint=30", *pragmas):
            list(connection.execute(pragma))
        for number in range(1, rng.randrange(5, 60)):
            batch = scribe.batch(an_order(f"o-{number}"), answers=[done("phone", number)])
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SAVEPOINT job")
            assert write(connection, records_of(batch)) == Committed()
            connection.execute("RELEASE job")
            connection.execute("COMMIT")
            scribe.head = batch.head
        disk.cut(after, rng)
    disk.unregister()
    return scribe.head.sequence


async def _lost(migrated_file: Path, folder: Path, seed: int, *pragmas: str) -> int:
    """How many acknowledged batches are gone after the cut; what is left must be whole."""
    before, after = folder / f"before-{seed}", folder / f"after-{seed}"
    before.mkdir()
    after.mkdir()
    path = await _founded(migrated_file, before)
    acknowledged = _write_until_the_cut(path, after, seed, *pragmas)
    async with open_storage(f"sqlite:///{after / path.name}") as storage:
        assert await storage.verify(ACME) == []
        return acknowledged - (await storage.store.head(ACME)).sequence


@pytest.mark.asyncio
async def test_no_acknowledged_batch_is_lost_in_a_power_cut(migrated_file: Path, tmp_path: Path):
    lost = [await _lost(migrated_file, tmp_path, seed) for seed in range(_IMAGES)]

    assert lost == [0] * _IMAGES


@pytest.mark.asyncio
async def test_this_experiment_would_notice_a_weaker_setting(migrated_file: Path, tmp_path: Path):
    lost = [
        await _lost(migrated_file, tmp_path, seed, "PRAGMA synchronous=NORMAL")
        for seed in range(_IMAGES)
    ]

    assert sum(batches > 0 for batches in lost) > _IMAGES // 2
