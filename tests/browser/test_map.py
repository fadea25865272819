"""The map with and without tiles: the same stops at the same places, under the same hands."""

import io
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Locator, async_playwright, expect

from protocols.commands import SetAddress
from protocols.fleet import SetDispatch
from protocols.values import Address, Point
from server.demo.engines.found import Found
from tests.support.browser.axe import violations
from tests.support.browser.clerk import Clerk
from tests.support.browser.operator import Enter, Operator
from tests.support.browser.tiles import MARK, Tiles
from tests.support.eventually import eventually
from tests.support.rules import rule
from tests.support.services.chromium import launch_options

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-map"),
]

BREMEN = (53.0793, 8.8017)

_UNAVAILABLE = "Failed to load resource: the server responded with a status of 503"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def browser(chromium: Found) -> AsyncIterator[Browser]:
    """A browser that draws in three dimensions without a graphics card; others need none."""
    options = launch_options(chromium)
    kept = [each for each in options["args"] if each != "--disable-gpu"]
    drawing = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(**{**options, "args": [*kept, *drawing]})
        yield running
        await running.close()


@pytest.fixture
def tiles() -> Iterator[Tiles]:
    """Tiles of the whole world, with a mark where Bremen is."""
    server = Tiles(BREMEN)
    yield server
    server.close()


async def _use(clerk: Clerk, tile_url: str, tile_attribution: str = "") -> None:
    await clerk.do(
        SetDispatch(
            acknowledge_seconds=86_400,
            service_seconds=300,
            tile_url=tile_url,
            tile_attribution=tile_attribution,
        )
    )


def _map(who: Operator) -> Locator:
    return who.page.get_by_role("region", name="Map of stops")


def _ground(who: Operator) -> Locator:
    return _map(who).locator(".ground")


async def _look(who: Operator) -> None:
    await who.page.goto(f"{who.address}/dispatch")
    await expect(_map(who).locator(".dot").first).to_be_visible()


async def _shown(who: Operator) -> None:
    await expect(_ground(who)).to_have_class(re.compile(r"\bshown\b"))


def _forgive(who: Operator, *words: str) -> None:
    who.complaints = [each for each in who.complaints if not any(word in each for word in words)]


async def _mark_at(who: Operator) -> tuple[float, float] | None:
    """The middle of the mark in the window, as somebody sees it; None while it is not there."""
    picture = Image.open(io.BytesIO(await who.page.screenshot())).convert("RGB")
    box = await _map(who).bounding_box()
    assert box is not None
    pixels = picture.load()
    found = [
        (x, y)
        for x in range(int(box["x"]), int(box["x"] + box["width"]))
        for y in range(int(box["y"]), int(box["y"] + box["height"]))
        if all(abs(one - wanted) < 12 for one, wanted in zip(pixels[x, y], MARK, strict=True))  # type: ignore[index, arg-type]
    ]
    if len(found) < 20:
        return None
    across, down = [x for x, _ in found], [y for _, y in found]
    return (min(across) + max(across) + 1) / 2, (min(down) + max(down) + 1) / 2


async def _middle(dot: Locator) -> tuple[float, float]:
    """The middle of a dot in the window."""
    box = await dot.locator("circle").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@rule("TS1", "TS2", "TS3")
async def test_an_administrator_names_a_tile_source_and_sees_it_when_the_page_is_loaded_anew(
    operator: Enter, clerk: Clerk, tiles: Tiles
):
    await _use(clerk, "")
    andrew = await operator("andrew")
    await andrew.page.goto(f"{andrew.address}/settings/dispatch")
    source = andrew.page.get_by_label("Tile source of the map")
    save = andrew.page.get_by_role("button", name="Save")

    await source.fill("http://tiles.example/{z}/{x}/{y}.png")
    await save.click()
    await expect(andrew.page.get_by_text("Only https")).to_be_visible()
    await source.fill("https://tiles.example/")
    await expect(andrew.page.get_by_text("It needs {z}, {x} and {y}")).to_be_visible()
    await source.fill(tiles.address)
    await andrew.page.get_by_label("Attribution of the map").fill("© The surveyors of Bremen")
    await save.click()
    await andrew.page.get_by_role("link", name="Dispatch").first.click()

    await expect(_map(andrew).get_by_role("status")).to_contain_text("older than the house")
    assert tiles.asked == []
    await _map(andrew).get_by_role("button", name="Load the page anew").click()
    await _shown(andrew)
    await expect(_map(andrew)).to_contain_text("© The surveyors of Bremen")
    await expect(_map(andrew).get_by_role("status")).to_have_count(0)
    assert tiles.asked
    assert await violations(andrew.page) == []
    # A page that was not given leave says so, and only so.
    _forgive(andrew, "TrustedTypePolicy named 'default'")


