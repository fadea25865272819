"""Databases of one bench run: durable as in production, gone afterwards."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.demo.engines import postgres
from server.demo.engines.found import Found
from server.storage.migrate import migrate


@contextmanager
def sqlite() -> Iterator[str]:
    """A migrated SQLite file; the product opens it with `synchronous=FULL`."""
    # Not in /tmp where that is memory: a sync must reach a disk.
    folder = Path(tempfile.mkdtemp(prefix="kanvoy-bench-", dir="/var/tmp"))
    try:
        url = f"sqlite:///{folder}/kanvoy.sqlite3"
        asyncio.run(migrate(url))
        yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def disk_sync_ms(times: int) -> list[float]:
    """How long the disk takes to make 4 KB durable, sorted: no commit can be faster."""
    found = []
    with tempfile.TemporaryFile(dir="/var/tmp") as file:
        for _ in range(times):
            file.write(b"x" * 4_096)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append(1_000 * (time.perf_counter() - start))
    return sorted(found)


class Durable:
    """A PostgreSQL whose acknowledged commits are on disk, and fresh databases in it."""

    def __init__(self) -> None:
        """Start the server; raises when the machine has none."""
        found = postgres.find_postgres()
        if not isinstance(found, Found):
            raise RuntimeError(found.reason)  # noqa: TRY004
        self._server = postgres.start_postgres(found, _SETTINGS)

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """A fresh database as SQLAlchemy's URL."""
        databases = self._server.databases
        database = databases.create()
        try:
            if migrated:
                asyncio.run(migrate(database.url))
            yield database.url
        finally:
            databases.drop(database)

    def close(self) -> None:
        """Stop it and remove its folder."""
        self._server.close()


_SETTINGS = (
    "listen_addresses=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=50",
    "shared_buffers=128MB",
)
