"""X8: a node is killed under thousands of screens; all come back and have missed nothing."""

import asyncio
import math
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

import uvloop
from kanvoy_client.client import Client, accepted, connect
from kanvoy_client.commands import SetPriority
from kanvoy_client.login import Bearer
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.vocabulary import AggregateId, ClientId, OrderId, Priority, Version

from protocols.closing import Close
from tests.bench.processes import raise_descriptors
from tests.bench.seed import order_id
from tests.experiments.crowd import Crowd
from tests.experiments.heard import Made, Place, Truth, anomalies
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.screens import Around, Screen
from tests.experiments.two_nodes import Installation, Node, installed
from tests.support.many_nodes import version

_PER_PERSON = 16
"""Sockets of one person; a node takes 20 (LM9), and some must not wait for others to be missed."""

_OPERATORS = 2
"""The road gives each a node of its own."""

_ORDERS = 40
_FRAMES_PER_SECOND = 20_000
"""That all screens take together while changes go on: they share one core of this machine."""

_FASTEST = 0.05
"""Seconds from one change to the next, when there are few screens."""

_AT_ONCE = 100
"""Screens that come in the morning; the next ones when these are whole, so that nobody is late."""

_CALM = 1.0
"""Seconds of changes that all hear, before the kill and after all are back."""

_PATIENCE = 120.0
_PRIORITIES: tuple[Priority, ...] = (0, 1, 2, 3)

Make = Callable[[int, str, Around], Screen]


class Operator:
    """Somebody who changes orders, and remembers what was acknowledged."""

    def __init__(self, client: Client, orders: list[OrderId], dice: random.Random) -> None:
        """Work on these orders; nobody else does."""
        self.client = client
        self.made: list[Made] = []
        self._orders, self._dice = orders, dice
        self._known: dict[OrderId, Version] = {}
        self._ends = False

    async def work(self, pause: float) -> None:
        """One change after the other, until told to end; returns with the last verdict."""
        while not self._ends:
            # While a board is fetched anew, nobody looks at it.
            await self.client.watch("board")
            await self._change(self._dice.choice(self._orders))
            await asyncio.sleep(pause)

    def end(self) -> None:
        """Let the change under way be the last one."""
        self._ends = True

    async def _change(self, order_id: OrderId) -> None:
        base = max(version(self.client, order_id), self._known.get(order_id, Version(0)))
        command = SetPriority(order_id=order_id, priority=self._dice.choice(_PRIORITIES))
        receipt = accepted(await self.client.submit(command, base_version=base))
        if receipt.outcome == "applied":
            made = receipt.versions[AggregateId(order_id)]
            self._known[order_id] = made
            self.made.append(Made(receipt.sequence, order_id, made))


