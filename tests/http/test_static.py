"""The built files and the headers around everything."""

import gzip
from pathlib import Path

import pytest
from msgspec.structs import replace

from server.domain.records import SaveRecord
from server.http.policy import CONTENT_SECURITY_POLICY, DRIVER_POLICY
from server.http.static import Files, page_of, read_files
from tests.support.nodes import Speaker, an_actor
from tests.support.rules import rule
from tests.support.site import NORTH, Site, a_site

PAGE = "<!doctype html><title>board</title>" + "<!-- filler -->" * 100


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A built client with a board, a driver app and one script in three codings."""
    for name, text in {
        "board/index.html": PAGE,
        "driver/index.html": "driver",
        "driver/sw.js": "worker",
        "assets/app-1a2b.js": "1",
        "assets/maplibre-gl-worker-1a2b.mjs": "2",
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


async def _save_tiles(site: Site, address: str) -> None:
    before = (await site.node.images(NORTH)).settings
    speaker = Speaker(site.node, an_actor("System", tenant_id=NORTH), f"tiles {address}")
    await speaker.do(SaveRecord(record=replace(before, tile_url=address)))


@rule("TS2")
@pytest.mark.asyncio
async def test_a_boards_page_may_load_from_its_own_houses_tile_source_and_nowhere_else(
    files: Files,
):
    site = await a_site(files)
    north, south, stranger = await site.signed_in(), await site.signed_in("zoe"), site.browser()
    before = await north.get("/")

    await _save_tiles(site, "https://tiles.example:8443/{z}/{x}/{y}.png")
    policy = (await north.get("/")).headers["content-security-policy"]

    assert before.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    directives = {line.split()[0]: line.split()[1:] for line in policy.split("; ")}
    assert directives["img-src"] == directives["connect-src"]
    assert directives["connect-src"] == ["'self'", "https://tiles.example:8443"]
    assert policy.count("tiles.example") == 2
    assert "unsafe" not in policy
    assert directives["default-src"] == ["'self'"]
    for browser, path in ((south, "/"), (stranger, "/"), (north, "/v1/session"), (north, "/x.js")):
        other = (await browser.get(path)).headers["content-security-policy"]
        assert other == CONTENT_SECURITY_POLICY, path
    assert (await north.get("/driver")).headers["content-security-policy"] == DRIVER_POLICY


@rule("TS2")
@pytest.mark.asyncio
async def test_a_page_that_was_kept_is_another_one_under_another_policy(files: Files):
    site = await a_site(files)
    north = await site.signed_in()
    await _save_tiles(site, "https://one.example/{z}/{x}/{y}.png")
    first = await north.get("/")
    known = {"if-none-match": first.headers["etag"]}

    same = await north.get("/", headers=known)
    await _save_tiles(site, "https://two.example/{z}/{x}/{y}.png")
    other = await north.get("/", headers=known)
    await _save_tiles(site, "")
    without = await north.get("/", headers=known)

    assert first.headers["cache-control"] == "private, no-cache"
    assert (same.status_code, other.status_code, without.status_code) == (304, 200, 200)
    assert "https://two.example" in other.headers["content-security-policy"]
    assert without.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@rule("TS2")
@pytest.mark.asyncio
async def test_the_maps_worker_is_under_the_policy_of_its_page(files: Files):
    site = await a_site(files)
    north = await site.signed_in()
    await _save_tiles(site, "https://tiles.example/style.json")

    worker = await north.get("/assets/maplibre-gl-worker-1a2b.mjs")

    assert "https://tiles.example" in worker.headers["content-security-policy"]
    assert worker.headers["cache-control"] == "private, no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")


@pytest.mark.asyncio
async def test_without_a_built_client_the_page_says_what_to_do(site: Site):
    answer = await site.browser().get("/")

    assert answer.status_code == 503
    assert "make setup" in answer.text
