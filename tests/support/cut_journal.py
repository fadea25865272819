"""A journal written to SQLite by our statements with our settings, until the power goes."""

import contextlib
import functools
import random
import shutil
from contextlib import closing
from pathlib import Path

import apsw
import msgspec

from protocols.vocabulary import Instant, Sequence, TenantId
from server.application.accounts import Tenant
from server.application.ports import Committed
from server.storage.batch import records_of
from server.storage.open import open_storage
from server.storage.sqlite.database import prepare_connection
from server.storage.sqlite.store import BatchWriting
from tests.support.power_cut import Disk, PowerGone
from tests.support.scribe import Scribe, an_order, done

ACME = TenantId("acme")

_MOST_BATCHES = 60
_MOST_STEPS = 1_500
"""Writes and syncs: about what so many batches need."""


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """What one image of the disk has of what was acknowledged before the power went."""

    acknowledged: int
    lost: int
    flaws: tuple[str, ...]
    """What is broken in it; nobody promised more than was acknowledged, but all of it whole."""


async def cut(migrated_file: Path, folder: Path, seed: int, *pragmas: str) -> Cut:
    """Write until the power goes, at a moment that the seed draws, and look at what is left.

    The moment may be between two batches or in the middle of one, of a checkpoint, or of making
    the file ready. `pragmas` weaken the settings.
    """
    before, after = folder / f"before-{seed}", folder / f"after-{seed}"
    before.mkdir()
    after.mkdir()
    path = await _founded(migrated_file, before)
    acknowledged = _write_until_the_cut(path, after, seed, *pragmas)
    async with open_storage(f"sqlite:///{after / path.name}") as storage:
        flaws = [str(each) for each in await storage.verify(ACME)]
        left = (await storage.store.head(ACME)).sequence
    if left > acknowledged + 1:
        flaws.append(f"{left} batches, and {acknowledged} were acknowledged")
    lost = max(0, acknowledged - left)
    return Cut(acknowledged=acknowledged, lost=lost, flaws=tuple(flaws))


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
    scribe = Scribe("acme", seed=seed)
    disk.steps = rng.randrange(_MOST_STEPS)
    with closing(apsw.Connection(str(path), vfs=disk.name)) as connection:
        with contextlib.suppress(PowerGone):
            _prepare(connection, *pragmas)
            for number in range(1, rng.randrange(5, _MOST_BATCHES)):
                _commit(connection, scribe, number)
        disk.cut(after, rng)
        # SQLite tidies up when it is closed, on a disk that nobody looks at any more.
        disk.steps = None
    disk.unregister()
    return scribe.head.sequence


@functools.cache
def _writing() -> BatchWriting:
    return BatchWriting()


def _prepare(connection: apsw.Connection, *pragmas: str) -> None:
    # Alone on the file, SQLite needs no shared memory, which is no part of the disk.
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    prepare_connection(connection)
    for pragma in ("PRAGMA wal_autocheckpoint=30", *pragmas):
        list(connection.execute(pragma))


def _commit(connection: apsw.Connection, scribe: Scribe, number: int) -> None:
    batch = scribe.batch(an_order(f"o-{number}"), answers=[done("phone", number)])
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("SAVEPOINT job")
    assert _writing()(connection, records_of(batch)) == Committed()
    connection.execute("RELEASE job")
    connection.execute("COMMIT")
    scribe.head = batch.head
