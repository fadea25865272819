"""A screen on a wall: it shows the truth, or says that it does not."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from protocols.commands import HoldOrder, SetPriority
from protocols.fleet import SaveDisplay
from protocols.vocabulary import DisplayLayout, StageId, ViewId
from tests.support.browser.axe import violations
from tests.support.browser.clerk import Clerk
from tests.support.browser.cut_line import CutLine
from tests.support.browser.operator import NOBODY_YET, Enter, Office, Operator
from tests.support.rules import rule

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-wallboard"),
]

_LAYOUTS: tuple[DisplayLayout, ...] = ("columns", "table", "figures", "drivers")


class Screen:
    """One wallboard in a window of its own."""

    def __init__(self, operator: Operator) -> None:
        """Whoever is signed in looks at the view, as a paired display does."""
        self.operator = operator

    @property
    def page(self) -> Page:
        """The page itself."""
        return self.operator.page

    async def show(self, view_id: str) -> None:
        """Open a view; whether it is live is for the test to say."""
        await self.page.goto(f"{self.operator.address}/wallboard?view={view_id}")

    def freshness(self, kind: str) -> Locator:
        """The whole picture, when it is so fresh."""
        return self.page.locator(f'[data-freshness="{kind}"]')


@pytest_asyncio.fixture(loop_scope="session")
async def screen(operator: Enter) -> AsyncIterator[Screen]:
    """A screen nobody has opened a view on yet, as large as a television."""
    nancy = await operator("nancy")
    await nancy.page.set_viewport_size({"width": 1920, "height": 1080})
    yield Screen(nancy)


async def _save(
    clerk: Clerk, view_id: str, layout: DisplayLayout, *stages: str, page_seconds: int = 12
) -> None:
    await clerk.do(
        SaveDisplay(
            view_id=ViewId(view_id),
            name="North depot",
            layout=layout,
            stages=tuple(StageId(stage) for stage in stages),
            page_seconds=page_seconds,
        )
    )


@rule("WB62")
async def test_a_view_is_live_and_shows_what_happens_within_seconds(screen: Screen, clerk: Clerk):
    await _save(clerk, "hall-live", "table", "ready", page_seconds=5)
    await screen.show("hall-live")
    await expect(screen.freshness("live")).to_be_visible()

    order_id = await clerk.place("Wall Live", "ready")
    number = (await clerk.order(order_id)).view.number
    await clerk.do(SetPriority(order_id=order_id, priority=3))
    await clerk.do(HoldOrder(order_id=order_id, reason="Waits for ice"))

    row = screen.page.get_by_role("row").filter(has_text=str(number))
    # The page it is on may be the last to come.
    await expect(row).to_be_visible(timeout=60_000)
    await expect(row).to_contain_text("Urgent")
    await expect(row).to_contain_text("HOLD")
    await expect(screen.page.locator("body")).not_to_contain_text("Wall Live")
    await expect(screen.page.locator("body")).not_to_contain_text("Waits for ice")
    await expect(screen.freshness("live")).to_be_visible()


@rule("WB61", "WB62", "WB64")
async def test_a_screen_whose_network_is_cut_is_grey_within_20_s_and_right_again_after(
    screen: Screen, clerk: Clerk
):
    await _save(clerk, "hall-cut", "figures")
    line = await CutLine.to(screen.page)
    await screen.page.clock.install()
    await screen.show("hall-cut")
    await expect(screen.freshness("live")).to_be_visible()
    before = await _open_orders(screen)

    line.cut()
    await screen.page.clock.fast_forward(6_000)
    await expect(screen.freshness("amber")).to_be_visible()
    await expect(screen.page.get_by_role("status")).to_contain_text("Reconnecting")
    await clerk.place("Wall Cut", "confirmed")
    await screen.page.clock.fast_forward(14_500)

    await expect(screen.freshness("red")).to_be_visible()
    await expect(screen.page.get_by_role("alert")).to_contain_text(
        re.compile(r"NOT LIVE since \d{1,2}:\d\d")
    )
    assert "grayscale(1)" in await _filter_of(screen)
    assert await _open_orders(screen) == before

    line.mend()
    for _ in range(4):
        await screen.page.clock.fast_forward(15_000)
    await expect(screen.freshness("live")).to_be_visible()
    await expect(screen.page.get_by_role("alert")).to_have_count(0)
    # At night the screen is dimmed all the same.
    assert "grayscale" not in await _filter_of(screen)
    assert await _open_orders(screen) == before + 1
    screen.operator.complaints.clear()


@rule("WB65")
async def test_a_screen_that_was_signed_out_shows_nothing_any_more(screen: Screen, clerk: Clerk):
    await _save(clerk, "hall-out", "table")
    await screen.show("hall-out")
    await expect(screen.page.get_by_role("table")).to_be_visible()

    await screen.page.evaluate(
        """async () => {
          const { csrf } = await (await fetch('/v1/session')).json();
          await fetch('/v1/session', { method: 'DELETE', headers: { 'X-Kanvoy-Csrf': csrf } });
        }"""
    )

    await expect(screen.page.get_by_text("Pair this display")).to_be_visible()
    await expect(screen.page.get_by_role("table")).to_have_count(0)
    assert await screen.page.evaluate("sessionStorage.getItem('kanvoy.wallboard.picture')") is None
    screen.operator.complaints.clear()


@rule("WB68", "WB65", "WB62")
async def test_a_display_is_paired_by_its_code_and_asks_again_when_it_was_taken_off(
    office: Office, clerk: Clerk
):
    await _save(clerk, "hall-paired", "table")
    wall = Screen(await office.stranger())
    await wall.page.goto(f"{wall.operator.address}/wallboard")
    code = await wall.page.get_by_label("Pairing code", exact=True).inner_text()
    found = await violations(wall.page)

    await clerk.post(
        "/v1/displays/approve",
        {"user_code": code, "view_id": "hall-paired", "name": "Hall east"},
    )
    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    await expect(wall.page.get_by_role("contentinfo")).to_contain_text("read-only")
    await wall.page.reload()
    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)

    (device,) = [
        each for each in (await clerk.get("/v1/devices"))["items"] if each["name"] == "Hall east"
    ]
    await clerk.delete(f"/v1/devices/{device['id']}")
    await expect(wall.page.get_by_text("This display was taken off.")).to_be_visible()
    await expect(wall.page.get_by_role("table")).to_have_count(0)
    assert found == []
    wall.operator.forgive(NOBODY_YET)


@rule("WB68", "DV16")
async def test_a_display_is_paired_by_scanning_it_and_only_after_somebody_looked(
    operator: Enter, office: Office, clerk: Clerk
):
    await _save(clerk, "hall-scanned", "table")
    wall, andrew = Screen(await office.stranger()), await operator("andrew")
    async with wall.page.expect_response("**/v1/displays/codes") as asked:
        await wall.page.goto(f"{wall.operator.address}/wallboard")
    shown = await (await asked.value).json()
    drawing = wall.page.get_by_role("img", name="The pairing code as a QR code")
    await expect(drawing.locator("path")).to_have_attribute("d", shown["qr"])

    await andrew.page.goto(shown["url"])
    asking = andrew.page.locator("section").filter(has_text="This display asks to be let in")
    await expect(asking).to_be_visible()
    assert andrew.page.url == f"{andrew.address}/settings/devices"
    await expect(wall.freshness("live")).to_have_count(0)
    await asking.get_by_label("View", exact=True).select_option("hall-scanned")
    await asking.get_by_label("Name of this display").fill("Hall north")
    await asking.get_by_role("button", name="Approve").click()

    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    wall.operator.forgive(NOBODY_YET)


@rule("WB68")
async def test_a_link_pairs_a_display_at_once_and_leaves_no_code_in_the_address(
    office: Office, clerk: Clerk
):
    await _save(clerk, "hall-linked", "columns")
    pairing = await clerk.post("/v1/pairings", {"kind": "display", "view_id": "hall-linked"})
    wall = Screen(await office.stranger())

    await wall.page.goto(pairing["url"])

    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    assert wall.page.url == f"{wall.operator.address}/wallboard"


@rule("DV17", "DV18", "WB62")
async def test_the_owner_on_the_board_and_a_display_in_another_tab_both_stay(
    operator: Enter, clerk: Clerk
):
    await _save(clerk, "hall-shared", "figures")
    pairing = await clerk.post("/v1/pairings", {"kind": "display", "view_id": "hall-shared"})
    andrew = await operator("andrew")
    # A column draws only the cards near the screen: look for ours alone.
    await andrew.open("Wall Shared")
    board, pill = andrew.page, andrew.pill
    await andrew.new_tab()
    wall = Screen(andrew)

    await wall.page.goto(pairing["url"])
    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    before = await _shared(wall, clerk, board)
    await expect(pill).to_have_class(re.compile(r"\blive\b"))
    await board.reload()
    await wall.page.reload()

    await expect(pill).to_have_class(re.compile(r"\blive\b"))
    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    await expect(wall.page.get_by_role("contentinfo")).to_contain_text("read-only")
    assert await _shared(wall, clerk, board) == before + 1
    # Whoever asks for a view looks at it as a person, in the same browser.
    await wall.show("hall-shared")
    await expect(wall.freshness("live")).to_be_visible()
    await expect(wall.page.get_by_role("contentinfo")).to_contain_text("Preview")


@rule("DV19")
async def test_a_wall_of_before_moves_to_its_own_cookie_and_leaves_the_sign_in_to_people(
    office: Office, clerk: Clerk
):
    await _save(clerk, "hall-before", "figures")
    pairing = await clerk.post("/v1/pairings", {"kind": "display", "view_id": "hall-before"})
    wall = Screen(await office.stranger())
    browser = wall.operator.context
    await wall.page.goto(pairing["url"])
    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    (own,) = await browser.cookies()
    await browser.clear_cookies()
    await browser.add_cookies(
        [{"name": "kanvoy", "value": own["value"], "url": wall.operator.address}]
    )

    await wall.page.reload()

    await expect(wall.freshness("live")).to_be_visible(timeout=20_000)
    names = sorted(each["name"] for each in await browser.cookies())
    assert names == ["kanvoy", "kanvoy-display"]
    await wall.operator.new_tab()
    await wall.page.goto(wall.operator.address)
    await expect(wall.page.get_by_role("button", name="Sign in")).to_be_visible()


@rule("WB69")
async def test_a_page_that_broke_is_loaded_anew_and_is_live_again(screen: Screen, clerk: Clerk):
    await _save(clerk, "hall-broken", "columns")
    await screen.show("hall-broken")
    await expect(screen.freshness("live")).to_be_visible()

    async with screen.page.expect_navigation():
        await screen.page.evaluate("window.dispatchEvent(new ErrorEvent('error'))")

    await expect(screen.freshness("live")).to_be_visible()


@rule("WB66")
@pytest.mark.parametrize("layout", _LAYOUTS)
async def test_every_layout_is_read_by_everybody_and_fits_its_screen(
    screen: Screen, clerk: Clerk, layout: DisplayLayout
):
    view_id = f"hall-axe-{layout}"
    await _save(clerk, view_id, layout)
    await screen.show(view_id)
    await expect(screen.freshness("live")).to_be_visible()

    found = await violations(screen.page)
    for width, height in ((1920, 1080), (1366, 768), (1080, 1920), (3840, 2160)):
        await screen.page.set_viewport_size({"width": width, "height": height})
        await expect(screen.page.get_by_role("contentinfo")).to_be_in_viewport(ratio=1)

    assert found == []


@rule("WB67")
async def test_pages_turn_by_themselves(screen: Screen, clerk: Clerk):
    await _save(clerk, "hall-pages", "table")
    await screen.page.clock.install()
    await screen.show("hall-pages")
    footer = screen.page.get_by_role("contentinfo")
    await expect(footer).to_contain_text(re.compile(r"Page 1 of \d"))
    first = await screen.page.get_by_role("row").nth(1).inner_text()

    await screen.page.clock.fast_forward(12_000)

    await expect(footer).to_contain_text(re.compile(r"Page 2 of \d"))
    assert await screen.page.get_by_role("row").nth(1).inner_text() != first


async def _shared(wall: Screen, clerk: Clerk, board: Page) -> int:
    """Place an order and see it on the board and on the wall; answers how many the wall has."""
    counted = await _open_orders(wall)
    order_id = await clerk.place("Wall Shared", "confirmed")
    await expect(board.locator(f'[data-card="{order_id}"]')).to_be_attached()
    figure = wall.page.locator("dl > div").filter(has_text="Open orders").locator("dd")
    await expect(figure).to_have_text(str(counted + 1))
    return counted + 1


async def _open_orders(screen: Screen) -> int:
    figure = screen.page.locator("dl > div").filter(has_text="Open orders").locator("dd")
    return int(await figure.inner_text())


async def _filter_of(screen: Screen) -> str:
    found: str = await screen.page.locator(".picture").evaluate("e => getComputedStyle(e).filter")
    return found
