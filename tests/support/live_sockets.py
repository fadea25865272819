"""A real server on loopback, and a client that can also misbehave: bytes on a TCP connection."""

import asyncio
import base64
import contextlib
import os
import socket as sockets
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, get
from litestar.exceptions import HTTPException, WebSocketException
from litestar.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from protocols.from_client import FromClient
from server.realtime.intake import Intake
from server.realtime.limits import FRAME_BYTES
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.socket import Door, Entry, realtime_route
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Turning, Wheel
from server.realtime.uvicorn_http import HttpProtocol
from server.realtime.uvicorn_protocol import SocketProtocol, uvicorn_options
from server.system import RandomIds, SystemClock
from server.telemetry.security import SecurityLines
from tests.support.origins import COOKIE, COOKIES, ORIGINS
from tests.support.sockets import HandCommands, HandFeeds, HandKeys, a_principal

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds a test waits for the server before it fails; nothing takes so long."""


class Impatient(SocketProtocol):
    """The product's protocol with a shorter patience, so that tests need not wait 30 s."""

    stuck_seconds = 0.3
    close_seconds = 0.3


class Hasty(HttpProtocol):
    """The product's protocol with shorter deadlines for requests."""

    head_seconds = 0.3
    body_seconds = 0.3


class Small(HttpProtocol):
    """The product's protocol on a node with little room besides its sockets."""

    room = 2
    requests = 3


class OtherServer(WebSocketsSansIOProtocol):
    """A server that knows nothing of us: what every ASGI server can do, and no more."""


class Served:
    """A running server and all that its sockets reach out to."""

    def __init__(self) -> None:
        """Nothing runs yet; must be made on the event loop."""
        self.clock, self.ids = SystemClock(), RandomIds()
        self.wheel = Wheel(self.clock)
        self.feeds, self.commands, self.keys = HandFeeds(), HandCommands(), HandKeys()
        self.keys.principals["cookie", "token-2"] = a_principal()
        self.keys.principals["bearer", "token-1"] = a_principal(kind="bearer")
        self.roster = Roster(self.ids)
        self.presences = Presences(self.wheel, self.clock)
        self.bugs: list[BaseException] = []
        self.port = 0
        self.server: uvicorn.Server
        self._dialled: list[Raw] = []

    def app(self, entry: Entry) -> Litestar:
        """The route under test, and one plain page."""
        around = Surroundings(
            feeds=self.feeds,
            commands=self.commands,
            authenticator=self.keys,
            presences=self.presences,
            roster=self.roster,
            wheel=self.wheel,
            clock=self.clock,
            intake=Intake(self.clock),
            report=self._report,
            security=SecurityLines(),
        )

        @get("/")
        async def page() -> str:
            return "here"

        door = Door(entry, around, self.ids)
        return Litestar(
            [realtime_route(door), page],
            openapi_config=None,
            logging_config=None,
            after_exception=[self._fell],
        )

    async def dial(
        self, *headers: str, path: str = "/v1/realtime", buffer: int | None = None
    ) -> "Raw":
        """Ask for an upgrade with exactly these headers besides the necessary ones."""
        raw = await self.connect(buffer)
        await raw.upgrade(path, headers)
        return raw

    async def connect(self, buffer: int | None = None) -> "Raw":
        """Open a connection and say nothing; `buffer` is what the kernel keeps for us unread."""
        sock = sockets.socket()
        if buffer is not None:
            sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        raw = Raw(*await asyncio.open_connection(sock=sock))
        self._dialled.append(raw)
        return raw

    async def hang_up(self) -> None:
        """End all connections from this side."""
        for raw in self._dialled:
            raw.writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await raw.writer.wait_closed()

    async def operator(self, buffer: int | None = None) -> "Raw":
        """A signed-in operator's socket, upgraded."""
        headers = ("Origin: https://board.example", f"Cookie: {COOKIE}=token-2")
        return await self.dial(*headers, buffer=buffer)

    def _report(self, bug: BaseException) -> str:
        self.bugs.append(bug)
        return "incident-1"

    async def _fell(self, bug: Exception, _scope: Scope) -> None:
        """Litestar makes a closed socket of what a route raises; here it is a bug all the same."""
        # A client that left before its answer is none, and neither is an address that is not there.
        if not isinstance(bug, OSError | HTTPException | WebSocketException):
            self.bugs.append(bug)


