"""Uvicorn's protocol for requests, bent to our needs: deadlines, and a full node says so."""

import asyncio
from math import inf
from typing import cast

import msgspec
from uvicorn._types import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseStartEvent,
    Scope,
)
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from protocols.http import PROBLEM_TYPE, Problem

HEAD_SECONDS = 5.0
"""Uvicorn 0.54 keeps a silent connection or a half request head for ever (measured: > 45 s)."""

BODY_SECONDS = 30.0
"""The largest body, 512 KiB, takes 20 s over slow mobile radio; dripping ones hold nothing up."""

ROOM = 500
"""Connections beyond `KANVOY_SOCKETS` for pages, sign-ins and probes: whoever watches a full node
must not take it for a dead one. Within the thousand descriptors that `doctor` asks for besides."""

REQUESTS = 1_000
"""Requests under way at once, handshakes of sockets among them."""

FULL_SECONDS = 5
"""When to come back to a full node; a proxy has found another one by then."""

_FULL_BODY = msgspec.json.encode(
    Problem(
        type=f"{PROBLEM_TYPE}busy", title="This node is full, come back shortly", status=503,
        code="busy", retry_after=FULL_SECONDS,
    )
)  # fmt: skip

_FULL_HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(_FULL_BODY)).encode()),
    (b"retry-after", str(FULL_SECONDS).encode()),
    (b"cache-control", b"no-store"),
]

_FULL_ANSWER = b"\r\n".join(
    [
        b"HTTP/1.1 503 Service Unavailable",
        *(b"%b: %b" % header for header in _FULL_HEADERS),
        b"connection: close",
        b"",
        _FULL_BODY,
    ]
)


async def _full(_scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """What a request gets for which there is no room."""
    headers = [*_FULL_HEADERS, (b"connection", b"close")]
    start = {"type": "http.response.start", "status": 503, "headers": headers}
    await send(cast("HTTPResponseStartEvent", start))
    await send({"type": "http.response.body", "body": _FULL_BODY, "more_body": False})


class HttpProtocol(HttpToolsProtocol):
    """Cuts a connection that does not send a whole request head, or body, in time. [LV6, LV7]

    Between requests uvicorn's keep-alive time-out holds. When the node is full it says so, and
    when to come back [LM14]: uvicorn's own answer has neither, and lets every socket in.
    """

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    room = ROOM
    requests = REQUESTS
    _deadline: asyncio.TimerHandle | None = None
    _most_sockets: float = inf

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock starts with the connection: a silent one counts too."""
        super().connection_made(transport)
        if self.limit_concurrency is not None:
            self._most_sockets, self.limit_concurrency = self.limit_concurrency, None
        self._arm(self.head_seconds)

    def on_message_begin(self) -> None:
        """Another request on the same connection starts the clock again."""
        super().on_message_begin()
        self._arm(self.head_seconds)

    def on_headers_complete(self) -> None:
        """The head is whole; a body may follow, unless it becomes a socket."""
        self._disarm()
        if not (self.parser.should_upgrade() and self._should_upgrade()):
            self._arm(self.body_seconds)
        app = self.app
        if len(self.connections) > self._most_sockets + self.room or self._is_busy():
            self.app = cast("ASGI3Application", _full)
        super().on_headers_complete()
        self.app = app

    def handle_websocket_upgrade(self) -> None:
        """The request becomes a socket, if one more may be there."""
        if len(self.connections) > self._most_sockets:
            self.transport.write(_FULL_ANSWER)
            self.transport.close()
        else:
            super().handle_websocket_upgrade()

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._disarm()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to cut."""
        self._disarm()
        super().connection_lost(exc)

    def _is_busy(self) -> bool:
        return self._most_sockets != inf and len(self.tasks) >= self.requests

    def _arm(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._cut)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        self._deadline = None
        self.transport.abort()
