"""Fixtures for real services: started when the first test asks, one set per test process.

With pytest-xdist every worker has its own servers. That costs a second per worker and needs
no coordination: nothing is shared, so no worker can empty or stop what another one uses.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from server.demo.engines.databases import Database
from server.demo.engines.found import Found, ServiceFailedError
from server.demo.engines.postgres import Postgres, start_postgres
from server.demo.engines.valkey import Valkey, start_valkey
from tests.support.services.availability import found_or_skip, skip_for
from tests.support.services.chromium import launch_options


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """The PostgreSQL of this test process."""
    found = found_or_skip("postgres")
    try:
        server = start_postgres(found)
    except ServiceFailedError as fault:
        skip_for("postgres", f"did not start: {fault}")
    yield server
    server.databases.drop_templates()
    server.close()


@pytest.fixture
def postgres_database(postgres_server: Postgres) -> Iterator[Database]:
    """An empty database of this test alone."""
    database = postgres_server.databases.create()
    yield database
    postgres_server.databases.drop(database)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """The Valkey of this test process; prefer `valkey`, which is empty."""
    found = found_or_skip("valkey")
    try:
        server = start_valkey(found)
    except ServiceFailedError as fault:
        skip_for("valkey", f"did not start: {fault}")
    yield server
    server.close()


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    """A Valkey with nothing in it."""
    valkey_server.empty()
    return valkey_server


@pytest.fixture(scope="session")
def chromium() -> Found:
    """The browser program, for those who launch it themselves."""
    return found_or_skip("browser")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Found) -> AsyncIterator[Browser]:
    """One running Chromium; a test opens contexts in it, as a person opens windows.

    It lives in the session's event loop, so its tests are marked
    `@pytest.mark.asyncio(loop_scope="session")`. Playwright's synchronous API would occupy
    the main thread and stop every other asynchronous test.
    """
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(**launch_options(chromium))
        yield running
        await running.close()
