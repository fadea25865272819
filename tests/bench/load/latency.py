"""How long after a command the others see it, at a steady rate of changes."""

import asyncio
import os
from typing import Any

import msgspec

from tests.bench.load.moves import Crowd, Mover
from tests.bench.load.place import CHANGES
from tests.bench.load.sockets import Socket, client_id, dial_many, now, quantile, settle
from tests.bench.processes import cpu_seconds
from tests.bench.seed import order_id


class _Stamp(msgspec.Struct):
    client_id: str = ""
    number: int = 0


class _Op(msgspec.Struct):
    stamp: _Stamp | None = None


class _Changes(msgspec.Struct):
    ops: list[_Op] = []


_changes = msgspec.json.Decoder(_Changes).decode


class Watched(Mover):
    """An operator who also notes when others' moves appear."""

    def __init__(self, socket: Socket, crowd: "Watchers", ids: list[str]) -> None:
        """Watch and move."""
        super().__init__(socket, crowd, ids)
        self._watchers = crowd
        self._me = client_id(socket.at)

    def taken(self, socket: Socket, payload: bytes) -> None:
        """News of others, or an answer of our own."""
        if not payload.startswith(CHANGES):
            super().taken(socket, payload)
            return
        at = now()
        for key in self._watchers.read(payload):
            sent = self._watchers.sent.get(key)
            if sent is not None and key[0] != self._me:
                self._watchers.seen.append(at - sent)

    def move(self) -> None:
        """Send, and remember when."""
        self._watchers.sent[self._me, self.number + 1] = now()
        super().move()


class Watchers(Crowd):
    """All of them; every socket gets the same bytes, which are read once."""

    def __init__(self) -> None:
        """Nobody moves by an answer; the clock does."""
        super().__init__()
        self.going = False
        self.sent: dict[tuple[str, int], float] = {}
        self.seen: list[float] = []
        self._last, self._keys = b"", list[tuple[str, int]]()

    def read(self, payload: bytes) -> list[tuple[str, int]]:
        """Which commands a frame tells of."""
        if payload != self._last:
            stamps = (op.stamp for op in _changes(payload).ops)
            self._keys = [(s.client_id, s.number) for s in stamps if s is not None]
            self._last = payload
        return self._keys


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """One rate after the other on the same sockets."""
    crowd = Watchers()
    watchers = await _watchers(spec, crowd)
    rates = [
        await _at_rate(crowd, watchers, spec["target"]["pid"], rate, spec["seconds"])
        for rate in spec["rates"]
    ]
    if crowd.refused:
        raise RuntimeError(f"refused: {crowd.refused[0]}")
    return {"rates": rates}


async def _at_rate(
    crowd: Watchers, watchers: list[Watched], pid: int, rate: int, seconds: float
) -> dict[str, Any]:
    await asyncio.sleep(0.3)
    crowd.sent.clear()
    crowd.seen.clear()
    start, begun, own = now(), cpu_seconds(pid), cpu_seconds(os.getpid())
    sent = 0
    while (passed := now() - start) < seconds:
        while sent < int(passed * rate):
            watchers[sent % len(watchers)].move()
            sent += 1
        await asyncio.sleep(max(0.0, start + (sent + 1) / rate - now()))
    elapsed = now() - start
    spent, ours = cpu_seconds(pid) - begun, cpu_seconds(os.getpid()) - own
    await asyncio.sleep(0.3)
    return {
        "rate": rate,
        "sent_per_second": sent / elapsed,
        "seen": len(crowd.seen),
        "seen_share": len(crowd.seen) / max(1, sent * (len(watchers) - 1)),
        "p50_ms": 1_000 * quantile(crowd.seen, 0.5),
        "p99_ms": 1_000 * quantile(crowd.seen, 0.99),
        "core_percent": 100 * spent / elapsed,
        "load_core_percent": 100 * ours / elapsed,
    }


async def _watchers(spec: dict[str, Any], crowd: Watchers) -> list[Watched]:
    def ignore(socket: Socket, payload: bytes) -> None:
        """Not working yet."""

    count = spec["watchers"]
    sockets = await dial_many(spec["target"], count, ignore, lambda _: 0)
    if spec["ours"]:
        await settle(sockets, watch=True, taken=ignore)
    each = spec["orders"] // count
    watchers = []
    for socket in sockets:
        ids = [order_id(0, socket.at * each + i) for i in range(each)]
        watched = Watched(socket, crowd, ids)
        socket.taken = watched.taken
        watchers.append(watched)
    return watchers
