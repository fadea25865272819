"""Restoring a backup, and trying out whether one could be restored."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, StatementError

from protocols.vocabulary import TenantId
from server.anchoring.anchors import Anchors, key_file, untold
from server.anchoring.key import BadKey, own_key
from server.backing_up import Backed, backup, on_disk
from server.desk import CannotDo
from server.settings import Settings
from server.storage.backup import files
from server.storage.backup.archive import Archive
from server.storage.backup.dump import Heads
from server.storage.backup.load import (
    Epochs,
    TooNew,
    empty,
    epochs_in,
    load,
    missing_pictures,
    others_connected,
)
from server.storage.backup.manifest import BadArchive, Manifest
from server.storage.backup.pictures import unpack
from server.storage.migrate import on_connection
from server.storage.open import open_storage
from server.storage.revisions import is_known
from server.storage.verify import Finding
from server.system import SystemClock

_IN_USE = "a server, or another program, uses the database; stop it first. Nothing was changed"

_NOT_EMPTY = "there are tenants in the database, which --replace would remove. Nothing was changed"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How to restore."""

    source: Path
    replace: bool = False
    """What is in the database now may go."""
    sign_out: bool = False
    """Nobody and no device stays signed in, as after a theft."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was restored, and what its journals look like now."""

    manifest: Manifest
    heads: Heads
    findings: dict[str, list[Finding]]
    """By slug; a tenant with an empty list is whole."""
    missing_pictures: int
    """The database names them and nobody has them."""
    seconds: float


async def restore(settings: Settings, wanted: Wanted) -> Restored:
    """Make this installation what a backup says. Nothing is changed before all of it was read.

    Every journal begins a new epoch, so that each screen starts afresh. Raises `CannotDo`.
    """
    begun = time.monotonic()
    with _checked(wanted.source) as archive:
        _must_sign(settings)
        if settings.embedded:
            heads = _into_file(settings, archive, wanted)
        else:
            heads = await _into_server(settings, archive, wanted)
        manifest = archive.manifest
    findings: dict[str, list[Finding]] = {}
    async with open_storage(settings.database) as storage:
        for tenant in await storage.accounts.tenants():
            findings[tenant.slug] = await storage.verify(tenant.id)
        # What was anchored of the future that is lost now is not missed.
        anchors = Anchors(settings.data, storage.store, storage.accounts, SystemClock(), untold)
        await anchors.write(settles=True)
    return Restored(
        manifest=manifest,
        heads=heads,
        findings=findings,
        missing_pictures=await _missing(settings, list(heads)),
        seconds=time.monotonic() - begun,
    )


async def drill(settings: Settings, target: Path | None, room: Path) -> tuple[Backed, Restored]:
    """Back up, and restore that into a scratch database below `room`, which is gone afterwards.

    The backup stays when it has a target.
    """
    with on_disk(room), TemporaryDirectory(prefix=".drill-", dir=room) as scratch:
        place = Path(scratch)
        backed = await backup(settings, target or place / "backup.zip")
        elsewhere = msgspec.structs.replace(settings, data=place / "data", database_url="")
        return backed, await restore(elsewhere, Wanted(source=backed.path))


@contextmanager
def _checked(source: Path) -> Iterator[Archive]:
    """The archive, read once from end to end; whatever is wrong with it is a `CannotDo`."""
    try:
        with Archive(source) as archive:
            _must_be_known(archive.manifest)
            archive.check()
            yield archive
    except BadArchive as error:
        raise CannotDo(f"{source} cannot be restored: {error}. Nothing was changed") from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise CannotDo(f"{source} cannot be read: {error.strerror}") from error


def _must_sign(settings: Settings) -> None:
    """The last step signs the new heads: better to hear now that it could not."""
    try:
        with on_disk(settings.data):
            own_key(key_file(settings.data))
    except BadKey as error:
        raise CannotDo(f"{error}; move it away to get a new one. Nothing was changed") from error


def _must_be_known(manifest: Manifest) -> None:
    if not is_known(manifest.schema):
        made = f"it was made by Kanvoy {manifest.version} with the schema {manifest.schema[:40]!r}"
        raise BadArchive(f"{made}, which this one does not know; install that version")


def _into_file(settings: Settings, archive: Archive, wanted: Wanted) -> Heads:
    """Fill a file beside the old one, and put it in its place when all is well."""
    path = settings.database_file
    fresh = path.with_name(f"{path.name}.restoring")
    with on_disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with files.alone(path) as held:
                before = _epochs(held, path, replace=wanted.replace)
                fresh.unlink(missing_ok=True)
                heads = files.filled(fresh, partial(_load, archive, before, wanted))
                unpack(archive, settings.uploads)
                files.publish(fresh, path)
        except files.InUse as error:
            raise CannotDo(_IN_USE) from error
        except files.Damaged as error:
            raise BadArchive(f"its records do not fit together ({error})") from error
        finally:
            fresh.unlink(missing_ok=True)
    return heads


def _epochs(held: sqlite3.Connection | None, path: Path, *, replace: bool) -> Epochs:
    if held is None:
        return {}
    try:
        found = files.read(held, epochs_in)
    except (DatabaseError, StatementError) as error:
        if not replace:
            said = "what is there cannot be read, and --replace would remove it"
            raise CannotDo(f"{path}: {said}. Nothing was changed") from error
        return {}
    if found and not replace:
        raise CannotDo(_NOT_EMPTY)
    return found


async def _into_server(settings: Settings, archive: Archive, wanted: Wanted) -> Heads:
    """Empty and fill a PostgreSQL database in one transaction."""

    def fill(connection: Connection) -> Heads:
        if others_connected(connection):
            raise CannotDo(_IN_USE)
        before = epochs_in(connection)
        if before and not wanted.replace:
            raise CannotDo(_NOT_EMPTY)
        try:
            empty(connection)
        except TooNew as error:
            said = "a newer Kanvoy made what is in the database; drop and create it by hand"
            raise CannotDo(f"{said}. Nothing was changed") from error
        heads = _load(archive, before, wanted, connection)
        with on_disk(settings.data):
            settings.data.mkdir(parents=True, exist_ok=True)
            unpack(archive, settings.uploads)
        return heads

    return await on_connection(settings.database, fill)


def _load(archive: Archive, before: Epochs, wanted: Wanted, connection: Connection) -> Heads:
    try:
        return load(connection, archive, before, sign_out=wanted.sign_out)
    except DBAPIError as error:
        # A disk that is full, or a server that went away: not the archive's fault.
        if error.connection_invalidated or isinstance(error, OperationalError):
            raise
        said = str(error.orig).splitlines()[0]
        raise BadArchive(f"its records do not fit together ({said})") from error
    except StatementError as error:
        raise BadArchive(f"its records are of the wrong kind ({error.orig})") from error


async def _missing(settings: Settings, tenant_ids: list[TenantId]) -> int:
    return await on_connection(
        settings.database, partial(missing_pictures, settings.uploads, tenant_ids)
    )
