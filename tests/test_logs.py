"""Log lines keep secrets, and strangers do not fill them."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from server.telemetry.logs import hide_secrets, start_logging
from server.telemetry.strangers import Strangers
from tests.support.live_sockets import on_loop, served


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """What a test turns on is off again."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def _fail(secret: str) -> None:
    raise ValueError(f"{len(secret)} characters")


def test_fields_that_name_a_secret_are_blanked():
    event = {
        "event": "signed in",
        "password": "hunter2",
        "Set-Cookie": "x",
        "bearer_token": "y",
        "tenant": "acme",
    }

    hidden = hide_secrets(None, "info", event)

    assert "hunter2" not in str(hidden)
    assert (hidden["tenant"], hidden["Set-Cookie"], hidden["bearer_token"]) == ("acme", "…", "…")


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("shape", ["console", "json"])
def test_a_traceback_shows_where_it_happened_and_no_variable(
    shape: str, capsys: pytest.CaptureFixture[str]
):
    start_logging("info", shape)  # type: ignore[arg-type]

    try:
        _fail("hunter" + "2")
    except ValueError as bug:
        structlog.get_logger().error("bug", exc_info=bug)
        logging.getLogger("library").exception("its bug")

    said = capsys.readouterr().err
    assert said.count("7 characters") == 2
    assert said.count("in _fail") == 2
    assert "hunter2" not in said
    assert shape == "console" or all(json.loads(line) for line in said.splitlines())


@pytest.mark.usefixtures("logging_as_before")
def test_strangers_whose_sockets_are_refused_write_no_line_of_the_servers(
    capsys: pytest.CaptureFixture[str],
):
    start_logging("info", "json")
    # Only the libraries' lines are looked at, and a logger of ours would keep this test's stream.
    structlog.reset_defaults()

    async def scene() -> int:
        async with served() as node:
            return (await node.dial("Origin: https://evil.example")).status

    status = on_loop("asyncio", scene())
    logging.getLogger("uvicorn.error").error("something else")

    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert status == 403
    assert events == ["something else"]


def test_a_foreign_origin_is_told_once_with_the_setting_that_would_let_it_in():
    strangers = Strangers()

    with capture_logs() as lines:
        for door in ("http", "socket", "http"):
            strangers.came("https://board.acme.example", door)

    assert [line["log_level"] for line in lines] == ["warning"]
    assert lines[0]["origin"] == "https://board.acme.example"
    assert "KANVOY_ORIGINS" in lines[0]["mend"]


def test_made_up_origins_fill_no_log():
    strangers = Strangers()

    with capture_logs() as lines:
        for number in range(1_000):
            strangers.came(f"https://{number}.example", "http")

    assert len(lines) == 100
