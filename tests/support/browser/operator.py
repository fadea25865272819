"""One person before one screen: what they see, and what they do with mouse and keys."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
)

from tests.support.browser.clerk import PASSWORD
from tests.support.browser.frames import Frames

SCREEN = {"width": 1440, "height": 900}

_NETWORK = re.compile(r"net::ERR_|WebSocket connection to")
"""What a browser says by itself when a test takes the server or the network away."""

NOBODY_YET = (
    "error: Failed to load resource: the server responded with a status of 401 (Unauthorized)"
)
"""What a browser says about an answer that the sign-in page expects."""

_TENANTS = {"greta": "kornblume.example", "anton": "kornblume.example"}

Enter = Callable[..., Awaitable["Operator"]]


class Operator:
    """A signed-in person with a window of their own."""

    def __init__(self, address: str, context: BrowserContext, page: Page) -> None:
        """Watch over the page from its first breath."""
        self.address = address
        self.context = context
        self.complaints: list[str] = []
        self.page = page
        self.frames = self._watched(page)

    async def open(self, query: str = "", fragment: str = "") -> None:
        """Open the board and wait until it is live and whole."""
        where = f"?q={query}" if query else ""
        await self.page.goto(f"{self.address}/{where}{fragment}")
        await expect(self.pill).to_have_class(re.compile(r"\blive\b"))
        await expect(self.page.get_by_role("main")).to_be_visible()

    async def new_tab(self) -> None:
        """Go on in another tab of the same browser."""
        self.page = await self.context.new_page()
        self.frames = self._watched(self.page)

    async def crash(self) -> None:
        """Kill the tab's process, as a machine that runs out of memory does."""
        session = await self.context.new_cdp_session(self.page)
        async with self.page.expect_event("crash"):
            # A dead page answers nothing: nobody may wait for it.
            killing = asyncio.ensure_future(session.send("Page.crash"))
        killing.cancel()
        await self.page.close()

    @property
    def pill(self) -> Locator:
        """How the connection is, in the header."""
        return self.page.locator(".pill")

    def column(self, stage: str) -> Locator:
        """The column of a stage, folded or not."""
        return self.page.locator(f'section[data-stage="{stage}"]')

    def count(self, stage: str) -> Locator:
        """How many orders a column says it has."""
        return self.column(stage).locator(".count")

    def card(self, order_id: str) -> Locator:
        """The card of an order, wherever it is."""
        return self.page.locator(f'[data-card="{order_id}"]')

    def card_in(self, stage: str, order_id: str) -> Locator:
        """The card of an order in this column."""
        return self.column(stage).locator(f'[data-card="{order_id}"]')

    def toast(self, words: str) -> Locator:
        """The message with these words."""
        return self.page.locator(".toast").filter(has_text=words)

    def said(self, urgency: str = "assertive") -> Locator:
        """What a screen reader was told last."""
        return self.page.locator(f'div.sr[aria-live="{urgency}"]')

    @property
    def drawer(self) -> Locator:
        """The open order beside the board."""
        return self.page.locator(".drawer")

    @property
    def dialog(self) -> Locator:
        """The dialog above everything."""
        return self.page.locator("dialog[open]")

    async def lift(self, order_id: str) -> None:
        """Take a card with the mouse."""
        x, y = await _centre(self.card(order_id))
        await self.page.mouse.move(x, y)
        await self.page.mouse.down()
        await self.page.mouse.move(x + 12, y + 4, steps=3)
        await expect(self.page.locator("html.dragging")).to_be_attached()

    async def carry(self, stage: str) -> None:
        """Hold what was lifted above the top of a column until the column noticed."""
        box = await self.column(stage).bounding_box()
        assert box is not None, f"{stage} is not on the screen"
        await self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80, steps=6)
        await expect(self.column(stage).locator(".gap")).to_be_visible()

    async def let_go(self) -> None:
        """Drop it."""
        await self.page.mouse.up()

    async def drag(self, order_id: str, stage: str) -> None:
        """Drag a card to the top of a column."""
        await self.lift(order_id)
        await self.carry(stage)
        await self.let_go()

    async def settled(self, order_id: str) -> None:
        """Wait until nothing of this order waits for the server any more."""
        await expect(self.card(order_id)).not_to_have_class(re.compile(r"\bpending\b"))

    async def focus_card(self, order_id: str) -> None:
        """Put the keyboard on a card."""
        await self.card(order_id).focus()
        await expect(self.card(order_id)).to_be_focused()

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    def _watched(self, page: Page) -> Frames:
        page.set_default_timeout(10_000)
        page.on("console", self._spoke)
        page.on("pageerror", lambda fault: self.complaints.append(f"uncaught: {fault}"))
        return Frames(page)

    def _spoke(self, message: ConsoleMessage) -> None:
        said = f"{message.type}: {message.text}"
        if message.type in {"error", "warning"} and not _NETWORK.search(said):
            self.complaints.append(said)

    def forgive(self, complaint: str) -> None:
        """This one was provoked, or is what browsers always say."""
        self.complaints = [each for each in self.complaints if each != complaint]


class Office:
    """Everybody who came in during a test, with the door they came through."""

    def __init__(self, browser: Browser, address: str) -> None:
        """Nobody is here yet."""
        self._browser = browser
        self._address = address
        self._people: list[Operator] = []

    async def enter(self, name: str, **screen: Any) -> Operator:
        """A person, signed in, in a browser profile of their own."""
        operator = await self.stranger(**screen)
        email = f"{name}@{_TENANTS.get(name, 'northwind.example')}"
        answer = await operator.context.request.post(
            f"{self._address}/v1/session",
            data={"email": email, "password": PASSWORD},
            headers={"origin": self._address},
        )
        assert answer.status == 200, await answer.text()
        return operator

    async def stranger(self, **screen: Any) -> Operator:
        """A person who has not signed in."""
        context = await self._browser.new_context(
            **{"viewport": SCREEN, "locale": "en-US", "reduced_motion": "reduce", **screen}
        )
        operator = Operator(self._address, context, await context.new_page())
        self._people.append(operator)
        return operator

    async def close(self) -> list[str]:
        """Send everybody home; answers what their browsers complained about."""
        complaints = [complaint for each in self._people for complaint in each.complaints]
        for operator in self._people:
            await operator.context.close()
        return complaints


async def _centre(locator: Locator) -> tuple[float, float]:
    box = await locator.bounding_box()
    assert box is not None, "it is not on the screen"
    # Left of the middle: the actions button of a card appears at its right end.
    return box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2
