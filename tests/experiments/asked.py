"""One request straight into the application, and every byte of its answer."""

from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Litestar

Headers = tuple[tuple[str, str], ...]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it is sent."""

    method: str
    path: str
    """Percent-encoded where it must be."""
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    address: str = "203.0.113.7"


class Answer(msgspec.Struct, frozen=True):
    """All that the asker sees."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def whole(self) -> bytes:
        """Status, headers and body as one text, in the order they came."""
        lines = [str(self.status).encode(), *(b": ".join(pair) for pair in self.headers)]
        return b"\n".join(lines) + b"\n\n" + self.body


async def ask(app: Litestar, asked: Ask) -> Answer:
    """Have it answered. Whatever escapes the application is raised: it would be a bug."""
    body: list[bytes] = []
    started: list[dict[str, Any]] = []
    incoming = [{"type": "http.request", "body": asked.body, "more_body": False}]

    async def receive() -> Any:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            body.append(message.get("body", b""))

    await app(_scope(asked), receive, send)
    start = started[0]
    headers = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(body))


def _scope(asked: Ask) -> Any:
    sent = (("host", "orders.example"), *asked.headers, ("content-length", str(len(asked.body))))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "https",
        "path": unquote(asked.path),
        "raw_path": asked.path.encode("latin-1"),
        "query_string": asked.query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent],
        "client": (asked.address, 40_000),
        "server": ("orders.example", 443),
    }
