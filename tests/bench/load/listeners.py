"""Sockets that only listen, on us or on a peer, and how late each message reaches them."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec

from tests.bench.load.sockets import Socket, dial_many, now, settle


class _Place(msgspec.Struct):
    """What both our frames and the peers' say: the number of the newest change."""

    upto: int


_PING = b'{"type":"ping"'
_ENGINE_OPEN, _ENGINE_PING, _ENGINE_JOINED, _ENGINE_EVENT = b"0{", b"2", b"40", b"42["
"""What Engine.IO and Socket.IO put in front of a message."""

_PART = 250
"""Sockets that connect before they are greeted."""

_place = msgspec.json.Decoder(_Place).decode


def place(payload: bytes) -> int:
    """The number of the newest message that a frame holds."""
    if payload.startswith(_ENGINE_EVENT):
        payload = payload[payload.index(b"{") : -1]
    return _place(payload).upto


class Crowd:
    """All sockets of the load, in channels of as many each."""

    def __init__(self, per_channel: int = 0) -> None:
        """Nobody is connected; 0 puts all into one channel."""
        self._per_channel = per_channel
        self.frames = 0
        self.awaited = 0
        self.joined = 0
        self.arrived = asyncio.Event()
        self.last: dict[int, bytes] = {}
        self.waits: list[float] = []
        self._sent: dict[int, list[float]] = {}
        self._seen: dict[int, int] = {}
        self._first: dict[int, int] = {}
        self._read: dict[bytes, int] = {}

    def taken(self, socket: Socket, payload: bytes) -> None:
        """A frame came."""
        if payload.startswith(_PING):
            socket.say(b'{"type":"pong"}')
            return
        if payload[:1] in b"024" and self._engine(socket, payload):
            return
        self.last[socket.at] = payload
        self.frames += 1
        if socket.at in self._seen:
            self._late(socket.at, place(payload))
        if self.frames == self.awaited:
            self.arrived.set()

    def _engine(self, socket: Socket, payload: bytes) -> bool:
        if payload == _ENGINE_PING:
            socket.say(b"3")
        elif payload.startswith(_ENGINE_OPEN):
            socket.say(_ENGINE_JOINED)
        elif payload.startswith(_ENGINE_JOINED):
            self.joined += 1
        else:
            return False
        return True

    def watch(self, sockets: Iterable[int]) -> None:
        """Note from now on how late each message reaches these; all have the same now."""
        self._seen = {at: place(self.last[at]) for at in sockets}
        self._first = {self.channel(at): seen for at, seen in self._seen.items()}
        self._sent = {channel: [] for channel in self._first}
        self.waits.clear()

    def published(self, channel: int, count: int = 1) -> None:
        """So many messages are about to go to the channel."""
        self._sent[channel] += [now()] * count

    def channel(self, at: int) -> int:
        """The channel that a socket listens to."""
        return at // self._per_channel if self._per_channel else 0

    def _late(self, at: int, upto: int) -> None:
        channel, moment = self.channel(at), now()
        sent, first = self._sent[channel], self._first[channel]
        for number in range(self._seen[at], upto):
            self.waits.append(moment - sent[number - first])
        self._seen[at] = upto

    def places(self) -> int:
        """Sum of how far the sockets have come."""
        # A frame that goes to many sockets is read once.
        read = self._read
        self._read = {}
        total = 0
        for payload in self.last.values():
            upto = self._read.get(payload)
            if upto is None:
                upto = self._read[payload] = read.get(payload) or place(payload)
            total += upto
        return total


async def connected(spec: dict[str, Any], crowd: Crowd, count: int, first: int = 0) -> list[Socket]:
    """Connect so many, spread over the channels, and wait until all of them listen."""
    ours = spec["ours"]
    sockets: list[Socket] = []
    # Whoever says no hello within seconds is sent away: greet some before the next ones come.
    for start in range(first, first + count, _PART):
        part = await dial_many(
            spec["target"],
            min(_PART, first + count - start),
            crowd.taken,
            lambda at: crowd.channel(at) if ours else None,
            crowd.channel,
            first=start,
        )
        if ours:
            await settle(part, watch=True, taken=crowd.taken)
        sockets += part
    if spec["target"]["path"].startswith("/socket.io/"):
        while crowd.joined < count:  # noqa: ASYNC110 - as often as needed, no event to await
            await asyncio.sleep(0.01)
    return sockets
