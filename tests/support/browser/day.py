"""The whole day of one order, on three screens: the dispatcher's, the driver's and the hall's."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from playwright.async_api import Locator, Page, expect

from protocols.fleet import SaveDisplay
from protocols.vocabulary import OrderId, ViewId
from tests.support.browser.clerk import Clerk
from tests.support.browser.operator import Office, Operator
from tests.support.browser.phone import SMALL, Phone
from tests.support.eventually import eventually

Look = Callable[[str, Page], Awaitable[None]]
"""Told the name of each step once it is on the screen, and which screen."""

CUSTOMER = "Gasthof Sonne"
DRIVER = "Ana Lima"
DESK = {"width": 1600, "height": 950}
HALL = {"width": 1920, "height": 1080}

STILL_ON_THE_PHONE = (
    "error: Failed to load resource: the server responded with a status of 404 (Not Found)"
)
"""What a browser says about a proof whose picture has not come yet."""


def done_figure(wall: Page) -> Locator:
    """How many orders the wall says were done today."""
    return wall.locator("dl > div").filter(has_text="Done today").locator("dd")


@dataclass
class Day:
    """Who takes part."""

    nancy: Operator
    phone: Phone
    wall: Page
    clerk: Clerk
    driver_id: str
    order_id: OrderId
    done_before: int
    """What the wall counted as done today in the morning."""
    look: Look

    async def assign(self) -> None:
        """Nancy gives the stop to the driver, by keyboard; the phone shows it at once."""
        page = self.nancy.page
        await page.goto(f"{self.nancy.address}/dispatch")
        await page.get_by_role("searchbox", name="Number, customer, place").fill(CUSTOMER)
        stop = f"[data-stop='{self.order_id}-d1']"
        await page.locator(stop).focus()
        await self.nancy.press("m")
        await self.nancy.dialog.get_by_label("To the run of").select_option(DRIVER)
        await self.nancy.dialog.get_by_role("button", name="Move").click()
        await expect(page.locator(f"[data-driver='{self.driver_id}'] {stop}")).to_be_visible()
        await self.look("day-1-assigned", page)
        await expect(self.phone.row(CUSTOMER)).to_be_visible()
        await self.look("day-2-driver-sees-it", self.phone.page)

    async def change(self) -> None:
        """Nancy changes quantity and address; the driver reads both and says so."""
        await self.phone.open_stop(CUSTOMER)
        await self.phone.button("Got it").click()
        await self.nancy.open(CUSTOMER)
        await self.nancy.card(self.order_id).click()
        drawer = self.nancy.drawer
        await drawer.get_by_label("Quantity of Chai").fill("9")
        await drawer.get_by_label("Quantity of Chai").press("Enter")
        section = drawer.locator("section", has=self.nancy.page.get_by_text("Delivery address"))
        await section.get_by_role("button", name="Edit").first.click()
        await section.get_by_label("Street").fill("Hafenweg 12, rear gate")
        await section.get_by_role("button", name="Save").click()

        news = self.phone.page.locator("section.news")
        await expect(news.locator(".figure .change")).to_have_text(re.compile(r"6.*9"))
        await expect(news.locator("b", has_text="Hafenweg 12, rear gate")).to_be_visible()
        await self.look("day-3-driver-reads-the-edits", self.phone.page)
        await self.phone.button("Got it — I have seen both changes").click()
        await drawer.get_by_role("tab", name="Deliveries").click()
        await expect(drawer.locator(".receipt li.done")).to_have_count(4)
        await self.look("day-4-operator-knows", self.nancy.page)

    async def hand_over_in_a_tunnel(self, pieces: int) -> None:
        """Collected, arrived, signed, photographed and delivered without network."""
        await eventually(self._worker_serves)
        await self.phone.enter_tunnel()
        for step in ("Collect", "Arrive", "Deliver"):
            await self.phone.step(step)
        await self.phone.sign()
        await self.phone.photograph()
        await self.look("day-5-proofs", self.phone.page)
        await self.phone.button(f"Delivered — all {pieces}").click()
        await expect(self.phone.page.get_by_text("kept on this phone")).to_be_visible()

    async def deliver_and_die(self) -> None:
        """All of it in a tunnel; then the system kills the app and the driver opens it again."""
        await self.hand_over_in_a_tunnel(9)
        await self.phone.crash()
        await expect(self.phone.page.locator(".pill")).to_contain_text("waiting")
        await self.look("day-6-killed-and-offline", self.phone.page)

    async def come_back(self) -> None:
        """The network is back: the board and the wall show that it was delivered."""
        await self.phone.leave_tunnel()

        async def done() -> bool:
            return (await self.clerk.order(self.order_id)).view.category == "done"

        await eventually(done)
        await expect(self.nancy.drawer.get_by_label("Delivery 1").first).to_contain_text(
            "Delivered"
        )
        await self.nancy.open(CUSTOMER)
        # What is over lies in a folded column.
        await self.nancy.column("delivered").get_by_role("button", name="Unfold column").click()
        await expect(self.nancy.card_in("delivered", self.order_id)).to_be_visible()
        await self.look("day-7-board-shows-delivered", self.nancy.page)
        await expect(done_figure(self.wall)).to_have_text(str(self.done_before + 1))
        await self.look("day-8-wall-shows-delivered", self.wall)

    async def _worker_serves(self) -> bool:
        ask = "navigator.serviceWorker.ready.then(one => one.active !== null)"
        return bool(await self.phone.page.evaluate(ask))


async def disputed(office: Office, clerk: Clerk) -> tuple[Day, str]:
    """A stop that its driver handed over in a tunnel while it was given to Bo; and Bo's id."""

    async def look(_name: str, _page: Page) -> None:
        return None

    day = await morning(office, clerk, look)
    other = f"bo-{uuid4().hex[:12]}"
    await clerk.hire(other, "Bo Holm")
    await clerk.give(day.order_id, day.driver_id)
    await day.phone.open_stop(CUSTOMER)
    await day.phone.button("Got it").click()
    await day.hand_over_in_a_tunnel(6)
    await clerk.give(day.order_id, other, was=day.driver_id)
    await day.phone.leave_tunnel()
    return day, other


async def morning(office: Office, clerk: Clerk, look: Look) -> Day:
    """A driver with a paired phone, a paired wall, a dispatcher, and an order that is ready."""
    driver_id = f"ana-{uuid4().hex[:12]}"
    phone = Phone(await office.stranger(**SMALL))
    await phone.pair(await clerk.hire(driver_id, DRIVER))
    view_id = ViewId(f"hall-{driver_id}")
    await clerk.do(SaveDisplay(view_id=view_id, name="Hall", layout="figures"))
    wall = (await office.stranger(viewport=HALL)).page
    paired = await clerk.post("/v1/pairings", {"kind": "display", "view_id": view_id})
    await wall.goto(f"{phone.holder.address}/wallboard#pair={paired['code']}")
    await expect(wall.locator('[data-freshness="live"]')).to_be_visible()
    return Day(
        nancy=await office.enter("nancy", viewport=DESK),
        phone=phone,
        wall=wall,
        clerk=clerk,
        driver_id=driver_id,
        order_id=await clerk.place(CUSTOMER, "ready"),
        done_before=int(await done_figure(wall).inner_text()),
        look=look,
    )
