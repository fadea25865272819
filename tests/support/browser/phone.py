"""A driver's phone: a small window with a touch screen, paired by code, on a road with tunnels."""

import asyncio
import io
from typing import Any

from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.support.browser.cut_line import CutLine
from tests.support.browser.operator import Operator

SMALL: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "has_touch": True,
}


class Phone:
    """One phone with its driver's app, from the outside."""

    def __init__(self, holder: Operator) -> None:
        """Nothing is open yet."""
        self.holder = holder
        self._line: CutLine | None = None

    @property
    def page(self) -> Page:
        """The app's window."""
        return self.holder.page

    async def pair(self, code: str) -> None:
        """Open the link that dispatch shows, and wait until the run is there."""
        self._line = await CutLine.to(self.page)
        await self.page.goto(f"{self.holder.address}/driver#pair={code}")
        await self.live()

    async def live(self) -> None:
        """Wait until what is shown is what the server has."""
        await expect(self.page.locator(".pill.live")).to_be_visible()

    def row(self, customer: str) -> Locator:
        """A stop in the run."""
        return self.page.locator("button.row").filter(has_text=customer)

    async def open_stop(self, customer: str) -> None:
        """Go to a stop."""
        await self.row(customer).click()
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text("Stop ")

    async def back(self) -> None:
        """The phone's own button."""
        await self.page.go_back()

    def button(self, words: str) -> Locator:
        """A button that says exactly this."""
        return self.page.get_by_role("button", name=words, exact=True)

    @property
    def sheet(self) -> Locator:
        """The sheet on top."""
        return self.page.locator("dialog[open]").last

    async def step(self, words: str) -> None:
        """Take the next step, which says this."""
        await self.page.locator("footer .step").filter(has_text=words).click()

    async def sign(self) -> None:
        """Have the customer sign with a finger."""
        await self.page.get_by_role("button", name="Sign here").click()
        canvas = self.page.get_by_label("Signature field")
        await expect(canvas).to_be_visible()
        box = await canvas.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        # The pad is fetched lazily: until it is there, ink goes nowhere.
        for _attempt in range(20):
            await mouse.move(box["x"] + 30, box["y"] + 60)
            await mouse.down()
            for at in range(8):
                await mouse.move(box["x"] + 30 + at * 25, box["y"] + 60 + (at % 2) * 40)
            await mouse.up()
            await self.button("Take signature").click()
            if await canvas.count() == 0:
                return
            await asyncio.sleep(0.1)
        raise AssertionError("nobody could sign")

    async def photograph(self) -> None:
        """Take a picture, as large as a camera's."""
        picture = io.BytesIO()
        Image.effect_noise((2400, 1800), 90).convert("RGB").save(picture, "JPEG", quality=92)
        await self.page.locator('dialog input[type="file"]').first.set_input_files(
            {"name": "camera.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
        )
        await expect(self.page.get_by_label("Photo 1", exact=True)).to_be_visible()

    async def enter_tunnel(self) -> None:
        """No network: what is open goes dead, and nothing new opens."""
        assert self._line is not None
        self._line.cut()
        await self.holder.context.set_offline(True)

    async def leave_tunnel(self) -> None:
        """The network is back, and the phone says so."""
        assert self._line is not None
        self._line.mend()
        await self.holder.context.set_offline(False)

    async def crash(self) -> None:
        """The system kills the app, and the driver opens it again."""
        await self.holder.crash()
        await self.holder.new_tab()
        cut = self._line is not None and self._line.is_cut
        self._line = await CutLine.to(self.page)
        if cut:
            self._line.cut()
        await self.page.goto(f"{self.holder.address}/driver")