class Raw:
    """One TCP connection that speaks HTTP and WebSocket as well, or as badly, as it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wrap an open connection."""
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.head = b""

    async def upgrade(self, path: str, headers: tuple[str, ...]) -> None:
        """Ask for a WebSocket and read the answer's head."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: board.example",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        self.writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        self.head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        self.status = int(self.head.split(b" ")[1])

    def send(self, message: FromClient) -> None:
        """Send a message as a JSON text frame."""
        self.frame(1, msgspec.json.encode(message))

    def frame(self, opcode: int, payload: bytes, *, fin: bool = True, first: int = 0) -> None:
        """Send one masked frame; `first` sets more bits of its first byte."""
        self.raw(frame_bytes(opcode, payload, fin=fin, first=first))

    def raw(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self.writer.write(data)

    async def next(self) -> tuple[int, bytes] | None:
        """The next frame's opcode and payload; None when the connection has ended."""
        try:
            async with asyncio.timeout(PATIENCE):
                first, second = await self.reader.readexactly(2)
                size = second
                if second >= 126:
                    size = int.from_bytes(await self.reader.readexactly(2 if second == 126 else 8))
                return first & 0x0F, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def message(self) -> dict[str, Any]:
        """The next message, which must be text."""
        frame = await self.next()
        assert frame is not None, "the connection ended"
        assert frame[0] == 1, frame
        found: dict[str, Any] = msgspec.json.decode(frame[1])
        return found

    async def closing(self) -> tuple[list[str], int | None]:
        """The errors that still come, and the code of the close; None when it was cut."""
        errors: list[str] = []
        while (frame := await self.next()) is not None:
            opcode, payload = frame
            if opcode == 8:
                return errors, int.from_bytes(payload[:2])
            if opcode == 1 and (said := msgspec.json.decode(payload))["type"] == "error":
                errors.append(said["code"])
        return errors, None

    def leave(self) -> None:
        """Close the connection."""
        self.writer.close()


def frame_bytes(
    opcode: int, payload: bytes, *, fin: bool = True, first: int = 0, mask: bool = True
) -> bytes:
    """One client frame; masked with zeros, which keeps the payload readable."""
    head = bytes([(0x80 if fin else 0) | first | opcode])
    bit = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        length = bytes([bit | size])
    elif size < 65_536:
        length = bytes([bit | 126]) + size.to_bytes(2)
    else:
        length = bytes([bit | 127]) + size.to_bytes(8)
    return head + length + (bytes(4) if mask else b"") + payload


@contextlib.asynccontextmanager
async def served(
    ws: type[asyncio.Protocol] = SocketProtocol,
    http: type[asyncio.Protocol] = HttpProtocol,
    entry: Entry | None = None,
    made_of: "type[Served]" = Served,
    most: int | None = None,
) -> AsyncIterator[Served]:
    """A server with these protocols and at most so many sockets, on a free port of ours."""
    node = made_of()
    app = node.app(entry or Entry(origins=ORIGINS, cookies=COOKIES, build="build-1"))
    options = uvicorn_options()
    options["ws"], options["http"] = ws, http
    if not issubclass(ws, SocketProtocol):
        # Another server has a limit of its own; ours must hold by itself.
        options["ws_max_size"] = 4 * FRAME_BYTES
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        limit_concurrency=most,
        **options,
    )
    config.load()
    node.server = server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        node.port = listener.getsockname()[1]
        # Not `serve`: it takes the signals from pytest, and a tenth of a second from every test.
        await server.startup([listener])
        turning = Turning(node.wheel)
        try:
            yield node
        finally:
            turning.stop()
            for listening in server.servers:
                listening.close()
            await node.hang_up()
            await until(lambda: not (server.server_state.tasks or server.server_state.connections))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something the server does and nobody announces."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def on_loop(loop: str, work: Coroutine[Any, Any, T]) -> T:
    """Run on asyncio's own event loop, or on the one the product uses."""
    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)
