"""Everybody loses the connection at once and comes back with a cursor."""

import asyncio
import os
from typing import Any

from tests.bench.load.listeners import Crowd, connected
from tests.bench.load.place import CHANGES, RESUMED, Place, place_of
from tests.bench.load.sockets import ENDED, Control, Socket, client_id, dial, hello, now, quantile
from tests.bench.processes import cpu_seconds

_MISSED = 10
"""Changes that happen while nobody is there."""

_AT_ONCE = 200
"""Handshakes under way together: a client waits for its turn when a server is slow."""


class Returning:
    """What came of each that came back."""

    def __init__(self, count: int, wanted: int) -> None:
        """So many come back; each is whole with that change."""
        self.left = count
        self.resumed = 0
        self.snapshots = 0
        self.took: list[float] = []
        self.whole = asyncio.Event()
        self._wanted = wanted
        self._begun: dict[int, float] = {}

    def begin(self, at: int) -> None:
        """This one dials."""
        self._begun[at] = now()

    def taken(self, socket: Socket, payload: bytes) -> None:
        """A frame came."""
        if payload.startswith(RESUMED):
            self.resumed += 1
        elif payload.startswith(ENDED):
            self.snapshots += 1
            self._done(socket.at)
        elif payload.startswith(CHANGES) and place_of(payload).upto >= self._wanted:
            self._done(socket.at)

    def _done(self, at: int) -> None:
        self.took.append(now() - self._begun.pop(at))
        self.left -= 1
        if self.left == 0:
            self.whole.set()


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Connect all, tear all down, let some changes pass, and let all return."""
    target, count = spec["target"], spec["sockets"]
    control, crowd = await Control.open(target), Crowd()
    sockets = await connected({**spec, "ours": True}, crowd, count)
    crowd.awaited = crowd.frames + count
    control.publish()
    await asyncio.wait_for(crowd.arrived.wait(), 60)
    stood = place_of(crowd.last[0])
    for socket in sockets:
        socket.transport.disconnect()
    control.publish(_MISSED)
    # Told after it saw them all go, so that what is measured is their coming alone.
    await asyncio.sleep(spec["pause"])
    await control.tell()
    return await _return(target, count, stood)


async def _return(target: dict[str, Any], count: int, stood: Place) -> dict[str, Any]:
    returning = Returning(count, stood.upto + _MISSED)
    turns, pid = asyncio.Semaphore(_AT_ONCE), target["pid"]

    async def come(at: int) -> Socket:
        async with turns:
            returning.begin(at)
            socket = await dial(target, at, returning.taken, 0)
            socket.say(hello(client_id(at), cursor=stood.cursor))
            return socket

    begun, own, start = cpu_seconds(pid), cpu_seconds(os.getpid()), now()
    sockets = await asyncio.gather(*(come(at) for at in range(count)))
    await asyncio.wait_for(returning.whole.wait(), 240)
    elapsed, spent = now() - start, cpu_seconds(pid) - begun
    return {
        "sockets": len(sockets),
        "resumed": returning.resumed,
        "snapshots": returning.snapshots,
        "all_back_seconds": elapsed,
        "accepts_per_second": count / elapsed,
        "accepts_per_cpu_second": count / spent,
        "dial_to_whole_p50_ms": 1_000 * quantile(returning.took, 0.5),
        "dial_to_whole_p99_ms": 1_000 * quantile(returning.took, 0.99),
        "load_core_percent": 100 * (cpu_seconds(os.getpid()) - own) / elapsed,
    }
