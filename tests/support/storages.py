"""Fixtures: fresh, migrated databases. Import them into a `conftest.py` to have them."""

import asyncio
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.demo.engines.databases import Database
from server.demo.engines.postgres import Postgres
from server.storage.migrate import migrate


def run_aside(work: Coroutine[object, object, None]) -> None:
    """Run a coroutine in a thread of its own: the caller's may have an event loop running."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        aside.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and nothing in them; copy it."""
    path = tmp_path_factory.mktemp("migrated") / "kanvoy.db"
    run_aside(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test alone."""
    path = tmp_path / "kanvoy.db"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_storage(postgres_server: Postgres) -> Iterator[Database]:
    """A migrated PostgreSQL database of this test alone."""
    databases = postgres_server.databases
    databases.prepare("migrated", lambda database: run_aside(migrate(database.url)))
    database = databases.create("migrated")
    yield database
    databases.drop(database)
