"""The name of a request in its answer and in the log, and a line for each answer if asked."""

import httpx
import msgspec
import pytest
from litestar import get
from litestar.params import FromPath
from structlog import get_logger
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import capture_logs

from server.settings import BadSetting, Settings, from_environment
from tests.support.rules import rule
from tests.support.site import OURS, Site, a_site

pytestmark = pytest.mark.asyncio

CANARY = "qzcanaryqz"


@rule("OB6")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/v1/session", 401),
        ("PUT", "/v1/session", 405),
        ("GET", "/v1/nowhere", 404),
        ("GET", "/missing.js", 404),
        ("GET", "/v1/openapi", 200),
    ],
)
async def test_every_answer_says_what_the_log_calls_its_request(
    site: Site, method: str, path: str, status: int
):
    ours = await site.browser().request(method, path)
    named = await site.browser().request(method, path, headers={"x-request-id": "proxy-00042"})
    forged = await site.browser().request(method, path, headers={"x-request-id": "a b"})

    assert [answer.status_code for answer in (ours, named, forged)] == [status] * 3
    assert [answer.headers.get_list("x-request-id") for answer in (ours, named, forged)] == [
        ["request-1"],
        ["proxy-00042"],
        ["request-1"],
    ]


@rule("OB6", "HT4")
async def test_the_lines_of_a_request_carry_its_name_and_so_does_its_bug(site: Site):
    @get("/v1/noisy/{name:str}")
    async def noisy(name: FromPath[str]) -> None:
        get_logger().warning("said something")
        raise RuntimeError(name)

    site.app.register(noisy)

    with capture_logs([merge_contextvars]) as lines:
        answer = await site.browser().get(
            f"/v1/noisy/{CANARY}", headers={"x-request-id": "proxy-00042"}
        )

    assert answer.json()["incident"] == answer.headers["x-request-id"] == "proxy-00042"
    assert [(line["event"], line["request_id"]) for line in lines] == [
        ("said something", "proxy-00042"),
        ("bug", "proxy-00042"),
        ("unexpected_error", "proxy-00042"),
    ]
    assert lines[1]["route"] == "/v1/noisy/{name}"
    assert lines[1]["incident"] == lines[2]["incident"] == "proxy-00042"
    assert get_contextvars() == {}


async def test_the_access_log_is_off_unless_asked_for(site: Site):
    with capture_logs() as lines:
        await site.browser().get("/health")

    assert lines == []


async def test_the_access_log_has_a_line_for_each_answer_and_nothing_about_anybody():
    site = await a_site(settings=Settings(origins=frozenset({OURS}), access_log=True))
    owner = await site.signed_in()

    with capture_logs([merge_contextvars]) as lines:
        for path in (f"/v1/orders/{CANARY}", f"/v1/customers?q={CANARY}", f"/{CANARY}.js"):
            await owner.get(path, headers={"user-agent": CANARY, "x-forwarded-for": CANARY})
        await _broken_off(owner)

    answered = [line for line in lines if line["event"] == "answered"]
    assert [(line["method"], line["route"], line["status"]) for line in answered] == [
        ("GET", "/v1/orders/{order_id}", 404),
        ("GET", "/v1/customers", 200),
        ("GET", answered[2]["route"], 404),
        ("POST", "/v1/commands", 400),
    ]
    assert all(line["ms"] >= 0 for line in answered)
    expected = {"event", "log_level", "method", "route", "status", "ms", "request_id"}
    assert all(set(line) == expected for line in answered)
    assert CANARY not in str(answered)
    assert "anna" not in str(answered)


async def _broken_off(owner: httpx.AsyncClient) -> None:
    await owner.post("/v1/commands", content=b"{", headers={"x-kanvoy-client": "client-9"})


@pytest.mark.parametrize(("value", "on"), [("1", True), ("yes", True), ("0", False), ("no", False)])
async def test_the_access_log_is_turned_on_by_one_or_yes(value: str, on: bool):
    assert from_environment({"KANVOY_ACCESS_LOG": value}) == msgspec.structs.replace(
        Settings(), access_log=on
    )


async def test_a_limit_for_slow_commands_is_whole_milliseconds():
    assert from_environment({"KANVOY_SLOW_COMMAND_MS": "250"}).slow_command_ms == 250
    with pytest.raises(BadSetting, match="KANVOY_SLOW_COMMAND_MS"):
        from_environment({"KANVOY_SLOW_COMMAND_MS": "1s"})
