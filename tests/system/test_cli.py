"""The command line as an operator meets it."""

from pathlib import Path

import pytest

from tests.support.process import free_port, kanvoy, running

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
        (("create-user", "acme", "a@acme.example"), "no tenant 'acme'"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_on(
    tmp_path: Path, arguments: tuple[str, ...], says: str
):
    done = kanvoy(*arguments, folder=tmp_path, KANVOY_PASSWORD="a long enough one")

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert says in done.stderr


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
    assert "doctor" in done.stderr


def test_serving_starts_and_ends_cleanly(tmp_path: Path):
    with running("serve", folder=tmp_path) as server:
        code = server.stop()
        output = server.output.read_text()

    assert code == 0
    assert "Traceback" not in output
