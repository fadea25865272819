"""Backing up: everything in one file, as of one moment, while servers go on."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from server.desk import CannotDo, must_be_there
from server.http.health import BUILD
from server.settings import Settings
from server.storage.backup.archive import ArchiveWriter
from server.storage.backup.dump import Heads, dump_postgres, dump_sqlite
from server.storage.backup.files import Damaged, copy_online
from server.storage.backup.manifest import FORMAT, KIND, Manifest, TableFacts
from server.storage.backup.pictures import pack
from server.storage.durable import sync
from server.storage.revisions import revisions
from server.system import SystemClock


class Ways(msgspec.Struct, frozen=True):
    """How a database is read as of one moment; experiments put bugs in here."""

    copy: Callable[[Path, Path], None] = copy_online
    dump: Callable[[str, ArchiveWriter], Awaitable[tuple[Heads, dict[str, TableFacts]]]] = (
        dump_postgres
    )


AS_MEANT = Ways()


class Backed(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was made."""

    path: Path
    bytes: int
    manifest: Manifest
    seconds: float


async def backup(settings: Settings, target: Path, ways: Ways = AS_MEANT) -> Backed:
    """Write everything into one file; there is a whole file in the end, or none.

    A folder as target gets a file named by the time. Raises `CannotDo`.
    """
    await must_be_there(settings)
    begun, path = time.monotonic(), _named(target)
    with on_disk(path.parent), TemporaryDirectory(prefix=".backup-", dir=path.parent) as scratch:
        manifest = await _write(settings, Path(scratch), ways)
        (Path(scratch) / "archive").replace(path)
        sync(path.parent)
        size = path.stat().st_size
    seconds = time.monotonic() - begun
    return Backed(path=path, bytes=size, manifest=manifest, seconds=seconds)


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """What a disk refuses is told as such: it is not the database's trouble."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise CannotDo(f"{folder}: {said}; nothing is left of what was begun") from error


def _named(target: Path) -> Path:
    if target.is_dir():
        moment = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime(SystemClock().now() / 1_000))
        target = target / f"kanvoy-{moment}.zip"
    if target.exists():
        raise CannotDo(f"{target} is there already; backups are never written over")
    return target


async def _write(settings: Settings, scratch: Path, ways: Ways) -> Manifest:
    schema, _ = await revisions(settings.database)
    archive = ArchiveWriter(scratch / "archive")
    try:
        heads, tables = await _dump(settings, scratch, archive, ways)
        manifest = Manifest(
            kind=KIND,
            format=FORMAT,
            version=BUILD,
            schema=schema or "",
            made_at=SystemClock().now(),
            heads=heads,
            tables=tables,
            # After the tables: a picture is kept before the database names it.
            pictures=pack(settings.uploads, archive),
        )
        archive.finish(manifest)
    finally:
        archive.close()
    return manifest


async def _dump(
    settings: Settings, scratch: Path, archive: ArchiveWriter, ways: Ways
) -> tuple[Heads, dict[str, TableFacts]]:
    if not settings.embedded:
        return await ways.dump(settings.database, archive)
    copied = scratch / "copy.sqlite3"
    try:
        ways.copy(settings.database_file, copied)
    except Damaged as error:
        raise CannotDo(f"the database is damaged ({error}); restore a backup") from error
    return dump_sqlite(f"sqlite:///{copied}", archive)
