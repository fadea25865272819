"""What the doctor finds, and how to mend it."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from server import chores, doctor
from server.chores import CannotDo, NewTenant, NewUser
from server.doctor import Finding
from server.settings import Settings

pytestmark = pytest.mark.asyncio


@pytest.fixture
def port() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def _settings(tmp_path: Path, **changes: object) -> Settings:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    return msgspec.structs.replace(Settings(data=tmp_path / "data", port=port), **changes)


async def _findings(settings: Settings) -> dict[str, Finding]:
    return {finding.about: finding async for finding in doctor.examine(settings)}


async def _founded(tmp_path: Path) -> Settings:
    settings = _settings(tmp_path)
    await chores.create_tenant(
        settings,
        NewTenant(slug="acme", name="Acme", currency="EUR", workflow="full-7"),  # type: ignore[arg-type]
    )
    return settings


async def test_a_sound_installation_has_nothing_broken(tmp_path: Path):
    settings = await _founded(tmp_path)

    found = await _findings(settings)

    broken = {about for about, one in found.items() if one.state == "broken"}
    assert broken <= {"browser client"}
    assert found["tenants"].says == "acme"
    assert found["durability"].says == "write-ahead log, synchronous FULL"
    assert found["database"].state == "fine"


async def test_every_trouble_comes_with_its_remedy(tmp_path: Path, port: int):
    settings = _settings(tmp_path, port=port, origins=frozenset({"http://orders.example"}))

    found = await _findings(settings)

    assert found["port"].state == "broken"
    assert "KANVOY_PORT" in found["port"].mend
    assert found["origins"].state == "doubtful"
    assert "https://" in found["origins"].mend
    assert "migrate" in found["database"].mend
    assert all(one.mend for one in found.values() if one.state != "fine")


async def test_a_public_address_without_origins_lets_nobody_in(tmp_path: Path):
    found = await _findings(_settings(tmp_path, host="0.0.0.0"))

    assert found["origins"].state == "broken"
    assert "KANVOY_ORIGINS" in found["origins"].mend


async def test_an_old_schema_is_told_apart_from_no_database(tmp_path: Path):
    settings = await _founded(tmp_path)
    with sqlite3.connect(settings.data / "kanvoy.sqlite3") as connection:
        connection.execute("DELETE FROM alembic_version")
    connection.close()

    found = await _findings(settings)

    assert found["schema"].state == "broken"
    assert found["schema"].mend == "Run `kanvoy migrate`."


async def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path):
    url = "postgresql+asyncpg://kanvoy:hunter2@127.0.0.1:1/kanvoy"

    found = await _findings(_settings(tmp_path, database_url=url))

    assert found["database"].state == "broken"
    assert "hunter2" not in found["database"].says


async def test_a_tenant_is_founded_once_and_its_people_sign_in(tmp_path: Path):
    settings = await _founded(tmp_path)
    anna = NewUser(
        slug="acme",
        email="Anna@Acme.example",
        name="Anna",
        roles=("owner",),
        password="a long enough one",
    )

    person = await chores.create_user(settings, anna)

    assert person.roles == ("owner",)
    with pytest.raises(CannotDo, match="already"):
        await _founded(tmp_path)
    with pytest.raises(CannotDo, match="another person"):
        await chores.create_user(settings, anna)
    with pytest.raises(CannotDo, match="no tenant"):
        await chores.create_user(settings, msgspec.structs.replace(anna, slug="nobody"))
    with pytest.raises(CannotDo, match="too short"):
        await chores.create_user(settings, msgspec.structs.replace(anna, password="short"))
