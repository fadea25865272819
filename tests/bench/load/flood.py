"""One tenant asks for all it can get, another works as always: what the other one notices."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from tests.bench.load.sockets import Socket, dial_many, now, quantile, settle
from tests.bench.processes import cpu_seconds
from tests.bench.seed import order_id

FLOOD, HOUSE = 0, 1
"""The tenants: the one that floods, and the one that is watched."""

_TURN_SECONDS = 0.1
_FRAMES = 9
"""Frames of each socket in a turn: a tenth more closes it (LM6)."""

_WINDOW = 24
"""Commands without answer of each socket: 32 are granted (LM5)."""

_LATE_TURNS = 100
"""How long answers are waited for that did not come in the time itself."""

_BULK = 500
_RECEIPT, _BUSY, _REJECTED = b'{"type":"receipt"', b'{"type":"busy"', b'{"type":"rejected"'
_STAGES = (b"new", b"confirmed")


class _Busy(msgspec.Struct):
    number: int
    retry_ms: int


_busy = msgspec.json.Decoder(_Busy).decode


def move(ids: list[str], at: int) -> bytes:
    """The so manyth move of these cards: all to the second stage, then all back, and again."""
    turn, place = divmod(at, len(ids))
    return b'{"kind":"move_order","order_id":"%b","from_stage":"%b","to_stage":"%b"}' % (
        ids[place].encode(),
        _STAGES[turn % 2],
        _STAGES[1 - turn % 2],
    )


class Flooder:
    """A socket that asks for as much as it is granted, and waits only as long as it is told."""

    def __init__(self, socket: Socket, crowd: "Crowd", ids: list[str]) -> None:
        """Ask about these cards."""
        self._socket = socket
        self._crowd = crowd
        self._ids = ids
        self._number = 0
        self._answered = 0
        self._paused_until = 0.0
        self._turns = 0
        self._begins = {1: 0}
        """The number of a command → how many moves of ours come before it."""
        socket.taken = self.taken

    def taken(self, _socket: Socket, payload: bytes) -> None:
        """An answer, or news."""
        if payload.startswith(_BUSY):
            busy = _busy(payload)
            self._crowd.refused += 1
            self._number = busy.number - 1
            self._paused_until = now() + busy.retry_ms / 1_000
        elif payload.startswith(_RECEIPT):
            self._answered += 1
            self._crowd.answered += 1
            self._crowd.moved += self._begins[self._answered + 1] - self._begins[self._answered]
        elif payload.startswith(_REJECTED):
            raise RuntimeError(f"the flood moves cards that are not there: {payload[:200]!r}")

    def turn(self, kind: str) -> None:
        """Send what may be sent within a tenth of a second."""
        self._turns += 1
        left = _FRAMES
        while left and now() >= self._paused_until and self._number - self._answered < _WINDOW:
            self._number += 1
            self._socket.say(self._bulk() if kind == "bulks" else self._command())
            left -= 1
        if kind == "everything":
            for at in range(left):
                self._socket.say(self._noise(at))

    def _command(self) -> bytes:
        moves = self._moves(1)
        return b'{"type":"command","number":%d,"command":%b}' % (self._number, *moves)

    def _bulk(self) -> bytes:
        items = b",".join(b'{"command":%b}' % move for move in self._moves(_BULK))
        return b'{"type":"command","number":%d,"command":{"kind":"run_bulk","items":[%b]}}' % (
            self._number,
            items,
        )

    def _moves(self, count: int) -> list[bytes]:
        """Move our cards to and fro; what is sent again under a number is the same."""
        begin = self._begins[self._number]
        self._begins[self._number + 1] = begin + count
        return [move(self._ids, at) for at in range(begin, begin + count)]

    def _noise(self, at: int) -> bytes:
        """What costs the sender nothing: each makes the server read or write."""
        if at % 3 == 0:
            return b'{"type":"acknowledge","number":%d}' % self._answered
        card = self._ids[(self._turns + at) % len(self._ids)].encode()
        if at % 3 == 1:
            return b'{"type":"subscribe","wanted":{"channel":"order:%b","cursor":null}}' % card
        card = self._ids[(self._turns + at - 1) % len(self._ids)].encode()
        return b'{"type":"unsubscribe","channel":"order:%b"}' % card


class Worker:
    """A socket of the watched tenant: moves its own cards at the clock's pace."""

    def __init__(self, socket: Socket, crowd: "Crowd", ids: list[str]) -> None:
        """Move these."""
        self._socket = socket
        self._crowd = crowd
        self._ids = ids
        self._number = 0
        self._sent: list[tuple[float, float]] = []
        self._answers = 0
        socket.taken = self.taken

    def move(self, due: float) -> None:
        """Send the next move; it was due at that moment, however late we are."""
        self._number += 1
        self._sent.append((due, cpu_seconds(self._crowd.pid)))
        self._socket.say(
            b'{"type":"command","number":%d,"command":%b}'
            % (self._number, move(self._ids, self._number - 1))
        )

    def taken(self, _socket: Socket, payload: bytes) -> None:
        """An answer: note how long it took."""
        if payload.startswith(_RECEIPT):
            due, cpu = self._sent[self._answers]
            self._crowd.waits.append(now() - due)
            self._crowd.work.append(cpu_seconds(self._crowd.pid) - cpu)
            self._answers += 1
        elif payload.startswith((_REJECTED, _BUSY)):
            raise RuntimeError(f"the watched tenant was refused: {payload[:200]!r}")


