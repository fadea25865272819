"""A slow line: what the server says is kept back until a test lets it through."""

import json

from playwright.async_api import WebSocketRoute

from tests.support.browser.operator import Operator


class HeldLine:
    """The socket of one page. What the page says always goes out at once."""

    def __init__(self) -> None:
        """Everything passes."""
        self.verdicts: list[str] = []
        self._page: WebSocketRoute | None = None
        self._kept: list[str | bytes] = []
        self._held = False

    @classmethod
    async def to(cls, operator: Operator) -> "HeldLine":
        """Stand between this operator's page and the server; before the page is opened."""
        line = cls()
        await operator.page.route_web_socket("**/v1/realtime", line._connected)
        return line

    def hold(self) -> None:
        """From now on the page hears nothing."""
        self._held = True

    def release(self) -> None:
        """Let through what was kept back, and everything after it."""
        self._held = False
        for message in self._kept:
            self._pass(message)
        self._kept.clear()

    def _connected(self, page: WebSocketRoute) -> None:
        self._page = page
        page.connect_to_server().on_message(self._heard)

    def _heard(self, message: str | bytes) -> None:
        if isinstance(message, str):
            kind: str = json.loads(message)["type"]
            if kind in {"receipt", "rejected"}:
                self.verdicts.append(kind)
        if self._held:
            self._kept.append(message)
        else:
            self._pass(message)

    def _pass(self, message: str | bytes) -> None:
        if self._page is not None:
            self._page.send(message)
