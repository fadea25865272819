"""Produce `docs/pictures` from the running product: real data, real states, two people at once.

`python -m tools.pictures [name …]` starts a demo of its own, brings the boards into the states
the pictures are about, and writes PNG files small enough for a README.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.async_api import Page, async_playwright, expect

from protocols.commands import HoldOrder, SetQuantity
from protocols.vocabulary import LineId, OrderId
from server.demo.engines.found import Missing
from tests.support.browser.clerk import Clerk, sign_in
from tests.support.browser.day import morning
from tests.support.browser.demo import Demo, fill_template
from tests.support.browser.held_line import HeldLine
from tests.support.browser.operator import Office, Operator
from tests.support.services.chromium import find_chromium, launch_options
from tools.gate import ROOT

FOLDER = ROOT / "docs" / "pictures"

DAY = "day"
"""Stands for the eight pictures of one order's day."""

_WIDE = {"width": 1600, "height": 950}
_PHONE = {"width": 390, "height": 844}


@dataclass
class Studio:
    """Who may be asked to pose."""

    office: Office
    clerk: Clerk

    async def nancy(self, scheme: str = "light") -> Operator:
        """Nancy before a wide screen."""
        return await self.office.enter("nancy", viewport=_WIDE, color_scheme=scheme)


Pose = Callable[[Studio], Awaitable[Operator]]


async def board(studio: Studio, scheme: str) -> Operator:
    """The board of a busy morning: somebody moves, somebody edits, one card waits."""
    nancy = await studio.nancy(scheme)
    await nancy.open()
    steven = await studio.office.enter("steven", viewport=_WIDE)
    laura = await studio.office.enter("laura", viewport=_WIDE)
    await asyncio.gather(steven.open(), laura.open())
    moved = await nth_card(steven, "confirmed", 2)
    await steven.lift(moved)
    await steven.carry("preparing")
    edited = await nth_card(laura, "new", 1)
    await laura.card(edited).click()
    await laura.drawer.get_by_label("Quantity of").first.focus()
    await expect(nancy.card(moved)).to_contain_text("is moving")
    await expect(nancy.card(edited)).to_contain_text("is editing")
    return nancy