class Crowd:
    """What both tenants saw."""

    def __init__(self, pid: int) -> None:
        """Nothing yet, of the server in this process."""
        self.pid = pid
        self.waits: list[float] = []
        self.work: list[float] = []
        """CPU seconds of the server from a move to its answer: other programs do not show."""
        self.answered = self.refused = self.moved = 0


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """A quiet time, then one with a flood, on the same sockets."""
    crowd = Crowd(spec["target"]["pid"])
    workers = await _sockets(spec, crowd, HOUSE, spec["workers"], Worker)
    flooders = await _sockets(spec, crowd, FLOOD, spec["flooders"], Flooder)
    quiet = await _for_a_while(spec, crowd, workers, flooders, "")
    beset = await _for_a_while(spec, crowd, workers, flooders, spec["kind_of_flood"])
    return {"quiet": quiet, "beset": beset}


Made = Callable[[Socket, Crowd, list[str]], Any]


async def _sockets(
    spec: dict[str, Any], crowd: Crowd, tenant: int, count: int, made: Made
) -> list[Any]:
    def ignore(socket: Socket, payload: bytes) -> None:
        """Not working yet."""

    # Numbered anew for the second tenant: a client's id is bound to its person.
    first = 0 if tenant == HOUSE else 10_000
    sockets = await dial_many(spec["target"], count, ignore, lambda _: tenant, first=first)
    await settle(sockets, watch=True, taken=ignore)
    each = spec["orders"] // count
    return [
        made(socket, crowd, [order_id(tenant, at * each + i) for i in range(each)])
        for at, socket in enumerate(sockets)
    ]


async def _for_a_while(
    spec: dict[str, Any], crowd: Crowd, workers: list[Any], flooders: list[Any], kind: str
) -> dict[str, Any]:
    """The watched tenant works at its rate; the other one floods when there is a kind of it."""
    flooding = asyncio.create_task(_flood(flooders, kind)) if kind else None
    crowd.waits.clear()
    crowd.work.clear()
    crowd.answered = crowd.refused = crowd.moved = 0
    seconds, rate = spec["seconds"], spec["rate"]
    start, cpu, sent = now(), cpu_seconds(spec["target"]["pid"]), 0
    while (passed := now() - start) < seconds:
        while sent < int(passed * rate):
            workers[sent % len(workers)].move(start + (sent + 1) / rate)
            sent += 1
        await asyncio.sleep(max(0.0, start + (sent + 1) / rate - now()))
    elapsed, spent = now() - start, cpu_seconds(spec["target"]["pid"]) - cpu
    flood = {
        "flood_answers_per_second": crowd.answered / elapsed,
        "flood_moves_per_second": crowd.moved / elapsed,
        "flood_refused_per_second": crowd.refused / elapsed,
    }
    for _ in range(_LATE_TURNS):
        if len(crowd.waits) == sent:
            break
        await asyncio.sleep(_TURN_SECONDS)
    if flooding is not None:
        flooding.cancel()
    return {
        "p50_ms": 1_000 * quantile(crowd.waits, 0.5),
        "p99_ms": 1_000 * quantile(crowd.waits, 0.99),
        "work_p50_ms": 1_000 * quantile(crowd.work, 0.5),
        "work_p99_ms": 1_000 * quantile(crowd.work, 0.99),
        "answers": len(crowd.waits) / max(1, sent),
        "core_percent": 100 * spent / elapsed,
    } | flood


async def _flood(flooders: list[Flooder], kind: str) -> None:
    """All sockets, spread over each tenth of a second."""
    pause = _TURN_SECONDS / len(flooders)
    due = now()
    while True:
        for flooder in flooders:
            flooder.turn(kind)
            due += pause
            # A load that falls behind is not made up for: its frames would come all at once.
            due = max(due, now() - _TURN_SECONDS)
            await asyncio.sleep(max(0.0, due - now()))
