"""Operators at work on two nodes while things break, and everything they saw."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
from kanvoy_client.client import Client
from kanvoy_client.commands import SetPriority
from kanvoy_client.errors import KanvoyError
from kanvoy_client.from_server import Receipt, Rejected
from kanvoy_client.login import Cookie
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.rejections import Stale
from kanvoy_client.views import CardView
from kanvoy_client.vocabulary import AggregateId, Number, OrderId, Priority

from tests.experiments.history import History, Read, Refused, Shown, Written
from tests.experiments.small_house import enter, fill
from tests.experiments.two_nodes import Installation, Node, installed
from tests.support.many_nodes import People, a_client_id, version

CLIENTS = 8

AT_ONCE = 24
"""Commands that one client has under way at most; those whose verdicts got lost are among them."""

LOST = 0.3
"""The share of the verdicts that the road keeps back."""

TORN = 0.3
"""The share of the connections that break each time the road is torn."""

_READ = 0.25
"""After so many of their own writes people look the order up, on whichever node."""

PATIENCE = 90.0
"""Seconds until everybody has every verdict and the same board once all faults have ended: a
client that lost several connections in a row waits up to 30 s for the next."""

_PRIORITIES: tuple[Priority, ...] = (0, 1, 2, 3)

More = Callable[[], bool]
"""Whether another command is to be asked."""

Trouble = Callable[[Installation], Awaitable[None]]
"""What breaks meanwhile; nothing is broken for good when it ends."""


class Remembering(MemoryOutbox):
    """Counts the verdicts that were given and got lost, as a `welcome` tells them."""

    lost = 0

    def skip_to(self, number: Number) -> None:
        """What the server has answered and we have no answer to will be asked again."""
        self.lost += sum(each.number <= number for each in self.pending())
        super().skip_to(number)


class _Order(msgspec.Struct):
    version: int


class Reader:
    """Looks orders up over HTTP, past the road, on any node."""

    def __init__(self, nodes: list[Node], cookie: Cookie, history: History) -> None:
        self._nodes, self._history = nodes, history
        self._http = httpx.AsyncClient(
            headers={"cookie": cookie.cookie}, trust_env=False, timeout=PATIENCE
        )

    async def read(self, order_id: OrderId, node: Node) -> Read | None:
        """Note what a node shows; nothing when nobody answered, or it was too busy to."""
        begun = time.monotonic()
        address = f"http://127.0.0.1:{node.port}/v1/orders/{order_id}"
        try:
            answer = await self._http.get(address)
        except httpx.TransportError:
            return None
        if answer.status_code != httpx.codes.OK:
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                said = f"{node.name} answered GET {order_id} with {answer.status_code}"
                self._history.faults.append(f"{said}: {answer.text[:200]}")
            return None
        shown = msgspec.json.decode(answer.content, type=_Order).version
        ended = time.monotonic()
        read = Read(node=node.name, order_id=order_id, version=shown, begun=begun, ended=ended)
        self._history.reads.append(read)
        return read

    async def any(self, order_id: OrderId, dice: random.Random) -> None:
        """Read on a node drawn by lot."""
        await self.read(order_id, dice.choice(self._nodes))

    async def close(self) -> None:
        """Ask no more."""
        await self._http.aclose()


class Operator:
    """One client, and the several things it does at once."""

    def __init__(self, name: str, client: Client, reader: Reader, history: History) -> None:
        self.name, self.client = name, client
        self._reader, self._history = reader, history
        self._made: dict[OrderId, int] = {}
        """The newest version of each order that we made and were shown."""

    async def work(self, orders: list[OrderId], more: More, dice: random.Random) -> None:
        """Change one order after the other, each as it is shown."""
        try:
            while more():
                await self._change(dice.choice(orders), dice)
        except KanvoyError as end:
            self._history.faults.append(f"{self.name} gave up: {end!r}")

    async def look(self, orders: list[OrderId]) -> None:
        """Note what the board shows."""
        # While a board is fetched anew, nobody looks at it.
        await self.client.watch("board")
        for order_id in orders:
            self._see(order_id)

    async def _change(self, order_id: OrderId, dice: random.Random) -> None:
        await self.client.watch("board")
        base = self._see(order_id)
        begun = time.monotonic()
        command = SetPriority(order_id=order_id, priority=dice.choice(_PRIORITIES))
        verdict = await self.client.verdict(self.client.issue(command, base_version=base))
        if isinstance(verdict, Rejected):
            self._refused(verdict, order_id, base)
        elif verdict.outcome == "applied":
            await self._wrote(verdict, order_id, begun, dice)

    def _see(self, order_id: OrderId) -> int:
        shown = version(self.client, order_id)
        least = self._made.get(order_id, 0)
        self._history.shown.append(
            Shown(client=self.name, order_id=order_id, version=shown, least=least)
        )
        return shown

    async def _wrote(
        self, receipt: Receipt, order_id: OrderId, begun: float, dice: random.Random
    ) -> None:
        made = receipt.versions[AggregateId(order_id)]
        self._history.written.append(
            Written(
                client=self.name,
                number=receipt.number,
                order_id=order_id,
                version=made,
                begun=begun,
                ended=time.monotonic(),
            )
        )
        if dice.random() < _READ:
            await self._reader.any(order_id, dice)
        await self.client.seen("board", receipt.sequence)
        self._made[order_id] = max(self._made.get(order_id, 0), made)

    def _refused(self, verdict: Rejected, order_id: OrderId, base: int) -> None:
        match verdict.rejection:
            case Stale(current_version=current):
                refused = Refused(order_id=order_id, base=base, current=current)
                self._history.refused.append(refused)
            case other:
                self._history.faults.append(f"{self.name} was refused {order_id}: {other}")


async def play(seed: int, more: More, trouble: Trouble) -> History:
    """Let everybody work as long as there is more to ask, while things break.

    When the trouble has ended, everything is up and the road loses nothing, everybody must come
    to all their verdicts and to the same board.
    """
    async with installed(fill, seed=seed, lost=LOST) as installation, AsyncExitStack() as stack:
        people = People(installation.address, stack)
        cookie = await enter(installation.address)
        outboxes = [Remembering(a_client_id()) for _ in range(CLIENTS)]
        clients = [await people.with_cookie(cookie, people.address, each) for each in outboxes]
        await asyncio.gather(*(client.watch("board") for client in clients))
        orders = _cards(clients[0])
        history = History(first={each: version(clients[0], each) for each in orders})
        reader = Reader(installation.nodes, cookie, history)
        stack.push_async_callback(reader.close)
        operators = [
            Operator(f"client-{at}", client, reader, history) for at, client in enumerate(clients)
        ]
        works = [
            asyncio.create_task(operator.work(orders, more, _dice(seed, at, turn)))
            for at, operator in enumerate(operators)
            for turn in range(AT_ONCE)
        ]
        await _while_troubled(asyncio.ensure_future(trouble(installation)), works)
        installation.road.mend()
        history.unanswered = await _ended(works)
        await _calm(operators, orders, history)
        await _compare(installation.nodes, reader, orders, history)
        history.dropped = installation.road.dropped
        history.asked_again = sum(each.lost for each in outboxes)
        for node in installation.nodes:
            node.kill()
            history.faults += node.faults
        return history


def _cards(client: Client) -> list[OrderId]:
    channel = client.replica.channels["board"]
    return [OrderId(k.id) for k, held in channel.items.items() if isinstance(held.view, CardView)]


def _dice(*seeds: int) -> random.Random:
    return random.Random(str(seeds))


async def _while_troubled(trouble: asyncio.Future[None], works: list[asyncio.Task[None]]) -> None:
    """Return when the trouble has ended, or everybody has; raise what either of them raised."""
    either: list[asyncio.Future[Any]] = [trouble, asyncio.gather(*works)]
    done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if trouble not in done:
        trouble.cancel()
    for each in done:
        each.result()


async def _ended(works: list[asyncio.Task[None]]) -> int:
    """Wait for everybody; how many never came to their verdict."""
    done, waiting = await asyncio.wait(works, timeout=PATIENCE)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for each in done:
        each.result()
    return len(waiting)


async def _calm(operators: list[Operator], orders: list[OrderId], history: History) -> None:
    """Wait until everybody shows the same, and note what that is."""
    until = time.monotonic() + PATIENCE
    newest: dict[str, int] = dict(history.first)
    for each in history.written:
        newest[each.order_id] = max(newest[each.order_id], each.version)
    while time.monotonic() < until:
        await asyncio.gather(*(each.client.watch("board") for each in operators))
        shown = [{each: version(one.client, each) for each in orders} for one in operators]
        if all(one == shown[0] for one in shown) and all(
            shown[0][each] >= newest[each] for each in orders
        ):
            break
        await asyncio.sleep(0.1)
    for operator in operators:
        await operator.look(orders)
    history.last = {each: version(operators[0].client, each) for each in orders}


async def _compare(
    nodes: list[Node], reader: Reader, orders: list[OrderId], history: History
) -> None:
    """All screens and all nodes must show what the first one does."""
    for shown in history.shown[-CLIENTS * len(orders) :]:
        if shown.version != history.last[shown.order_id]:
            history.faults.append(f"{shown.order_id}: {shown.client} is left at {shown.version}")
    for node in nodes:
        for order_id in orders:
            read = await reader.read(order_id, node)
            if read is None:
                history.faults.append(f"{order_id}: {node.name} does not answer any more")
            elif read.version != history.last[order_id]:
                history.faults.append(f"{order_id}: {node.name} is left at {read.version}")