async def board_phone(studio: Studio) -> Operator:
    """One stage at a time."""
    nancy = await studio.office.enter(
        "nancy", viewport=_PHONE, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    await nancy.open()
    await nancy.page.get_by_role("tab", name="Confirmed").tap()
    await expect(nancy.column("confirmed").locator("[data-card]").first).to_be_visible()
    return nancy


async def drawer(studio: Studio, scheme: str) -> Operator:
    """An order with history, and a colleague who has it open."""
    nancy = await studio.nancy(scheme)
    await nancy.open()
    steven = await studio.office.enter("steven")
    await steven.open()
    order_id = await nth_card(nancy, "confirmed", 1)
    for each in (steven, nancy):
        await each.card(order_id).click()
    await steven.drawer.get_by_label("Quantity of").first.focus()
    await expect(nancy.drawer).to_contain_text("is editing")
    return nancy


async def conflict_rejected(studio: Studio) -> Operator:
    """The card is where somebody else put it, and says so; the way on is in the message."""
    nancy = await studio.nancy()
    line = await HeldLine.to(nancy)
    await nancy.open()
    order_id = await nth_card(nancy, "new", 1)
    line.hold()
    await studio.clerk.move(OrderId(order_id), "new", "preparing")
    await nancy.drag(order_id, "confirmed")
    line.release()
    await nancy.toast("was already moved").get_by_role("button", name="Show").hover()
    await nancy.card(order_id).scroll_into_view_if_needed()
    # Counts are drawn four times a second; the picture must not catch the moment between.
    count = await length_of(nancy, "preparing")
    await expect(nancy.count("preparing")).to_contain_text(count)
    return nancy


async def conflict_fields(studio: Studio) -> Operator:
    """Two people typed into the same field; what one types never changes under the cursor."""
    nancy = await studio.nancy()
    await nancy.open()
    order_id = await nth_card(nancy, "new", 2)
    await nancy.card(order_id).click()
    first = nancy.drawer.get_by_label("Quantity of").first
    await first.fill("48")
    line = (await studio.clerk.order(OrderId(order_id))).view.lines[0]
    await studio.clerk.do(
        SetQuantity(order_id=OrderId(order_id), line_id=LineId(line.id), quantity=36)
    )
    await expect(nancy.drawer.get_by_role("alert")).to_be_visible()
    return nancy


async def bulk_review(studio: Studio) -> Operator:
    """Six orders were moved at once, two stayed: each says why."""
    nancy = await studio.nancy()
    line = await HeldLine.to(nancy)
    await nancy.open()
    ids = [await nth_card(nancy, "new", at) for at in range(6)]
    for order_id in ids:
        await nancy.card(order_id).click(modifiers=["Control"])
    line.hold()
    await studio.clerk.move(OrderId(ids[1]), "new", "preparing")
    reason = "Waiting for payment of the last invoice"
    await studio.clerk.do(HoldOrder(order_id=OrderId(ids[4]), reason=reason))
    await nancy.lift(ids[0])
    await nancy.carry("confirmed")
    await nancy.let_go()
    line.release()
    await nancy.toast("4 done, 2 not").get_by_role("button", name="Review 2").click()
    await expect(nancy.dialog).to_contain_text("stayed as they were")
    return nancy


async def swimlanes(studio: Studio) -> Operator:
    """The same orders by driver."""
    nancy = await studio.nancy()
    await nancy.open()
    await nancy.page.get_by_role("button", name="Lanes: none").click()
    await nancy.page.get_by_role("menuitemradio", name="driver").click()
    await expect(nancy.page.get_by_role("region", name="Without driver")).to_be_visible()
    scroller = nancy.page.locator('[data-board="lanes"]')
    await (
        nancy.page.get_by_role("region", name="Without driver").get_by_role("button").first.click()
    )
    await scroller.evaluate("one => one.scrollTo(0, 0)")
    return nancy


async def new_order(studio: Studio) -> Operator:
    """An order being taken on the phone."""
    nancy = await studio.nancy()
    await nancy.open()
    page, dialog = nancy.page, nancy.dialog
    await page.get_by_role("button", name="New order").click()
    await dialog.get_by_label("Customer", exact=True).fill("ernst")
    await page.get_by_role("option", name="Ernst Handel").click()
    for product, quantity in (("Gorgonzola", "24"), ("Chartreuse", "12"), ("Camembert", "30")):
        await dialog.get_by_label("Add a product or any text").fill(product)
        await page.get_by_role("option").filter(has_text=product).filter(has_text="$").click()
        await dialog.get_by_label("Quantity of").last.fill(quantity)
    await dialog.get_by_label("Note", exact=True).fill("Please call before delivery.")
    return nancy


async def palette(studio: Studio) -> Operator:
    """Anything, by its first letters."""
    nancy = await studio.nancy()
    await nancy.open()
    await nancy.press("Control+k")
    await nancy.page.keyboard.type("ernst")
    await expect(nancy.dialog.get_by_role("option").first).to_be_visible()
    return nancy


POSES: dict[str, Pose] = {
    "board-light": lambda studio: board(studio, "light"),
    "board-dark": lambda studio: board(studio, "dark"),
    "board-phone": board_phone,
    "drawer": lambda studio: drawer(studio, "light"),
    "drawer-dark": lambda studio: drawer(studio, "dark"),
    "conflict-rejected": conflict_rejected,
    "conflict-fields": conflict_fields,
    "bulk-review": bulk_review,
    "swimlanes": swimlanes,
    "new-order": new_order,
    "palette": palette,
}


async def nth_card(operator: Operator, stage: str, at: int) -> str:
    """The id of a card that is neither on hold nor under review."""
    cards = operator.column(stage).locator("[data-card]:not(:has(.badge))")
    await expect(cards.nth(at)).to_be_visible()
    found = await cards.nth(at).get_attribute("data-card")
    return found or ""


async def length_of(operator: Operator, stage: str) -> str:
    """How many cards the column's own list has, as it tells screen readers."""
    card = operator.column(stage).locator("[data-card]").first
    return await card.get_attribute("aria-setsize") or ""


@asynccontextmanager
async def studio_of(template: Path, folder: Path) -> AsyncIterator[Callable[[], Awaitable[Studio]]]:
    """A running demo and a browser; each call answers a studio with nobody in it."""
    found = find_chromium()
    if isinstance(found, Missing):
        raise SystemExit(found.reason)
    demo = Demo(template, folder)
    demo.start()
    try:
        async with (
            async_playwright() as playwright,
            httpx.AsyncClient(
                base_url=demo.address, headers={"origin": demo.address}, trust_env=False
            ) as door,
        ):
            browser = await playwright.chromium.launch(**launch_options(found))
            await sign_in(door, "andrew@northwind.example")

            async def studio() -> Studio:
                return Studio(Office(browser, demo.address), Clerk(door))

            yield studio
            await browser.close()
    finally:
        demo.kill()


async def whole_day(studio: Studio) -> None:
    """One picture of each step of an order's day, on the screen it happens on."""

    async def look(name: str, page: Page) -> None:
        target = FOLDER / f"{name}.png"
        await page.screenshot(path=target, animations="disabled", caret="initial")
        print(f"{target.relative_to(ROOT)}  {target.stat().st_size / 1024:.0f} kB")

    day = await morning(studio.office, studio.clerk, look)
    await day.assign()
    await day.change()
    await day.deliver_and_die()
    await day.come_back()
    await studio.office.close()


async def take(names: list[str]) -> None:
    """Take these pictures, one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="kanvoy-pictures-"))
    try:
        template = await fill_template(place / "template")
        (place / "demo").mkdir()
        async with studio_of(template, place / "demo") as studio:
            for name in names:
                posed = await studio()
                if name == DAY:
                    await whole_day(posed)
                    continue
                operator = await POSES[name](posed)
                target = FOLDER / f"{name}.png"
                await operator.page.screenshot(path=target, animations="disabled", caret="initial")
                await posed.office.close()
                print(f"{target.relative_to(ROOT)}  {target.stat().st_size / 1024:.0f} kB")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main() -> int:
    """Take all pictures, or the named ones."""
    known = [*POSES, DAY]
    names = sys.argv[1:] or known
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no such picture: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    asyncio.run(take(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