class Storm:
    """One play: everybody comes, a node dies, everybody comes back."""

    def __init__(self, installation: Installation, request: Request, around: Around) -> None:
        """Nobody is there yet."""
        self.screens: list[Screen] = []
        self.operators: list[Operator] = []
        self.lost: list[Screen] = []
        """Those that were on the node that died."""
        self.lives: list[asyncio.Task[None]] = []
        self._installation, self._around = installation, around
        self._count, self._dice = request.count, around.dice

    async def come(self, make: Make, tokens: list[str], stack: AsyncExitStack) -> None:
        """Have the operators come, then the screens; returns when all are whole."""
        orders = [OrderId(order_id(0, at)) for at in range(_ORDERS)]
        owners = tokens[_OPERATORS:]
        socket = f"{self._installation.address.replace('http', 'ws')}/v1/realtime"
        for at in range(_OPERATORS):
            outbox = MemoryOutbox(ClientId(f"operator-{at}"))
            come = connect(socket, Bearer(token=tokens[at]), outbox=outbox)
            client = await stack.enter_async_context(come)
            await client.watch("board")
            self.operators.append(Operator(client, orders[at::_OPERATORS], self._dice))
        for start in range(0, self._count, _AT_ONCE):
            part = range(start, min(self._count, start + _AT_ONCE))
            await self._come_in([make(at, owners[at % len(owners)], self._around) for at in part])

    async def _come_in(self, screens: list[Screen]) -> None:
        self.screens += screens
        self.lives += [asyncio.create_task(each.live()) for each in screens]
        async with asyncio.timeout(_PATIENCE):
            await _until(lambda: all(each.whole_since is not None for each in screens))

    def head(self) -> Place:
        """Where the operators are."""
        channels = [each.client.replica.channels["board"] for each in self.operators]
        cursors = [channel.cursor for channel in channels if channel.cursor is not None]
        return Place(*max(cursors, key=lambda cursor: cursor.sequence))

    async def rage(self) -> float:
        """Kill a node under work and start it again; answers the seconds until all were back.

        Returns after two minutes whoever is missing: `calm` waits again, then the judge names them.
        """
        pause = max(_FASTEST, self._count / _FRAMES_PER_SECOND) * _OPERATORS
        works = [asyncio.create_task(each.work(pause)) for each in self.operators]
        await asyncio.sleep(_CALM)
        node = self._dice.choice(self._installation.nodes)
        self.lost = [each for each in self.screens if each.port == node.port]
        self._around.tally.clear()
        killed = time.monotonic()
        await asyncio.to_thread(node.kill)
        again = asyncio.create_task(_again(node))
        await self._patiently(lambda: all(_is_back(each, killed) for each in self.lost))
        await again
        await asyncio.sleep(_CALM)
        for each in self.operators:
            each.end()
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*works)
        # A missing one counts as still on its way.
        back = [each.whole_since or time.monotonic() for each in self.lost]
        return max(back, default=killed) - killed

    async def calm(self) -> Place:
        """Changes have ended: wait until everybody was told all; answers the head."""
        newest = max((made.sequence for each in self.operators for made in each.made), default=0)
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(each.client.seen("board", newest) for each in self.operators))
        head = self.head()
        await self._patiently(lambda: all(each.reached(head.sequence) for each in self.screens))
        return head

    def truth(self, first: int, head: Place) -> Truth:
        """The journal as the operators know it."""
        client = self.operators[0].client
        orders = [OrderId(order_id(0, at)) for at in range(_ORDERS)]
        return Truth(
            first=first,
            head=head,
            made=[made for each in self.operators for made in each.made],
            last={each: version(client, each) for each in orders},
        )

    async def _patiently(self, condition: Callable[[], bool]) -> None:
        """Wait for it; time that runs out is no exception, but something to be judged."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await _until(condition)

    async def leave(self) -> None:
        """Everybody goes. Raises what went wrong in a screen's own code."""
        for life in self.lives:
            life.cancel()
        for end in await asyncio.gather(*self.lives, return_exceptions=True):
            if isinstance(end, Exception):
                raise end


async def _until(condition: Callable[[], bool]) -> None:
    """Look twenty times a second: thousands of screens tell nobody when they are back."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def _again(node: Node) -> None:
    await asyncio.to_thread(node.start)


def _is_back(screen: Screen, since: float) -> bool:
    return screen.whole_since is not None and screen.whole_since > since


async def played(request: Request, make: Make = Screen) -> Result:
    """One storm, and what its screens heard."""
    raise_descriptors()
    crowd = Crowd(_OPERATORS + math.ceil(request.count / _PER_PERSON), _ORDERS)
    async with installed(crowd.fill) as installation, AsyncExitStack() as stack:
        around = Around([each.port for each in installation.nodes], random.Random(request.seed))
        storm = Storm(installation, request, around)
        try:
            await storm.come(make, crowd.tokens, stack)
            first = storm.head().sequence
            seconds = await storm.rage()
            head = await storm.calm()
            truth, tally = storm.truth(first, head), dict(around.tally)
            found = anomalies(truth, [each.heard for each in storm.screens])
        finally:
            await storm.leave()
    counts = {
        "sockets": request.count,
        "lost": len(storm.lost),
        "resumed": tally.get("resumed", 0),
        "snapshots": tally.get("snapshots", 0),
        "refused": tally.get(f"closed {Close.OVERLOADED:d}", 0),
        "changes": len(truth.made),
        "ms until all were whole": round(1_000 * seconds),
    }
    findings = tuple(Finding(request.seed, what) for what in found)
    return Result(counts=counts, bad="missing, doubled or lost", findings=findings)


def run(request: Request) -> Result:
    """One storm."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(played(request))


X8 = Experiment(
    name="X8", title="reconnect storm", counts={"pr": 1_000, "release": 10_000}, run=run
)
