"""The real services that other tests stand on, and how they leave."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
import redis
from playwright.async_api import Browser

from server.demo.engines.databases import Database
from server.demo.engines.postgres import Postgres
from server.demo.engines.valkey import Valkey


@pytest.mark.asyncio
async def test_a_database_belongs_to_a_role_that_cannot_bypass_row_security(
    postgres_database: Database,
):
    connection = await asyncpg.connect(postgres_database.dsn)
    try:
        may_bypass = await connection.fetchval(
            "SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        lowered = await connection.fetchval("SELECT lower('ÄÖ')")
    finally:
        await connection.close()

    assert may_bypass is False
    assert lowered == "äö"


def test_a_template_is_filled_once_and_copied_for_each_test(postgres_server: Postgres):
    databases = postgres_server.databases
    filled = []

    def fill(database: Database) -> None:
        filled.append(database)
        asyncio.run(_execute(database, "CREATE TABLE crate (id int)"))

    databases.prepare("crates", fill)
    databases.prepare("crates", fill)
    copy = databases.create("crates")

    asyncio.run(_execute(copy, "INSERT INTO crate VALUES (1)"))
    databases.drop(copy)
    assert len(filled) == 1


async def _execute(database: Database, statement: str) -> None:
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(statement)
    await connection.close()


def test_a_valkey_is_empty_at_the_start_of_each_test(valkey: Valkey):
    client = redis.Redis.from_url(valkey.url)

    assert client.dbsize() == 0
    client.set("left", "behind")
    client.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_browser_shows_a_page(browser: Browser):
    page = await browser.new_page()
    await page.set_content("<title>Kanvoy</title>")

    assert await page.title() == "Kanvoy"
    await page.close()


_OWNER = """
import pathlib, sys, tempfile, time
from server.demo.engines.kept import KeptServer
server = KeptServer(pathlib.Path(tempfile.mkdtemp(dir=sys.argv[1])), ["sleep", "60"])
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_a_server_does_not_outlive_tests_that_were_killed(tmp_path: Path, ending: signal.Signals):
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"up\n"
    assert os.listdir(tmp_path)

    owner.send_signal(ending)
    owner.wait()
    owner.stdout.close()

    # Half of what the server would live by itself; 10 s were too short once on a busy machine.
    deadline = time.monotonic() + 30
    while os.listdir(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert os.listdir(tmp_path) == []
