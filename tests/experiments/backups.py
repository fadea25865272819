"""X13: a backup while three tenants are written to, restored; everything acknowledged is there."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from protocols.vocabulary import ClientId, TenantId
from server.backing_up import Backed, backup
from server.demo.engines.databases import Databases
from server.demo.engines.found import Found
from server.demo.engines.postgres import find_postgres, start_postgres
from server.restoring import Restored, Wanted, restore
from server.settings import Settings
from server.storage.backup.manifest import HeadFacts
from server.storage.blobs import FileBlobs
from server.storage.migrate import migrate
from server.storage.open import Storage, open_storage
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.written_under import CLIENT, TENANTS, Mark, Writers, found

_ORDERS = 60
"""Orders of each tenant before the writing begins, so that a backup takes a while."""


class Tools(msgspec.Struct, frozen=True):
    """What is tried; the experiment's own tests put a broken one in."""

    backup: Callable[[Settings, Path], Awaitable[Backed]] = backup
    restore: Callable[[Settings, Wanted], Awaitable[Restored]] = restore


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one backup."""

    seed: int
    rows: int = 0
    meanwhile: int = 0
    """Commands that were acknowledged while the backup was made."""
    trouble: str = ""


@contextmanager
def _databases() -> Iterator[Databases | None]:
    """A PostgreSQL where there is one; without, everything is SQLite."""
    place = find_postgres()
    if not isinstance(place, Found):
        yield None
        return
    server = start_postgres(place)
    try:
        yield server.databases
    finally:
        server.databases.drop_templates()
        server.close()


async def play(seed: int, tools: Tools, databases: Databases | None) -> Trial:
    """One trial; the seed says from which database into which. Whatever it raises is a finding."""
    with tempfile.TemporaryDirectory() as folder, _urls(seed, databases) as (url, other_url):
        here = Settings(data=Path(folder) / "here", database_url=url)
        there = Settings(data=Path(folder) / "there", database_url=other_url)
        try:
            return await _play(seed, tools, here, there)
        except Exception as crash:  # noqa: BLE001 - a crash is what we look for
            return Trial(seed=seed, trouble=f"crash: {crash!r}")


@contextmanager
def _urls(seed: int, databases: Databases | None) -> Iterator[tuple[str, str]]:
    if databases is None:
        yield "", ""
        return
    made = [databases.create() if wanted else None for wanted in (seed & 1, seed & 2)]
    try:
        here, there = (each.url if each else "" for each in made)
        yield here, there
    finally:
        for each in made:
            if each is not None:
                databases.drop(each)


async def _play(seed: int, tools: Tools, here: Settings, there: Settings) -> Trial:
    here.data.mkdir()
    await migrate(here.database)
    await found(here.database, _ORDERS)
    await FileBlobs(here.uploads).keep(TENANTS[0], "picture", b"pixels")
    with Writers(here.database, seed) as writers:
        goal = writers.total() + 3 * (seed % 7)
        writers.wait_for(lambda: writers.total() >= goal)
        before, count = dict(writers.acknowledged), writers.total()
        backed = await tools.backup(here, here.data.parent / "backup.zip")
        after, meanwhile = dict(writers.acknowledged), writers.total() - count
    restored = await tools.restore(there, Wanted(source=backed.path))
    trouble = _of_what_moment(backed, before, after)
    trouble = trouble or await _source_unharmed(here, backed)
    trouble = trouble or await _whole(there, backed, restored, writers)
    return Trial(seed=seed, rows=backed.manifest.rows, meanwhile=meanwhile, trouble=trouble)


def _of_what_moment(
    backed: Backed, before: dict[TenantId, Mark], after: dict[TenantId, Mark]
) -> str:
    """Nothing is missing that was acknowledged before the backup began."""
    for tenant_id in TENANTS:
        head = backed.manifest.heads[tenant_id]
        if head.sequence < before[tenant_id].sequence:
            lost = before[tenant_id].sequence - head.sequence
            return f"{tenant_id}: {lost} acknowledged rows are missing"
        # One batch of at most six rows may be stored and not yet acknowledged.
        if head.sequence > after[tenant_id].sequence + 6:
            return f"{tenant_id}: the backup knows more than was written"
    return ""


async def _source_unharmed(here: Settings, backed: Backed) -> str:
    """The database that was backed up is whole, and goes on from what was backed up."""
    async with open_storage(here.database) as storage:
        for tenant_id, head in backed.manifest.heads.items():
            if await storage.store.nonce_at(tenant_id, head.sequence) != head.nonce:
                return f"{tenant_id}: the backup is of another history"
            if flaws := await storage.verify(tenant_id):
                return f"{tenant_id}: the source has {flaws[0]}"
    return ""


async def _whole(there: Settings, backed: Backed, restored: Restored, writers: Writers) -> str:
    """What was restored is whole, ends where the manifest says, and knows what it answered."""
    if there.embedded:
        with closing(sqlite3.connect(there.database_file)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            return f"the restored file is damaged: {said}"
    if await FileBlobs(there.uploads).read(TENANTS[0], "picture") != b"pixels":
        return "a picture is missing"
    for slug, flaws in restored.findings.items():
        if flaws:
            return f"{slug}: restored with {flaws[0]}"
    async with open_storage(there.database) as storage:
        for tenant_id, head in backed.manifest.heads.items():
            if trouble := await _ends(storage, tenant_id, head, writers):
                return f"{tenant_id}: {trouble}"
    return ""


async def _ends(storage: Storage, tenant_id: TenantId, facts: HeadFacts, writers: Writers) -> str:
    head = await storage.store.head(tenant_id)
    if (head.sequence, head.hash) != (facts.sequence, facts.hash):
        return f"ends at {head.sequence} and not at {facts.sequence}"
    if head.epoch <= facts.epoch:
        return "has the epoch of the history that is lost"
    last = await storage.store.last_number(tenant_id, ClientId(CLIENT))
    if last != writers.numbers.get((tenant_id, head.sequence), last):
        return f"has answered up to {last}, which is not what its rows say"
    if flaws := await storage.verify(tenant_id):
        return f"has {flaws[0]}"
    return ""


def played(request: Request, tools: Tools) -> Result:
    """All trials, one after the other: each has the machine's cores to itself."""
    with _databases() as databases:
        seeds = range(request.seed, request.seed + request.count)
        trials = [asyncio.run(play(seed, tools, databases)) for seed in seeds]
    return Result(
        counts={
            "backups": len(trials),
            "rows": sum(trial.rows for trial in trials),
            "commands meanwhile": sum(trial.meanwhile for trial in trials),
        },
        bad="losses",
        findings=tuple(Finding(each.seed, each.trouble) for each in trials if each.trouble),
    )


def run(request: Request) -> Result:
    """Play as many backups as asked."""
    return played(request, Tools())


X13 = Experiment(name="X13", title="backups under load", counts={"pr": 5, "release": 100}, run=run)
