"""Servers that let hostile sockets stay, one at a time: X7 must see each of them."""

from collections.abc import Callable

from protocols.closing import Close
from server.realtime.uvicorn_http import HttpProtocol
from server.realtime.uvicorn_protocol import SocketProtocol
from tests.experiments.beset import Defects, Watchful


class Endless(HttpProtocol):
    """Waits for a request head as long as it takes, as uvicorn alone does."""

    head_seconds = 3_600.0


class Restarting(HttpProtocol):
    """Starts the clock anew with every byte."""

    def data_received(self, data: bytes) -> None:
        """Be glad of any sign of life."""
        self._disarm()
        self._arm(self.head_seconds)
        super().data_received(data)


class Polite(Watchful):
    """Waits for the answer to every close as if it would come."""

    def close(self, code: Close | None) -> None:
        """Forget who it is."""
        super().close(Close.MOVED if code is Close.HELLO_TIMEOUT else code)


class Tireless(SocketProtocol):
    """Keeps what nobody reads."""

    stuck_seconds = 3_600.0


DEFECTS: dict[str, tuple[Callable[[], Defects], str]] = {
    "has no deadline for heads": (lambda: Defects(http=Endless), "silent: cut after"),
    "starts the deadline anew": (lambda: Defects(http=Restarting), "drip: cut after"),
    "waits for an answer to its close": (lambda: Defects(ws=Polite), "no hello: cut after"),
    "keeps what nobody reads": (lambda: Defects(ws=Tireless), "non-reader: TimeoutError"),
}
"""What each bug is, and the words of what must be found."""
