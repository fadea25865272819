"""A finger on the glass, through the browser's own protocol."""

from types import TracebackType

from playwright.async_api import CDPSession, Page


class Finger:
    """One finger; `async with` lifts it whatever happens."""

    def __init__(self, page: Page) -> None:
        """Nothing is touched yet."""
        self._page = page
        self._session: CDPSession | None = None
        self._down = False

    async def __aenter__(self) -> "Finger":
        self._session = await self._page.context.new_cdp_session(self._page)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._down:
            await self.lift()
        if self._session is not None:
            await self._session.detach()

    async def press(self, x: float, y: float) -> None:
        """Touch the glass."""
        self._down = True
        await self._send("touchStart", x, y)

    async def slide(self, start: tuple[float, float], end: tuple[float, float], steps: int) -> None:
        """Move along a line."""
        for step in range(1, steps + 1):
            part = step / steps
            x = start[0] + (end[0] - start[0]) * part
            y = start[1] + (end[1] - start[1]) * part
            await self._send("touchMove", x, y)

    async def lift(self) -> None:
        """Let go."""
        self._down = False
        assert self._session is not None
        await self._session.send(
            "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
        )

    async def _send(self, kind: str, x: float, y: float) -> None:
        assert self._session is not None
        points = [{"x": x, "y": y}]
        await self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
