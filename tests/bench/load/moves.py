"""Operators who move cards as fast as they get their answers, each its own cards, all watching."""

import asyncio
import os
from typing import Any

from tests.bench.load.sockets import Control, Socket, dial_many, now, quantile, settle
from tests.bench.processes import cpu_seconds, main_thread_seconds
from tests.bench.seed import order_id

_STAGES = ("new", "confirmed")
_RECEIPT, _REJECTED, _BUSY = b'{"type":"receipt"', b'{"type":"rejected"', b'{"type":"busy"'


class Mover:
    """One operator: sends the next move when an answer is there."""

    def __init__(self, socket: Socket, crowd: "Crowd", ids: list[str]) -> None:
        """Move these cards to and fro."""
        self.socket = socket
        self.crowd = crowd
        self.number = 0
        self._ids = ids
        self._sent: list[float] = []
        self._answers = 0

    def next(self) -> tuple[str, str, str]:
        """What the next command moves, from where and where to; it counts as sent."""
        turn, at = divmod(self.number, len(self._ids))
        self.number += 1
        self._sent.append(now())
        return self._ids[at], _STAGES[turn % 2], _STAGES[1 - turn % 2]

    def answered(self, at: float) -> None:
        """An answer came; answers come in the order of the commands."""
        self.crowd.waits.append(at - self._sent[self._answers])
        self._answers += 1
        if self.crowd.going:
            self.move()

    def move(self) -> None:
        """Send the next command."""
        order_id, here, there = self.next()
        self.socket.say(
            b'{"type":"command","number":%d,"command":{"kind":"move_order","order_id":"%s",'
            b'"from_stage":"%s","to_stage":"%s"}}'
            % (self.number, order_id.encode(), here.encode(), there.encode())
        )

    def taken(self, _socket: Socket, payload: bytes) -> None:
        """A frame came: an answer, or news of others."""
        if payload.startswith(_RECEIPT):
            self.answered(now())
        elif payload.startswith((_REJECTED, _BUSY)):
            self.crowd.refused.append(payload[:300].decode())


class Crowd:
    """All operators."""

    def __init__(self) -> None:
        """Nobody works yet."""
        self.going = True
        self.waits: list[float] = []
        self.refused: list[str] = []


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Let all of them work for some seconds."""
    target, tenants, watchers = spec["target"], spec["tenants"], spec["watchers"]
    crowd = Crowd()
    movers = await _movers(spec, crowd)
    control = await Control.open(target) if target["control"] else None
    for mover in movers:
        for _ in range(spec["window"]):
            mover.move()
    await asyncio.sleep(spec["seconds"] / 4)
    begun, thread, own = (
        cpu_seconds(target["pid"]),
        main_thread_seconds(target["pid"]),
        cpu_seconds(os.getpid()),
    )
    told, start = await control.tell() if control else {}, now()
    crowd.waits.clear()
    await asyncio.sleep(spec["seconds"])
    elapsed, moves, waits = now() - start, len(crowd.waits), list(crowd.waits)
    spent = cpu_seconds(target["pid"]) - begun
    on_loop = main_thread_seconds(target["pid"]) - thread
    ours = cpu_seconds(os.getpid()) - own
    telling = await control.tell() if control else {}
    crowd.going = False
    if crowd.refused or not moves:
        raise RuntimeError(f"{len(crowd.refused)} refused, {moves} moved: {crowd.refused[:1]}")
    batches = telling.get("batches", 0) - told.get("batches", 0)
    return {
        "sockets": tenants * watchers,
        "moves_per_second": moves / elapsed,
        "moves_per_cpu_second": moves / spent,
        "cpu_ms_per_move": 1_000 * spent / moves,
        "loop_cpu_ms_per_move": 1_000 * on_loop / moves,
        "core_percent": 100 * spent / elapsed,
        "batch": (telling.get("commands", 0) - told.get("commands", 0)) / max(1, batches),
        "answer_p50_ms": 1_000 * quantile(waits, 0.5),
        "answer_p99_ms": 1_000 * quantile(waits, 0.99),
        "load_core_percent": 100 * ours / elapsed,
    }


async def _movers(spec: dict[str, Any], crowd: Crowd) -> list[Mover]:
    tenants, watchers = spec["tenants"], spec["watchers"]
    ours = spec["ours"]

    def ignore(socket: Socket, payload: bytes) -> None:
        """Not working yet."""

    sockets = await dial_many(spec["target"], tenants * watchers, ignore, lambda i: i // watchers)
    if ours:
        await settle(sockets, watch=spec["watch"], taken=ignore)
    kind: type[Mover] = Mover
    if spec.get("peer") == "tldraw sync":
        # It builds on us, so it cannot be known before.
        from tests.bench.load.tldraw import Pusher, greet  # noqa: PLC0415

        await greet(sockets, crowd)
        kind = Pusher
    movers = []
    for socket in sockets:
        tenant, at = divmod(socket.at, watchers)
        each = spec["orders"] // watchers
        ids = [order_id(tenant, at * each + i) for i in range(each)]
        mover = kind(socket, crowd, ids)
        socket.taken = mover.taken
        movers.append(mover)
    return movers