async def test_without_a_tile_source_nothing_is_loaded_for_it(operator: Enter, clerk: Clerk):
    await _use(clerk, "")
    nancy = await operator("nancy")
    asked: list[str] = []
    nancy.page.on("request", lambda request: asked.append(request.url))

    await _look(nancy)
    await expect(_map(nancy).locator(".town").first).to_be_visible()

    await expect(_ground(nancy)).to_have_count(0)
    assert [each for each in asked if "tile_ground" in each or "maplibre" in each] == []
    assert all(each.startswith(nancy.address) for each in asked)


async def test_stops_stand_where_the_tiles_say_and_move_with_them(
    operator: Enter, clerk: Clerk, tiles: Tiles
):
    await _use(clerk, tiles.address)
    order_id = await clerk.place("Mark Of Bremen", "ready")
    lat, lon = BREMEN
    here = Address(street="Am Wall 1", city="Bremen", point=Point(lat=lat, lon=lon))
    await clerk.do(SetAddress(order_id=order_id, which="shipping", address=here))
    nancy = await operator("nancy")
    await _look(nancy)
    await _shown(nancy)
    await nancy.page.get_by_role("searchbox", name="Number, customer, place").fill("Mark Of Bremen")
    await nancy.page.locator(f"[data-stop='{order_id}-d1']").focus()
    await nancy.press("Space")
    dot = _map(nancy).locator(".picked")
    await expect(dot).to_be_visible()

    async def together() -> bool:
        mark, middle = await _mark_at(nancy), await _middle(dot)
        return mark is not None and max(abs(mark[i] - middle[i]) for i in (0, 1)) < 3

    # Nearer, until this stop is alone; each time at the place of the pointer.
    for _ in range(5):
        await nancy.page.mouse.move(*await _middle(dot))
        await nancy.page.mouse.wheel(0, -480)
    # Away, or what it says of the stop covers half of the mark.
    await nancy.page.mouse.move(5, 5)
    await eventually(together)
    before = await _middle(dot)
    await _map(nancy).get_by_role("group").focus()
    await nancy.press("ArrowRight", "ArrowRight", "-")
    after = await _middle(dot)
    assert before[0] - after[0] > 40
    await eventually(together)


@rule("TS3")
async def test_a_map_whose_tiles_stop_coming_says_so_and_takes_them_up_again(
    operator: Enter, clerk: Clerk, tiles: Tiles
):
    await _use(clerk, tiles.address)
    nancy = await operator("nancy")
    await _look(nancy)
    await _shown(nancy)
    await expect(_map(nancy)).to_contain_text("Tiles: 127.0.0.1")
    await expect(_map(nancy).locator(".town")).to_have_count(0)

    tiles.broken = True
    await _map(nancy).get_by_role("group").focus()
    await nancy.press("+", "+", "+", "+", "+", "+")

    await expect(_map(nancy).get_by_role("status")).to_contain_text("do not come")
    await expect(_ground(nancy)).not_to_have_class(re.compile(r"\bshown\b"))
    await nancy.press("0")
    await expect(_map(nancy).locator(".town").first).to_be_visible()
    await expect(_map(nancy).locator(".dot").first).to_be_visible()
    assert await violations(nancy.page) == []
    tiles.broken = False
    await _map(nancy).get_by_role("button", name="Try again").click()
    await _shown(nancy)
    await expect(_map(nancy).get_by_role("status")).to_have_count(0)
    _forgive(nancy, _UNAVAILABLE)


@rule("TS3")
async def test_a_browser_that_cannot_draw_tiles_draws_the_stops(
    operator: Enter, clerk: Clerk, tiles: Tiles
):
    await _use(clerk, tiles.address)
    nancy = await operator("nancy")
    await nancy.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")

    await _look(nancy)

    await expect(_map(nancy).get_by_role("status")).to_contain_text("cannot draw tiles")
    await expect(_map(nancy).locator(".town").first).to_be_visible()


@rule("TS2")
async def test_a_style_is_drawn_with_what_its_worker_fetches_and_thanked_in_words(
    operator: Enter, clerk: Clerk, tiles: Tiles
):
    await _use(clerk, tiles.style, "© The surveyors")
    nancy = await operator("nancy")

    await _look(nancy)

    await _shown(nancy)
    await expect(_map(nancy)).to_contain_text("© The surveyors · © Streets")
    await eventually(lambda: _asked(tiles, "/line.json"))


async def _asked(tiles: Tiles, path: str) -> bool:
    return path in tiles.asked
