"""Brings a database to a revision of the schema; run by `kanvoy migrate` and by tests."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

SCRIPTS = Path(__file__).parent / "migrations"
_Step = Callable[[Config, str], None]
T = TypeVar("T")


async def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to a revision, the newest by default. Does nothing when it is there already."""
    await on_connection(url, partial(_step, command.upgrade, revision))


async def unmigrate(url: str, revision: str = "base") -> None:
    """Downgrade to a revision; `base` removes every table and what is in them."""
    await on_connection(url, partial(_step, command.downgrade, revision))


def upgrade(connection: Connection, revision: str) -> None:
    """Upgrade inside a transaction of the caller's."""
    _step(command.upgrade, revision, connection)


def downgrade(connection: Connection, revision: str) -> None:
    """Downgrade inside a transaction of the caller's."""
    _step(command.downgrade, revision, connection)


async def on_connection(url: str, work: Callable[[Connection], T]) -> T:
    """Do something in one transaction of a synchronous connection, without blocking."""
    if url.startswith("sqlite"):
        return await asyncio.to_thread(_run_sqlite, url, work)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(work)


def _run_sqlite(url: str, work: Callable[[Connection], T]) -> T:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return work(connection)


def _step(step: _Step, revision: str, connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    step(config, revision)
