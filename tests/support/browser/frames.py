"""What goes over a page's sockets, as bytes and as messages."""

import json
import zlib
from typing import Any

from playwright.async_api import Page, WebSocket


class Frames:
    """Every frame of a page since it was opened."""

    def __init__(self, page: Page) -> None:
        """Listen from now on."""
        self.received: list[str] = []
        self.sent: list[str] = []
        self.sockets = 0
        page.on("websocket", self._opened)

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """The messages of this type that came in."""
        return _of(kind, self.received)

    def said(self, kind: str) -> list[dict[str, Any]]:
        """The messages of this type that went out."""
        return _of(kind, self.sent)

    def _opened(self, socket: WebSocket) -> None:
        self.sockets += 1
        socket.on("framereceived", lambda payload: self.received.append(_text(payload)))
        socket.on("framesent", lambda payload: self.sent.append(_text(payload)))


def _of(kind: str, frames: list[str]) -> list[dict[str, Any]]:
    messages = [json.loads(frame) for frame in frames]
    return [message for message in messages if message["type"] == kind]


def _text(payload: str | bytes) -> str:
    """A large frame is deflated without a header."""
    return payload if isinstance(payload, str) else zlib.decompress(payload, -15).decode()
