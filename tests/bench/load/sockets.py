"""Sockets of a load, on picows: the cheapest client that Python has."""

import asyncio
import time
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.bench.servers.control import PUBLISH, TELL

Taken = Callable[["Socket", bytes], None]

_AT_ONCE = 50
"""Handshakes under way together."""

ENDED = b'{"type":"snapshot_end"'


class Socket(WSListener):  # type: ignore[misc]
    """One connection; `taken` hears of every frame."""

    def __init__(self, at: int, taken: Taken) -> None:
        """The so manyth of this load."""
        self.at = at
        self.taken = taken
        self.transport: WSTransport
        self.bytes = 0
        self.gone = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Remember how to send."""
        self.transport = transport

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """Hand the payload on."""
        payload = frame.get_payload_as_bytes()
        self.bytes += len(payload)
        self.taken(self, payload)

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """Note that the other side, or we, ended it."""
        self.gone = True

    def say(self, text: bytes) -> None:
        """Send a text frame."""
        self.transport.send(WSMsgType.TEXT, text)


class Control:
    """The server's second port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk over these."""
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, target: dict[str, Any]) -> "Control":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", target["control"]))

    def publish(self, count: int = 1) -> None:
        """Have messages published."""
        self._writer.write(PUBLISH * count)

    async def tell(self) -> dict[str, Any]:
        """What the server says about itself."""
        self._writer.write(TELL)
        said: dict[str, Any] = msgspec.json.decode(await self._reader.readline())
        return said


def hello(
    client_id: str, *, deflate: bool = False, watch: bool = True, cursor: str | None = None
) -> bytes:
    """A client's first frame: it watches the board, from a cursor on when it has one."""
    return msgspec.json.encode(
        {
            "type": "hello",
            "protocol": [1, 1],
            "client_id": client_id,
            "app": {"kind": "sdk"},
            "capabilities": ["deflate"] if deflate else [],
            "subscriptions": [{"channel": "board", "cursor": cursor}] if watch else [],
        }
    )


def client_id(at: int) -> str:
    """The id of the so manyth client."""
    return f"0193b000-0000-7000-8000-{at:012x}"


async def dial(
    target: dict[str, Any], at: int, taken: Taken, tenant: int | None, channel: int = 0
) -> Socket:
    """Connect: to us as a person of a tenant, to a peer's channel as anybody."""
    headers = {}
    path = f"{target['path']}{channel}"
    if tenant is not None:
        path = "/v1/realtime"
        headers = {
            "Authorization": f"Bearer t{tenant}/person-{at}",
            "Sec-WebSocket-Protocol": "kanvoy.v1.json",
        }
    _, socket = await ws_connect(
        lambda: Socket(at, taken),
        f"ws://127.0.0.1:{target['port']}{path}",
        extra_headers=headers,
        websocket_handshake_timeout=30,
        max_frame_size=64 * 1024 * 1024,
        # As many addresses as a crowd needs: one has 28,000 ports, some of them just left.
        local_addr=(f"127.0.0.{2 + at % 8}", 0),
    )
    return socket


async def dial_many(
    target: dict[str, Any],
    count: int,
    taken: Taken,
    tenant_of: Callable[[int], int | None],
    channel_of: Callable[[int], int] = lambda _: 0,
    first: int = 0,
) -> list[Socket]:
    """Connect so many, some at a time, numbered from the first on."""
    sockets: list[Socket] = []
    for start in range(first, first + count, _AT_ONCE):
        part = range(start, min(first + count, start + _AT_ONCE))
        sockets += await asyncio.gather(
            *(dial(target, i, taken, tenant_of(i), channel_of(i)) for i in part)
        )
    return sockets


async def settle(sockets: list[Socket], *, watch: bool, taken: Taken) -> None:
    """Say hello on each of our sockets, and wait until each has what it watches."""
    left = {socket.at for socket in sockets}
    done = asyncio.Event()
    until = b'{"type":"welcome"' if not watch else ENDED

    def whole(socket: Socket, payload: bytes) -> None:
        if payload.startswith(until):
            left.discard(socket.at)
            socket.taken = taken
            if not left:
                done.set()

    for socket in sockets:
        socket.taken = whole
        socket.say(hello(client_id(socket.at), watch=watch, deflate=False))
    await asyncio.wait_for(done.wait(), 120)


def inflated(payload: bytes) -> bytes:
    """A frame as JSON, deflated or not."""
    return payload if payload[:1] == b"{" else zlib.decompress(payload, -15)


def quantile(values: list[float], share: float) -> float:
    """The value below which that share lies; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


now = time.perf_counter
