"""A screen that was away returns with its cursor, after others made thousands of changes."""

import asyncio
from collections.abc import Callable
from statistics import median
from typing import Any

from tests.bench.load.moves import Crowd, Mover
from tests.bench.load.place import CHANGES, RESUMED, Place, place_of
from tests.bench.load.sockets import (
    ENDED,
    Control,
    Socket,
    client_id,
    dial,
    dial_many,
    hello,
    now,
    settle,
)
from tests.bench.processes import cpu_seconds
from tests.bench.seed import order_id

_MOVERS, _WINDOW = 50, 4
_RETURNS = 5
_AWAY = 10_000
"""The number of the first client that watches; those that move come before it."""


class Screen:
    """A socket that watches the board, and what it was told since it came."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.resumed = False
        self.frames: list[int] = []
        """Bytes of each frame of changes."""
        self.place: Place | None = None
        self._more = asyncio.Event()

    def taken(self, _socket: Socket, payload: bytes) -> None:
        """A frame came."""
        if payload.startswith(RESUMED):
            self.resumed = True
        elif payload.startswith(CHANGES):
            self.place = place_of(payload)
            self.frames.append(len(payload))
        if payload.startswith((CHANGES, ENDED)):
            self._more.set()

    async def come_to(self, sequence: int) -> None:
        """Return when it was told everything up to this."""
        while self.place is None or self.place.upto < sequence:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), 60)


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Look, go away, let others work, and return several times to the same place."""
    target, pid = spec["target"], spec["target"]["pid"]
    control, screen, crowd = await Control.open(target), Screen(), Crowd()
    movers = await _movers(spec, crowd)
    socket = await _come(target, screen, None)
    movers[0].move()
    await screen.come_to(0)
    stood = screen.place
    assert stood is not None, "a screen is told of the first move"
    socket.transport.disconnect()
    await _work(movers, crowd, spec["missed"])
    head: int = (await control.tell())["sequence"]
    spent, took, frames, sizes = [], [], [], []
    for _ in range(_RETURNS):
        begun, start, screen = cpu_seconds(pid), now(), Screen()
        socket = await _come(target, screen, stood.cursor)
        await screen.come_to(head)
        took.append(now() - start)
        spent.append(cpu_seconds(pid) - begun)
        frames.append(len(screen.frames) if screen.resumed else 0)
        sizes.append(sum(screen.frames))
        socket.transport.disconnect()
        await asyncio.sleep(0.1)
    return {
        "missed_changes": head - stood.upto,
        "frames": max(frames),
        "frame_kb": max(sizes) / 1_000,
        "server_cpu_ms": 1_000 * median(spent),
        "first_return_cpu_ms": 1_000 * spent[0],
        "dial_to_whole_ms": 1_000 * median(took),
    }


async def _come(target: dict[str, Any], screen: Screen, cursor: str | None) -> Socket:
    socket = await dial(target, _AWAY, screen.taken, 0)
    socket.say(hello(client_id(_AWAY), cursor=cursor))
    return socket


async def _movers(spec: dict[str, Any], crowd: Crowd) -> list[Mover]:
    def ignore(socket: Socket, payload: bytes) -> None:
        """Not working yet."""

    sockets = await dial_many(spec["target"], _MOVERS, ignore, lambda _: 0)
    await settle(sockets, watch=False, taken=ignore)
    each = spec["orders"] // _MOVERS
    movers = []
    for at, socket in enumerate(sockets):
        mover = Mover(socket, crowd, [order_id(0, at * each + i) for i in range(each)])
        socket.taken = mover.taken
        movers.append(mover)
    return movers


async def _work(movers: list[Mover], crowd: Crowd, moves: int) -> None:
    """Move until there were so many, and return when the last one is answered."""
    for mover in movers:
        for _ in range(_WINDOW):
            mover.move()
    await _until(lambda: len(crowd.waits) >= moves)
    crowd.going = False
    await _until(lambda: len(crowd.waits) == sum(mover.number for mover in movers))
    if crowd.refused:
        raise RuntimeError(f"{len(crowd.refused)} refused: {crowd.refused[:1]}")


async def _until(holds: Callable[[], bool]) -> None:
    """Look again and again: the crowd counts, and knows of nobody who waits for it."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
