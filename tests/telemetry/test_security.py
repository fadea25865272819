"""The security log: lines that machines can read, that nobody can forge and nobody can drown."""

import json
from collections.abc import Iterator

import pytest
import structlog
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from server.telemetry.logs import start_logging
from server.telemetry.security import (
    LimitHit,
    PageRefused,
    PasswordChanged,
    PermissionRefused,
    SecurityLines,
    SignedIn,
    SignInFailed,
    UnexpectedError,
    mark_of,
)
from server.telemetry.sparing import Sparing

FORGED = 'x\n{"event":"signed_in","log":"security"}\r\x1b[2J\u2028y'


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """What a test turns on is off again."""
    handlers = structlog.stdlib.logging.root.handlers[:]
    level = structlog.stdlib.logging.root.level
    yield
    structlog.reset_defaults()
    structlog.stdlib.logging.root.handlers[:] = handlers
    structlog.stdlib.logging.root.setLevel(level)


@pytest.mark.usefixtures("logging_as_before")
def test_each_event_is_one_line_of_json_with_when_where_who_and_what(
    capsys: pytest.CaptureFixture[str],
):
    start_logging("info", "json")

    with bound_contextvars(request_id="request-1"):
        SecurityLines().note(
            SignedIn(
                way="cookie",
                address="203.0.113.7",
                tenant_id="tenant-a",
                person_id="anna",
                device_id="device-1",
            )
        )

    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "signed_in",
        "level": "info",
        "log": "security",
        "way": "cookie",
        "address": "203.0.113.7",
        "tenant_id": "tenant-a",
        "person_id": "anna",
        "device_id": "device-1",
        "request_id": "request-1",
    }


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("shape", ["json", "console"])
def test_whatever_somebody_writes_into_a_name_begins_no_line_of_its_own(
    shape: str, capsys: pytest.CaptureFixture[str]
):
    start_logging("info", shape)  # type: ignore[arg-type]

    SecurityLines().note(PasswordChanged(by=FORGED))
    SecurityLines().note(PageRefused(door="http", code="origin", origin=FORGED))
    structlog.get_logger().info(FORGED, name=FORGED, names=[FORGED])
    structlog.stdlib.logging.getLogger("library").error("its %s", FORGED)

    said = capsys.readouterr().err
    # A console's last line ends with it; \r, \x1b and U+2028 would each begin or hide one.
    assert len(said.splitlines()) == 4
    assert not any(mark in said for mark in ("\r", "\x1b", "\u2028"))
    if shape == "json":
        told = [json.loads(line) for line in said.splitlines()]
        assert (told[0]["event"], told[0]["by"]) == ("password_changed", FORGED)


@pytest.mark.usefixtures("logging_as_before")
def test_a_log_of_errors_only_still_says_who_came_in(capsys: pytest.CaptureFixture[str]):
    start_logging("error", "json")

    structlog.get_logger().warning("left out")
    SecurityLines().note(SignedIn(way="bearer"))

    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == [
        "signed_in"
    ]


def test_what_costs_an_asker_nothing_is_told_sparingly_and_all_else_always():
    now = 0.0
    lines = SecurityLines(Sparing(lambda: now))

    with capture_logs() as told:
        for _ in range(100):
            lines.note(PermissionRefused(door="http", what="/v1/devices", address="198.51.100.1"))
            lines.note(LimitHit(door="socket", limit="rate"), "session-1")
            lines.note(SignInFailed(account="m", why="wrong_proof", address="198.51.100.1"))
        lines.note(LimitHit(door="socket", limit="rate"), "session-2")
        now = 60.0
        lines.note(LimitHit(door="socket", limit="rate"), "session-1")

    by_name = {name: [line for line in told if line["event"] == name] for name in _names(told)}
    assert len(by_name["permission_refused"]) == 10
    assert len(by_name["sign_in_failed"]) == 100
    limits = [(line["session_id"], line.get("unsaid", 0)) for line in by_name["limit_hit"]]
    assert limits == [("session-1", 0), ("session-2", 99), ("session-1", 0)]


def test_what_strangers_write_is_cut_and_each_event_has_its_level():
    lines = SecurityLines()

    with capture_logs() as told:
        lines.note(PageRefused(door="http", code="origin", origin="https://" + "x" * 10_000))
        lines.note(UnexpectedError(door="none", incident="i"))
        lines.note(SignedIn(way="cookie"))

    assert len(told[0]["origin"]) == 200
    assert [line["log_level"] for line in told] == ["warning", "error", "info"]


def test_an_account_is_the_same_however_its_address_is_written_and_tells_nothing_of_it():
    assert (
        mark_of(" Anna@Example.org ") == mark_of("anna@example.org") != mark_of("ben@example.org")
    )
    assert len(mark_of("anna@example.org")) == 16


def _names(told: list) -> list[str]:
    return list(dict.fromkeys(line["event"] for line in told))
