"""The built files and the headers around everything."""

import gzip
from pathlib import Path

import pytest

from server.http.static import CONTENT_SECURITY_POLICY, DRIVER_POLICY, Files, page_of, read_files
from tests.support.rules import rule
from tests.support.site import Site, a_site

PAGE = "<!doctype html><title>board</title>" + "<!-- filler -->" * 100


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A built client with a board, a driver app and one script in three codings."""
    for name, text in {
        "board/index.html": PAGE,
        "driver/index.html": "driver",
        "driver/sw.js": "worker",
        "assets/app-1a2b.js": "1",
        "assets/app-1a2b.js.br": "brotli",
        ".stamp": "secret",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return read_files(tmp_path)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("", "board/index.html"),
        ("/login", "board/index.html"),
        ("/orders/order-1", "board/index.html"),
        ("/driver", "driver/index.html"),
        ("/driver/stops", "driver/index.html"),
        ("/assets/app-1a2b.js", "assets/app-1a2b.js"),
        ("/assets/app-old.js", None),
        ("/favicon.ico", None),
        ("/.stamp", None),
        ("/v1/nowhere", None),
        ("/wallboard", None),
        ("/../settings.py", None),
    ],
)
@rule("HT8")
def test_an_address_is_a_file_or_a_page_of_an_app(files: Files, address: str, page: str | None):
    assert page_of(files, address) == page


@rule("HT8")
@pytest.mark.asyncio
async def test_fingerprinted_files_stay_and_pages_are_asked_for_anew(files: Files):
    browser = (await a_site(files)).browser()

    script = await browser.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    page = await browser.get("/login")
    same = await browser.get("/", headers={"if-none-match": page.headers["etag"]})

    assert "immutable" in script.headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br, gzip", "br"),
        ("gzip", None),
        ("br;q=0", None),
        ("br;q=0.000, gzip", None),
        ("BR", None),
        ("br;q=0.1", "br"),
        ("", None),
    ],
)
@pytest.mark.asyncio
async def test_the_best_coding_that_the_browser_takes_is_sent(
    files: Files, accepted: str, coding: str | None
):
    browser = (await a_site(files)).browser()

    async with browser.stream(
        "GET", "/assets/app-1a2b.js", headers={"accept-encoding": accepted}
    ) as answer:
        body = b"".join([part async for part in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == coding
    assert body == (b"brotli" if coding else b"1")


@pytest.mark.asyncio
async def test_larger_texts_are_packed_when_no_packed_twin_was_built(files: Files):
    asset = files["board/index.html"]

    assert gzip.decompress(asset.packed["gzip"]) == asset.body


@rule("HT7")
@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/", "/login", "/health", "/v1/session", "/nothing.js"])
async def test_every_answer_lets_nothing_foreign_in(files: Files, path: str):
    answer = await (await a_site(files)).browser().get(path)

    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["strict-transport-security"]
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY


@rule("HT7")
@pytest.mark.asyncio
async def test_only_a_phones_page_may_start_a_worker_and_only_for_itself(files: Files):
    browser = (await a_site(files)).browser()

    page = await browser.get("/driver")
    worker = await browser.get("/driver/sw.js")
    board = await browser.get("/drivers")

    assert page.headers["content-security-policy"] == DRIVER_POLICY
    assert f"{CONTENT_SECURITY_POLICY} kanvoy-worker" == DRIVER_POLICY
    assert worker.headers["service-worker-allowed"] == "/driver"
    assert worker.headers["cache-control"] == "no-cache"
    assert board.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "service-worker-allowed" not in page.headers


@pytest.mark.asyncio
async def test_without_a_built_client_the_page_says_what_to_do(site: Site):
    answer = await site.browser().get("/")

    assert answer.status_code == 503
    assert "make setup" in answer.text
