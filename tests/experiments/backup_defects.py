"""Backups that look like ones, put into X13 one at a time: it must see each of them."""

import functools
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from server.backing_up import Backed, Ways, backup
from server.restoring import Restored, Wanted, restore
from server.settings import Settings
from server.storage.backup.archive import ArchiveWriter
from server.storage.backup.dump import Heads, dump
from server.storage.backup.manifest import TableFacts
from tests.experiments.backups import Tools


def _file_only(source: Path, target: Path) -> None:
    """Copy the file as it lies there, without its write-ahead log."""
    shutil.copyfile(source, target)


async def _moment_by_moment(
    url: str, archive: ArchiveWriter
) -> tuple[Heads, dict[str, TableFacts]]:
    """Read PostgreSQL without one snapshot: each table is of another moment."""
    engine = create_async_engine(url, isolation_level="READ COMMITTED", poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(lambda plain: dump(plain, archive))


async def _same_epoch(settings: Settings, wanted: Wanted) -> Restored:
    """Restore, and go on in the epoch of the lost history."""
    restored = await restore(settings, wanted)
    if settings.embedded:
        with closing(sqlite3.connect(settings.database_file)) as connection, connection:
            connection.execute("UPDATE heads SET epoch = epoch - 1")
    return restored


async def _last_night(settings: Settings, wanted: Wanted) -> Restored:
    """Lose the newest verdict of every client, as a restore of some tables only would."""
    restored = await restore(settings, wanted)
    if settings.embedded:
        with closing(sqlite3.connect(settings.database_file)) as connection, connection:
            connection.execute("UPDATE clients SET last_number = last_number - 1")
    return restored


async def _backing_up(ways: Ways, settings: Settings, target: Path) -> Backed:
    return await backup(settings, target, ways)


def _with(ways: Ways) -> Tools:
    return Tools(backup=functools.partial(_backing_up, ways))


BROKEN: dict[str, tuple[Tools, int, str]] = {
    "copies without the log": (_with(Ways(copy=_file_only)), 4, "missing|crash"),
    "reads at many moments": (_with(Ways(dump=_moment_by_moment)), 1, "restored with|crash|ends"),
    "keeps the epoch": (Tools(restore=_same_epoch), 4, "epoch"),
    "forgets an answer": (Tools(restore=_last_night), 4, "answered"),
}
"""Each with a seed whose databases it is about, and the words of what must be found."""
