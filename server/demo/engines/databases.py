"""Databases of one PostgreSQL server: templates filled once, and a fresh copy per test."""

import asyncio
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg

#: Owns every test database and may not bypass row-level security, as in production.
OWNER = "kanvoy"


def local_dsn(folder: Path, user: str = "postgres", name: str = "postgres") -> str:
    """The libpq address of a database on a unix socket in `folder`."""
    return f"postgresql://{user}@/{name}?host={quote(str(folder))}"


@dataclass(frozen=True)
class Database:
    """One database, under the addresses that different libraries want."""

    name: str
    dsn: str
    """For asyncpg and psql."""

    @property
    def url(self) -> str:
        """For SQLAlchemy with asyncpg."""
        return self.dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


class Databases:
    """Creates and drops the databases of one server."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin = admin_dsn
        self._owner = urlsplit(admin_dsn).username or "postgres"
        self._numbers = itertools.count(1)
        self._templates: dict[str, Database] = {}

    def create_owner(self) -> None:
        """Make the role that owns all further databases; for servers that are ours."""
        self._execute(f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB")
        self._owner = OWNER

    def create(self, template: str | None = None) -> Database:
        """A fresh database: empty, or a copy of a template, which takes about 50 ms."""
        # The process id keeps two test processes apart on a server they share.
        name = f"kanvoy_{os.getpid()}_{next(self._numbers)}"
        source = f" TEMPLATE {self._templates[template].name}" if template else ""
        self._execute(f"CREATE DATABASE {name} OWNER {self._owner}{source}")
        return self._database(name)

    def prepare(self, template: str, fill: Callable[[Database], object]) -> None:
        """Fill a template the first time it is asked for; `fill` must disconnect at its end."""
        if template not in self._templates:
            database = self.create()
            fill(database)
            self._templates[template] = database

    def drop(self, database: Database) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")

    def drop_templates(self) -> None:
        """Leave nothing behind on a server that is not ours."""
        for database in self._templates.values():
            self.drop(database)
        self._templates.clear()

    def _database(self, name: str) -> Database:
        parts = urlsplit(self._admin)
        address = parts.netloc.rpartition("@")[2]
        user = parts.netloc.rpartition("@")[0] if self._owner != OWNER else OWNER
        netloc = f"{user}@{address}" if user else address
        # Put together by hand: `urlunsplit` drops the empty host of a socket address.
        query = f"?{parts.query}" if parts.query else ""
        return Database(name, f"postgresql://{netloc}/{name}{query}")

    def _execute(self, statement: str) -> None:
        """Run one statement as the administrator.

        In a thread, because the caller's may be a test with an event loop of its own.
        """

        async def execute() -> None:
            connection: Any = await asyncpg.connect(self._admin)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        with ThreadPoolExecutor(max_workers=1) as aside:
            aside.submit(asyncio.run, execute()).result()
