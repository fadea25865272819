"""Operators in the tongue of tldraw's sync engine: a push per move, a result for each."""

import asyncio

import msgspec

from tests.bench.load.moves import Crowd, Mover
from tests.bench.load.sockets import Socket, now

_CONNECTED, _RESULT, _COMMITTED = b'"type":"connect"', b'"push_result"', b'"action":"commit"'
_VERSION = 8
"""Of its protocol."""


class Pusher(Mover):
    """One operator on a tldraw room."""

    def move(self) -> None:
        """Push the next move."""
        order_id, _, there = self.next()
        self.socket.say(
            b'{"type":"push","clientClock":%d,"diff":{"card:%s":["patch",'
            b'{"stage_id":["put","%s"]}]}}' % (self.number, order_id.encode(), there.encode())
        )

    def taken(self, _socket: Socket, payload: bytes) -> None:
        """A frame came: results of our pushes, others' patches, or both."""
        results = payload.count(_RESULT)
        if payload.count(_COMMITTED) < results or b'"incompatibility_error"' in payload:
            self.crowd.refused.append(payload[:300].decode())
        for _ in range(results):
            self.answered(now())


async def greet(sockets: list[Socket], crowd: Crowd) -> None:
    """Join the room with every socket, and wait until all have its picture."""
    left = len(sockets)
    done = asyncio.Event()

    def whole(_socket: Socket, payload: bytes) -> None:
        nonlocal left
        if b'"incompatibility_error"' in payload:
            crowd.refused.append(payload[:300].decode())
            done.set()
        if _CONNECTED in payload:
            left -= 1
            if left == 0:
                done.set()

    for socket in sockets:
        socket.taken = whole
        request = {
            "type": "connect",
            "connectRequestId": f"request-{socket.at}",
            "lastServerClock": 0,
            "protocolVersion": _VERSION,
            "schema": {"schemaVersion": 2, "sequences": {}},
        }
        socket.say(msgspec.json.encode(request))
    await asyncio.wait_for(done.wait(), 60)
