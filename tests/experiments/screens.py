"""Screens of many people, on the cheapest sockets there are: they watch a board and come back.

In all that concerns coming back each is a client like the SDK: it says the cursor it holds, waits
as the SDK waits (CL61-63) and answers pings. It draws nothing and writes down what it heard.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence as Series

from kanvoy_client._wire.handshake import Welcome
from kanvoy_client.codec import decode
from kanvoy_client.from_server import (
    Changes,
    FromServer,
    Ping,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    Subscribed,
)
from kanvoy_client.reconnect import ABNORMAL, Never, Reconnect
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from protocols.version import SUBPROTOCOL_JSON
from tests.bench.load.sockets import client_id, hello
from tests.experiments.heard import Begun, Came, Ended, Heard, Lost, Part, Place, Resumed, Told

_HANDSHAKE = 10.0
"""Seconds, as the SDK's sockets wait."""

_FRAME = 1 << 20
_REMEMBERED = 256
"""Frames; those of one moment are few, however many screens they go to."""

_PONG = b'{"type":"pong"}'

Said = Resumed | Begun | Part | Ended | Told | FromServer | None
"""What a frame says: about the board, or about the socket."""


class Around:
    """What all screens have in common: the doors, the dice, what was heard anywhere."""

    def __init__(self, ports: Series[int], dice: random.Random) -> None:
        """Before nodes that listen on these ports."""
        self.dice = dice
        self.newest = 0
        """The furthest place of the journal that anybody heard of."""
        self.newest_place: Place | None = None
        self.tally: Counter[str] = Counter()
        self._ports = list(ports)
        self._read: dict[bytes, Said] = {}

    def turn(self) -> list[int]:
        """The nodes in the order to try them: each its turn, as before a balancer."""
        self._ports.append(self._ports.pop(0))
        return self._ports.copy()

    def heard_of(self, place: Place) -> None:
        """Somebody was told of this place."""
        if place.sequence > self.newest:
            self.newest, self.newest_place = place.sequence, place

    def read(self, payload: bytes) -> Said:
        """What a frame says. One that goes to thousands is read once."""
        said = self._read.get(payload)
        if said is None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            said = self._read[payload] = _said(payload)
        return said


class Screen:
    """One client over all its sockets."""

    def __init__(self, at: int, token: str, around: Around) -> None:
        """The so manyth, of the person whose token it is. Offline until `live`."""
        self.at = at
        self.heard: list[Heard] = []
        self.port = 0
        """Of the node it is on, or was last."""
        self.whole_since: float | None = None
        """When it had all that was known anywhere as it came; None without a socket."""
        self._token, self._around = token, around
        self._transport: WSTransport | None = None
        self._held: Place | None = None
        self._assembling = False
        self._wanted = 0
        self._welcomed_at: float | None = None

    async def live(self) -> None:
        """Come, and again whenever the socket is gone, until cancelled."""
        reconnect = Reconnect(self._around.dice.random)
        while True:
            code = await self._one_socket()
            self._around.tally[f"closed {code}"] += 1
            plan = reconnect.lost(code, alive=self._alive())
            if isinstance(plan, Never):
                return
            await self.rest(plan.after)

    async def rest(self, seconds: float) -> None:
        """Wait before the next socket."""
        await asyncio.sleep(seconds)

    def cursor(self) -> Place | None:
        """Where to go on: half a snapshot cannot be continued (SN66)."""
        return None if self._assembling else self._held

    def reached(self, sequence: int) -> bool:
        """Whether it has a socket, and was told everything up to there."""
        held = self._held
        return self.whole_since is not None and held is not None and held.sequence >= sequence

    def opened(self, transport: WSTransport) -> None:
        """A socket is open: say who we are and where we stood."""
        self._transport, cursor = transport, self.cursor()
        self._hear(Came(cursor))
        self._wanted = self._around.newest
        text = None if cursor is None else f"{cursor.epoch}.{cursor.sequence}.{cursor.nonce}"
        words = hello(client_id(self.at), deflate=True, cursor=text)
        transport.send(WSMsgType.TEXT, words)

    def taken(self, payload: bytes) -> None:
        """A frame came."""
        said = self._around.read(payload)
        match said:
            case Told(place=place):
                self._hear(said)
                self._stand(place)
                self._around.heard_of(place)
            case Resumed() | Begun() | Part() | Ended():
                self._hear(said)
                self._go_on(said)
            case Ping():
                assert self._transport is not None
                self._transport.send(WSMsgType.TEXT, _PONG)
            case Welcome():
                self._welcomed_at = time.monotonic()
            case _:
                pass

    def _go_on(self, said: Resumed | Begun | Part | Ended) -> None:
        match said:
            case Resumed():
                self._around.tally["resumed"] += 1
                self._stand(self._held)
            case Begun(place=place):
                self._held, self._assembling = place, True
            case Ended():
                self._around.tally["snapshots"] += 1
                self._assembling = False
                self._stand(self._held)
            case Part():
                pass

    def _stand(self, place: Place | None) -> None:
        self._held = place
        if self.whole_since is None and not self._assembling and place is not None:
            self.whole_since = time.monotonic() if place.sequence >= self._wanted else None

    def _hear(self, heard: Heard) -> None:
        self.heard.append(heard)

    def _alive(self) -> float:
        since, self._welcomed_at = self._welcomed_at, None
        return 0.0 if since is None else time.monotonic() - since

    async def _one_socket(self) -> int:
        """One socket from its opening to its end; answers the close code."""
        line = _Line(self)
        transport = await self._dial(line)
        if transport is None:
            return ABNORMAL
        try:
            await transport.wait_disconnected()
        finally:
            transport.disconnect(graceful=False)
        # Not when we are cancelled: that is the end of the play and no loss.
        self._hear(Lost())
        self.whole_since = None
        self._held, self._assembling = self.cursor(), False
        return line.code

    async def _dial(self, line: "_Line") -> WSTransport | None:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Sec-WebSocket-Protocol": SUBPROTOCOL_JSON,
        }
        for port in self._around.turn():
            self.port = port
            try:
                transport, _ = await ws_connect(
                    lambda: line,
                    f"ws://127.0.0.1:{port}/v1/realtime",
                    extra_headers=headers,
                    websocket_handshake_timeout=_HANDSHAKE,
                    max_frame_size=_FRAME,
                    # As many addresses as a crowd needs: one has 28,000 ports.
                    local_addr=(f"127.0.0.{2 + self.at % 8}", 0),
                )
            except ConnectionRefusedError:
                # Nobody listens there: a balancer would take the next one too.
                continue
            except (OSError, WSError):
                return None
            return transport
        return None


class _Line(WSListener):  # type: ignore[misc]
    """One socket of a screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.code = ABNORMAL

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._screen.opened(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        if frame.msg_type == WSMsgType.CLOSE:
            self.code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else ABNORMAL
            transport.disconnect()
        else:
            self._screen.taken(payload)


def _said(payload: bytes) -> Said:
    message = decode("json", payload.decode() if payload[:1] == b"{" else payload)
    match message:
        case Changes(epoch=epoch, after=after, upto=upto, nonce=nonce, ops=ops):
            return Told(after, Place(epoch, upto, nonce), {op.id: op.version for op in ops})
        case SnapshotBegin(epoch=epoch, sequence=sequence, nonce=nonce):
            return Begun(Place(epoch, sequence, nonce))
        case SnapshotChunk(preview=False, cut=cut, items=items):
            return Part(cut, {item.id: item.version for item in items})
        case SnapshotEnd():
            return Ended()
        case Subscribed(mode="resume"):
            return Resumed()
        case _:
            return message
