"""What the doctor finds, and how to mend it."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from protocols.vocabulary import Currency
from server import chores, doctor, staff
from server.chores import NewTenant
from server.desk import CannotDo, bring_up
from server.doctor import Finding
from server.settings import Settings
from server.staff import NewUser

pytestmark = pytest.mark.asyncio


class _Alive(BaseHTTPRequestHandler):
    """Answers as a server of ours does."""

    def do_GET(self) -> None:
        """Say that we live."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"alive","version":"9.9.9"}')

    def log_message(self, *_: object) -> None:
        """Say nothing else."""


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


@pytest.mark.parametrize("folder", ["file", "file/below", "/proc/nope"])
async def test_a_data_folder_that_can_never_be_is_broken_and_said_so_at_the_start(
    tmp_path: Path, folder: str
):
    (tmp_path / "file").write_text("not a folder")
    settings = _settings(tmp_path, data=tmp_path / folder)

    found = await _findings(settings)

    assert found["data folder"].state == "broken"
    assert "KANVOY_DATA" in found["data folder"].mend
    with pytest.raises(CannotDo, match="KANVOY_DATA"):
        await bring_up(settings)


async def test_our_own_server_on_the_port_is_no_trouble(tmp_path: Path):
    with HTTPServer(("127.0.0.1", 0), _Alive) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        found = await _findings(_settings(tmp_path, port=server.server_port))

    assert found["port"].state == "fine"
    assert "Kanvoy 9.9.9 serves" in found["port"].says


async def test_an_address_of_another_machine_names_the_setting(tmp_path: Path):
    found = await _findings(_settings(tmp_path, host="203.0.113.1"))

    assert found["port"].state == "broken"
    assert "KANVOY_HOST" in found["port"].mend


@pytest.mark.parametrize("currency", ["XXQ", "eur", "XTS", ""])
async def test_a_currency_that_iso_4217_does_not_know_founds_nothing(tmp_path: Path, currency: str):
    settings = _settings(tmp_path)
    wanted = NewTenant(slug="acme", name="Acme", currency=Currency(currency), workflow="full-7")

    with pytest.raises(CannotDo, match="ISO 4217"):
        await chores.create_tenant(settings, wanted)

    assert not settings.data.exists()


async def test_a_tenant_is_founded_once_and_its_people_sign_in(tmp_path: Path):
    settings = await _founded(tmp_path)
    anna = NewUser(
        slug="acme",
        email="Anna@Acme.example",
        name="Anna",
        roles=("owner",),
        password="a long enough one",
    )

    person = await staff.create_user(settings, anna)

    assert person.roles == ("owner",)
    with pytest.raises(CannotDo, match="already"):
        await _founded(tmp_path)
    with pytest.raises(CannotDo, match="already"):
        await staff.create_user(settings, anna)
    with pytest.raises(CannotDo, match="no tenant"):
        await staff.create_user(settings, msgspec.structs.replace(anna, slug="nobody"))
    with pytest.raises(CannotDo, match="too short"):
        await staff.create_user(settings, msgspec.structs.replace(anna, password="short"))
