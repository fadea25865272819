"""A role that row-level security does not bind is refused before anything is begun."""

from pathlib import Path

import asyncpg
import pytest

from server import doctor
from server.demo.engines.databases import OWNER, Database
from server.demo.engines.postgres import Postgres
from server.desk import CannotDo, must_be_bound
from server.settings import Settings
from server.storage.postgres.role import boundless_role
from tests.support.process import free_port, kanvoy
from tests.support.rules import rule

pytestmark = [pytest.mark.asyncio, pytest.mark.postgres]


async def _role(postgres: Postgres, name: str, right: str) -> None:
    admin = await asyncpg.connect(postgres.databases.create().dsn.replace(OWNER + "@", "postgres@"))
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
            await admin.execute(f"CREATE ROLE {name} LOGIN {right}")
    finally:
        await admin.close()


@rule("JN25")
@pytest.mark.parametrize(
    ("role", "right"), [("mighty", "SUPERUSER"), ("passing", "NOSUPERUSER BYPASSRLS")]
)
async def test_a_role_that_may_bypass_row_security_does_not_serve(
    postgres_storage: Database, postgres_server: Postgres, tmp_path: Path, role: str, right: str
):
    if f"//{OWNER}@" not in postgres_storage.url:
        pytest.skip("this server is not ours to create roles in")
    await _role(postgres_server, role, right)
    settings = Settings(database_url=postgres_storage.url.replace(f"//{OWNER}@", f"//{role}@"))

    served = kanvoy(
        "serve",
        folder=tmp_path,
        KANVOY_PORT=str(free_port()),
        KANVOY_DATABASE_URL=settings.database_url,
    )
    assert (served.returncode, served.stdout) == (2, "")
    assert "NOBYPASSRLS" in served.stderr
    with pytest.raises(CannotDo, match=f"the role '{role}' may bypass row-level security"):
        await must_be_bound(settings)
    if role == "mighty":
        found = {each.about: each async for each in doctor.examine(settings)}
        assert found["row-level security"].state == "broken"
        assert "NOBYPASSRLS" in found["row-level security"].mend


@rule("JN25")
async def test_a_role_that_is_bound_serves_and_sqlite_has_none(postgres_storage: Database):
    if f"//{OWNER}@" not in postgres_storage.url:
        pytest.skip("this server's role is not ours to judge")
    await must_be_bound(Settings(database_url=postgres_storage.url))

    assert await boundless_role("sqlite:////nowhere") is None
