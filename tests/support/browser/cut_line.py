"""A line that is cut without a word: neither side hears that the other is gone."""

from playwright.async_api import Page, WebSocketRoute


class CutLine:
    """The sockets of one page. While it is cut nothing passes, and new ones reach nobody.

    A socket that lived through a cut, or was opened during it, stays dead for ever: what it lost
    does not come later.
    """

    def __init__(self) -> None:
        """Everything passes."""
        self._cut = False
        self._cuts = 0

    @classmethod
    async def to(cls, page: Page) -> "CutLine":
        """Stand between this page and the server; before the page is opened."""
        line = cls()
        await page.route_web_socket("**/v1/realtime", line._connected)
        return line

    @property
    def is_cut(self) -> bool:
        """Whether there is no network now."""
        return self._cut

    def cut(self) -> None:
        """From now on there is no network."""
        self._cut = True
        self._cuts += 1

    def mend(self) -> None:
        """Let new sockets through."""
        self._cut = False

    def _connected(self, page: WebSocketRoute) -> None:
        if self._cut:
            return
        born = self._cuts
        server = page.connect_to_server()
        page.on_message(lambda message: server.send(message) if self._cuts == born else None)
        server.on_message(lambda message: page.send(message) if self._cuts == born else None)
