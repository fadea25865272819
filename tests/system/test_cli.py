"""The command line as an operator meets it."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.process import Running, free_port, kanvoy, running
from tests.support.rules import rule

# Each step is a process of its own, which takes seconds on a loaded machine.
pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def test_from_nothing_to_a_person_who_signs_in(tmp_path: Path):
    port = str(free_port())

    steps = [
        kanvoy("create-tenant", "acme", "--name", "Acme", folder=tmp_path),
        kanvoy(
            "create-user",
            "acme",
            "anna@acme.example",
            "--role",
            "owner",
            folder=tmp_path,
            KANVOY_PASSWORD="a long enough one",
        ),
        kanvoy("verify", folder=tmp_path),
    ]
    doctor = kanvoy("doctor", folder=tmp_path, KANVOY_PORT=port)

    assert [step.returncode for step in steps] == [0, 0, 0], [step.stderr for step in steps]
    assert "create-user acme" in steps[0].stdout
    assert "Every journal is whole." in steps[2].stdout
    assert "tenants: acme" in doctor.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create-tenant", "acme", "--workflow", "kanban"), "full-7"),
        (("create-tenant", "acme", "--currency", "XXQ"), "ISO 4217"),
        (("create-user", "acme", "a@acme.example"), "no tenant 'acme'"),
        (("create-user", "acme", "bob"), "e-mail"),
        (("verify",), "no database yet; `kanvoy migrate` makes it"),
        (("users", "acme"), "no database yet"),
        (("serve", "--host", "203.0.113.1"), "KANVOY_HOST"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_on(
    tmp_path: Path, arguments: tuple[str, ...], says: str
):
    done = kanvoy(*arguments, folder=tmp_path, KANVOY_PASSWORD="a long enough one")

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert says in done.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_an_occupied_port_is_told_before_anything_is_done(tmp_path: Path, command: str):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = kanvoy(command, folder=tmp_path, KANVOY_PORT=port)

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "KANVOY_PORT" in done.stderr
    assert "--port" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_wrong_setting_is_named(tmp_path: Path):
    done = kanvoy("serve", folder=tmp_path, KANVOY_PORT="eighty")

    assert (done.returncode, done.stdout) == (2, "")
    assert "KANVOY_PORT" in done.stderr


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path):
    url = "postgresql+asyncpg://kanvoy:hunter2@127.0.0.1:1/kanvoy"

    done = kanvoy("migrate", folder=tmp_path, KANVOY_DATABASE_URL=url)

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hunter2" not in done.stderr
    assert "127.0.0.1:1/kanvoy (KANVOY_DATABASE_URL)" in done.stderr
    assert "doctor" in done.stderr


def test_a_database_that_is_none_ends_with_one_last_line_and_code_2(tmp_path: Path):
    (tmp_path / "kanvoy-data").mkdir()
    (tmp_path / "kanvoy-data" / "kanvoy.sqlite3").write_text("no database at all " * 100)

    done = [kanvoy(command, folder=tmp_path) for command in ("verify", "migrate")]

    assert [one.returncode for one in done] == [2, 2]
    assert all("KANVOY_DATA" in one.stderr.splitlines()[-1] for one in done)
    assert not any("Traceback" in one.stderr for one in done)


def test_serving_starts_and_ends_cleanly(tmp_path: Path):
    with running("serve", folder=tmp_path) as server:
        port = server.address.rpartition(":")[2]
        doctor = kanvoy("doctor", folder=tmp_path, KANVOY_PORT=port)
        code = server.stop()
        output = server.output.read_text()

    assert code == 0
    assert "Traceback" not in output
    assert output.startswith(f"Kanvoy serves {server.address}")
    assert f"serves 127.0.0.1:{port}" in doctor.stdout


def test_a_log_for_machines_is_json_from_its_first_line(tmp_path: Path):
    settings = {"KANVOY_LOG_FORMAT": "json", "KANVOY_ACCESS_LOG": "1"}
    with running("serve", folder=tmp_path, **settings) as server, _client(server) as client:
        proof = {"email": "x\n{}@acme.example", "password": "wrong", "tenant": "acme\n{}"}
        named = {"x-request-id": "proxy-00042"}
        refused = client.post("/v1/tokens", json=proof, headers=named)
        ready = client.get("/ready").json()
        server.stop()
        lines = server.output.read_text().splitlines()

    told = [json.loads(line) for line in lines]
    assert (told[0]["event"], told[0]["address"]) == ("serving", server.address)
    assert refused.headers["x-request-id"] == "proxy-00042"
    of_request = [line for line in told if line.get("request_id") == "proxy-00042"]
    assert [(line["event"], line.get("route")) for line in of_request][-1] == (
        "answered",
        "/v1/tokens",
    )
    assert set(ready["dependencies"]) == {"database", "disk", "bus", "node"}
    assert ready["dependencies"]["database"] == "ok"


@rule("AU10")
def test_a_running_server_follows_what_an_operator_changes(tmp_path: Path):
    password = "a long enough one"
    who = ("acme", "anna@acme.example")
    kanvoy("create-tenant", "acme", folder=tmp_path)
    kanvoy("create-user", *who, folder=tmp_path, KANVOY_PASSWORD=password)

    with running("serve", folder=tmp_path) as server, _client(server) as client:
        proof = {"email": who[1], "password": password}
        token = client.post("/v1/tokens", json=proof).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        done = kanvoy("set-roles", *who, "--role", "warehouse", folder=tmp_path)
        moved = _until(client, lambda answer: answer.json()["user"]["roles"] == ["warehouse"])
        listed = kanvoy("users", "acme", folder=tmp_path)
        kanvoy("deactivate", *who, folder=tmp_path)
        gone = _until(client, lambda answer: answer.status_code == 401)

    assert done.returncode == 0, done.stderr
    assert (moved, gone) == (True, True)
    assert "anna@acme.example" in listed.stdout
    assert "warehouse" in listed.stdout


def _client(server: Running) -> httpx.Client:
    return httpx.Client(base_url=server.address, trust_env=False)


def _until(client: httpx.Client, holds: Callable[[httpx.Response], bool]) -> bool:
    """Whether the session becomes so within 10 s; the head-beat brings it within one."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if holds(client.get("/v1/session")):
            return True
    return False
