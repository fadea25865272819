"""Many sockets that only listen: one message at a time, then a hundred per second."""

import asyncio
import os
from typing import Any

import msgspec

from tests.bench.load.sockets import Control, Socket, dial_many, now, settle
from tests.bench.processes import cpu_seconds


class _Place(msgspec.Struct):
    """What both our frames and the peers' say: the number of the newest change."""

    upto: int


_PING = b'{"type":"ping"'
_place = msgspec.json.Decoder(_Place).decode


class Crowd:
    """All sockets of the load."""

    def __init__(self) -> None:
        """Nobody is connected."""
        self.frames = 0
        self.awaited = 0
        self.arrived = asyncio.Event()
        self.last: dict[int, bytes] = {}

    def taken(self, socket: Socket, payload: bytes) -> None:
        """A frame came."""
        if payload.startswith(_PING):
            socket.say(b'{"type":"pong"}')
            return
        self.last[socket.at] = payload
        self.frames += 1
        if self.frames == self.awaited:
            self.arrived.set()

    def places(self) -> int:
        """Sum of how far the sockets have come."""
        return sum(_place(payload).upto for payload in self.last.values())


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Measure one server."""
    target, count = spec["target"], spec["sockets"]
    crowd = Crowd()
    ours = spec["ours"]
    sockets = await dial_many(target, count, crowd.taken, lambda _: 0 if ours else None)
    if ours:
        await settle(sockets, watch=True, taken=crowd.taken)
    control = await Control.open(target)
    await asyncio.sleep(0.2)
    single = await _one_by_one(crowd, control, target["pid"], count, spec["messages"])
    size = len(crowd.last[0])
    offered = await _offered(crowd, control, target["pid"], spec["rate"], spec["seconds"])
    return {"bytes": size, **single, **offered}


async def _one_by_one(
    crowd: Crowd, control: Control, pid: int, count: int, messages: int
) -> dict[str, Any]:
    for warm in (True, False):
        begun, own = cpu_seconds(pid), cpu_seconds(os.getpid())
        for _ in range(5 if warm else messages):
            crowd.arrived.clear()
            crowd.awaited = crowd.frames + count
            control.publish()
            await asyncio.wait_for(crowd.arrived.wait(), 30)
        spent, ours = cpu_seconds(pid) - begun, cpu_seconds(os.getpid()) - own
    deliveries = messages * count
    return {
        "single_deliveries": deliveries,
        "single_cpu": spent,
        "single_per_cpu_second": deliveries / spent,
        "single_load_cpu": ours,
    }


async def _offered(
    crowd: Crowd, control: Control, pid: int, rate: int, seconds: float
) -> dict[str, Any]:
    """An open loop: messages come at their rate, however far behind the server is."""
    crowd.awaited = -1
    first, frames = crowd.places(), crowd.frames
    begun, own, start = cpu_seconds(pid), cpu_seconds(os.getpid()), now()
    sent = 0
    while (passed := now() - start) < seconds:
        due = int(passed * rate)
        if due > sent:
            control.publish(due - sent)
            sent = due
        await asyncio.sleep(0.5 / rate)
    spent, ours = cpu_seconds(pid) - begun, cpu_seconds(os.getpid()) - own
    elapsed = now() - start
    delivered = crowd.places() - first
    return {
        "offered_messages_per_second": sent / elapsed,
        "offered_delivered": delivered,
        "offered_share": delivered / max(1, sent * len(crowd.last)),
        "offered_frames_per_second": (crowd.frames - frames) / elapsed / len(crowd.last),
        "offered_cpu": spent,
        "offered_core_percent": 100 * spent / elapsed,
        "offered_per_cpu_second": delivered / spent,
        "offered_load_core_percent": 100 * ours / elapsed,
    }
