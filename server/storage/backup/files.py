"""An SQLite file as a whole: copied while others write, replaced when nobody uses it."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool

from server.storage.durable import sync

T = TypeVar("T")

_BUSY = 5
"""SQLite's result code for a lock that somebody else holds."""

_DISK = frozenset({10, 13})
"""Its result codes for a disk that fails and one that is full."""

_BESIDE = ("-wal", "-shm", "-journal")


class Damaged(Exception):
    """The file is not what SQLite wrote; the message says what is wrong with it."""


class InUse(Exception):
    """Another process has the file open."""


def copy_online(source: Path, target: Path) -> None:
    """Copy a database as of one moment, with all that is committed, while others go on writing.

    Copying the file itself would miss what is in its write-ahead log only. Raises `Damaged`.
    """
    try:
        with (
            closing(sqlite3.connect(source, timeout=30.0)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            # In one step: several would begin anew whenever somebody writes in between.
            read.backup(written)
            written.execute("PRAGMA journal_mode=DELETE")
            whole(written)
    except sqlite3.DatabaseError as error:
        if _code(error) in _DISK:
            raise OSError(errno.ENOSPC, str(error)) from error
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise Damaged(str(error)) from error


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def whole(connection: sqlite3.Connection) -> None:
    """Raise `Damaged` unless every page, index and reference is as it should be."""
    for pragma in ("integrity_check(1)", "foreign_key_check"):
        found = connection.execute(f"PRAGMA {pragma}").fetchone()
        if found is not None and found != ("ok",):
            raise Damaged(" ".join(map(str, found)))


@contextmanager
def alone(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Nobody else can open the file meanwhile, and everything is in the file itself.

    Raises `InUse`. A file that SQLite cannot read is nobody's; None: there is no file.
    """
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if _code(error) == _BUSY:
                raise InUse from error
        yield connection


def read(held: sqlite3.Connection, work: Callable[[Connection], T]) -> T:
    """Look into a file that we hold `alone`, through the connection that holds it."""
    engine = create_engine("sqlite://", creator=lambda: held, poolclass=StaticPool)
    with engine.begin() as connection:
        return work(connection)


def filled(path: Path, work: Callable[[Connection], T]) -> T:
    """Make a new database; raises `Damaged` when what was put into it is not whole."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _hurry(connection: sqlite3.Connection, _: object) -> None:
        # It is synced as a whole when it is finished; a half one is thrown away.
        for pragma in ("synchronous=OFF", "journal_mode=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    with engine.begin() as connection:
        done = work(connection)
    with closing(sqlite3.connect(path)) as check:
        whole(check)
    return done


def publish(fresh: Path, path: Path) -> None:
    """Put a finished database in its place. The old one's log must not be applied to it."""
    for suffix in _BESIDE:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    belongs_like(fresh, path if path.exists() else path.parent)
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)


def belongs_like(path: Path, other: Path) -> None:
    """Root restores for whoever serves: give the file to the owner of its neighbour."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    if os.geteuid() == 0:
        owner = other.stat()
        shutil.chown(path, owner.st_uid, owner.st_gid)
