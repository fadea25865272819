"""What we hand to those who deploy with containers agrees with what the server understands."""

import re

import pytest
import yaml

from server.settings import from_environment
from tools.gate import ROOT


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def _filled(value: str) -> str:
    """The value with each `${NAME:-default}` replaced by its default, or by a word."""
    return re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}", lambda hit: hit.group(1) or "word", value)


def test_the_settings_of_the_composed_node_are_understood(compose: dict):
    environment = {
        name: _filled(value) for name, value in compose["services"]["kanvoy"]["environment"].items()
    }

    settings = from_environment(environment)

    assert settings.database == "postgresql+asyncpg://kanvoy:word@postgres/kanvoy"
    assert settings.allowed_origins == {"http://localhost:8000"}


def test_a_node_gets_more_time_to_stop_than_it_takes(compose: dict):
    grace = int(compose["services"]["kanvoy"]["stop_grace_period"].removesuffix("s"))

    assert grace > from_environment({}).drain_seconds


def test_the_database_role_cannot_bypass_row_security(compose: dict):
    roles = compose["configs"]["roles"]["content"]

    assert "NOSUPERUSER NOBYPASSRLS" in roles


def test_the_image_copies_only_what_is_there():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    for source in re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE):
        assert (ROOT / source).exists()
        assert source not in ignored
