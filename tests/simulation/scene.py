"""A place where a schedule plays: nodes, clients and a network on one loop, and the judge."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from kanvoy_client._wire.from_server import Receipt
from kanvoy_client.codec import Codec

from protocols.vocabulary import Nonce, Number
from server.domain.actor import Actor
from tests.simulation.bus import LossyBus
from tests.simulation.divergence import Divergence
from tests.simulation.history import unsound
from tests.simulation.loop import SeededLoop
from tests.simulation.player import Player
from tests.simulation.process import Kit, Process
from tests.simulation.truth import Shown, TruthfulStore
from tests.support.nodes import TENANT, a_node, furnish

T = TypeVar("T")

_PATIENCE = 400
"""Looks until something must have come: 200 s of half seconds are longer than any back-off."""


class Parts(Kit, frozen=True, kw_only=True):
    """The classes a scene is built from; self-tests put a broken one in."""

    store: type[TruthfulStore] = TruthfulStore


class Scene:
    """Everything of one schedule but what happens in it."""

    def __init__(self, seed: int, parts: Parts, *, loss: float = 0.0, pace: float = 0.0) -> None:
        """Nothing happens before `play`."""
        self.seed = seed
        self.parts = parts
        self.chance = random.Random(seed)
        self.loop = SeededLoop(seed)
        self.loop.set_exception_handler(self._unheard)
        self.bus = LossyBus(self.chance, loss)
        self.pace = pace
        self.store = parts.store([TENANT], pause=self._pause)
        self.trouble: list[BaseException] = []
        self.processes: list[Process] = []
        self.players: list[Player] = []

    def play(self, script: Callable[[], Coroutine[None, None, T]]) -> T:
        """Furnish the tenant and run the script to its end; raises `Divergence`."""
        try:
            return self.loop.run_until_complete(self._furnished(script))
        finally:
            self._close()

    def start_process(self) -> Process:
        """One more node."""
        process = Process(self.store, self.bus, self.chance.getrandbits(32), self.parts)
        self.processes.append(process)
        return process

    def a_process(self) -> Process | None:
        """A living process, if there is one."""
        alive = [process for process in self.processes if not process.dead]
        return self.chance.choice(alive) if alive else None

    def invite(
        self, name: str, actor: Actor, channels: tuple[str, ...], codec: Codec = "json"
    ) -> Player:
        """One more client; it connects when told."""
        player = Player(self, name, actor, channels, codec)
        self.players.append(player)
        return player

    def watch(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Run something; what it raises ends the schedule."""
        task = self.loop.create_task(work)
        task.add_done_callback(self._done)
        return task

    def expected(self, nonce: Nonce, channel: str) -> Shown:
        """What a channel must show at a place of the journal."""
        return self.store.expected(TENANT, nonce, channel)

    async def until(
        self, met: Callable[[], bool], what: str = "what was waited for", *, every: float = 0.5
    ) -> None:
        """Let time pass until something holds; look every so many seconds."""
        for _ in range(_PATIENCE):
            self.look_for_trouble()
            if met():
                return
            await asyncio.sleep(every)
        raise Divergence(f"never came: {what}; {self._positions()}")

    async def quiet(self) -> None:
        """Faults have stopped: everybody must get everywhere. (P8)"""
        self.store.fail_before_commit = self.store.fail_after_commit = 0
        self.bus.loss = 0.0
        for process in self.processes:
            process.starve(0)
        settling = [self.watch(player.settle()) for player in self.players]
        await self.until(self._settled, "everybody at the head")
        for task in settling:
            task.cancel()

    def look_for_trouble(self) -> None:
        """Raise what failed anywhere since the last look."""
        bugs = [bug for process in self.processes for bug in process.bugs]
        for trouble in (*self.trouble, *bugs):
            if isinstance(trouble, Divergence):
                raise trouble
            raise Divergence(f"something failed: {trouble!r}") from trouble

    def judge(self) -> None:
        """P2, P3, P4 and P7, when all is said and done."""
        self._judge_answers()
        if not self.store.lost and (found := unsound(self.store.written(TENANT), self._asked())):
            raise Divergence(found)

    async def _furnished(self, script: Callable[[], Awaitable[T]]) -> T:
        node = a_node(self.store, seed=self.seed, fanout=self.bus.fanout())
        await furnish(node)
        await node.close()
        return await script()

    def _settled(self) -> bool:
        head = self.store.place(TENANT)
        return all(
            not player.outbox.pending()
            and player.cable is not None
            and all(
                channel.whole
                and channel.cursor is not None
                and (channel.cursor.epoch, channel.cursor.sequence) == (head.epoch, head.sequence)
                for channel in player.session.replica.channels.values()
            )
            for player in self.players
        )

    def _judge_answers(self) -> None:
        """Acknowledged is in the journal, once; everything has one answer."""
        written = self.store.by_command(TENANT)
        for player in self.players:
            for number, submit in player.submits.items():
                answer = player.answers.get(number)
                if answer is None:
                    raise Divergence(f"{player.name} {number} has no answer: {submit}")
                if self.store.lost:
                    continue
                rows = written.get((player.author, Number(number)), [])
                changed = isinstance(answer, Receipt) and answer.outcome == "applied"
                if changed != bool(rows) or (rows and len({r.at for r in rows}) != 1):
                    things = [(row.sequence, row.aggregate_id) for row in rows]
                    raise Divergence(f"{player.name} {number}: {answer} but rows {things}")

    def _asked(self) -> dict[tuple[str, int], object]:
        return {
            (player.author, number): submit
            for player in self.players
            for number, submit in player.submits.items()
        }

    async def _pause(self) -> None:
        if self.pace:
            await asyncio.sleep(self.chance.random() * self.pace)

    def _done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (trouble := task.exception()) is not None:
            self.trouble.append(trouble)

    def _unheard(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception that nobody awaited; tasks of dead processes may vanish without a word."""
        if (trouble := context.get("exception")) is not None:
            self.trouble.append(trouble)

    def _positions(self) -> str:
        return "; ".join(
            f"{p.name} pending {[s.number for s in p.outbox.pending()]}"
            f" {[(n, c.whole, c.cursor) for n, c in p.session.replica.channels.items()]}"
            for p in self.players
        )

    def _close(self) -> None:
        self.loop.set_exception_handler(lambda *_: None)
        for _ in range(2):
            # Once to cancel, once for those that caught it and wait again.
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.drain()
        self.loop.close()
