"""X2 and X4: operators on two nodes over a bad road; one journal must explain what they saw."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from kanvoy_client.client import Client
from kanvoy_client.commands import SetPriority
from kanvoy_client.from_server import Receipt, Rejected
from kanvoy_client.rejections import Stale
from kanvoy_client.vocabulary import AggregateId, OrderId, Priority, Version

from tests.experiments.history import History, Refused, Shown, Written, anomalies
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.two_nodes import Installation, installed
from tests.support.many_nodes import People, movable, version

_CLIENTS = 8
_ORDERS = 24
_AT_ONCE = 4
"""Commands that one client has under way."""

_TORN = 0.3
"""The share of connections that break each time the road is torn; their answers are lost."""

_PATIENCE = 60.0
_PRIORITIES: tuple[Priority, ...] = (0, 1, 2, 3)

Fault = Callable[[Installation, random.Random], Awaitable[None]]


More = Callable[[], bool]
"""Whether another command is to be asked."""


class Tally:
    """So many commands, and no more."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.asked = wanted, 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked <= self.wanted


async def play(request: Request, more: More, fault: Fault, every: float) -> History:
    """Let everybody work as long as there is more to ask; faults come at their pace."""
    dice = random.Random(request.seed)
    async with installed() as installation, AsyncExitStack() as stack:
        people = People(installation.address, stack)
        clients = [await people.client() for _ in range(_CLIENTS)]
        orders = movable(clients[0])[:_ORDERS]
        history = History(first={each: version(clients[0], each) for each in orders})
        faults = asyncio.create_task(_every(every, fault, installation, dice))
        works = [
            _work(client, f"client-{at}", orders, history, more, _dice(request.seed, at, turn))
            for at, client in enumerate(clients)
            for turn in range(_AT_ONCE)
        ]
        try:
            await asyncio.gather(*works)
        finally:
            faults.cancel()
        for node in installation.nodes:
            if not node.is_up:
                await asyncio.to_thread(node.start)
        await _calm(clients, orders, history)
        return history


def _dice(*seeds: int) -> random.Random:
    return random.Random(str(seeds))


async def _every(
    seconds: float, fault: Fault, installation: Installation, dice: random.Random
) -> None:
    while True:
        await asyncio.sleep(seconds)
        await fault(installation, dice)


async def _work(
    client: Client,
    name: str,
    orders: list[OrderId],
    history: History,
    more: More,
    dice: random.Random,
) -> None:
    while more():
        order_id = dice.choice(orders)
        # While a board is fetched anew, nobody looks at it.
        await client.watch("board")
        base = version(client, order_id)
        history.shown.append(Shown(client=name, order_id=order_id, version=base))
        begun = time.monotonic()
        command = SetPriority(order_id=order_id, priority=dice.choice(_PRIORITIES))
        number = client.issue(command, base_version=base)
        try:
            async with asyncio.timeout(_PATIENCE):
                verdict = await client.verdict(number)
        except TimeoutError:
            history.unanswered += 1
            continue
        _note(history, verdict, name, order_id, base, begun)


def _note(
    history: History,
    verdict: Receipt | Rejected,
    name: str,
    order_id: OrderId,
    base: Version,
    begun: float,
) -> None:
    if isinstance(verdict, Receipt):
        if verdict.outcome == "applied":
            written = Written(
                client=name,
                number=verdict.number,
                order_id=order_id,
                version=verdict.versions[AggregateId(order_id)],
                begun=begun,
                ended=time.monotonic(),
            )
            history.written.append(written)
        return
    rejection = verdict.rejection
    assert isinstance(rejection, Stale), rejection
    current = rejection.current_version
    history.refused.append(Refused(order_id=order_id, base=base, current=current))


async def _calm(clients: list[Client], orders: list[OrderId], history: History) -> None:
    """Faults have ended: wait until everybody shows the same, and note what that is."""
    until = time.monotonic() + _PATIENCE
    newest: dict[str, int] = dict(history.first)
    for each in history.written:
        newest[each.order_id] = max(newest[each.order_id], each.version)
    while time.monotonic() < until:
        await asyncio.gather(*(client.watch("board") for client in clients))
        shown = [{each: version(client, each) for each in orders} for client in clients]
        if all(one == shown[0] for one in shown) and all(
            shown[0][each] >= newest[each] for each in orders
        ):
            break
        await asyncio.sleep(0.1)
    history.last = {each: version(clients[0], each) for each in orders}
    for at, client in enumerate(clients):
        for each in orders:
            seen = version(client, each)
            history.shown.append(Shown(client=f"client-{at}", order_id=each, version=seen))


async def _tear(installation: Installation, dice: random.Random) -> None:
    installation.road.tear(dice, _TORN)


class Kills:
    """Every other fault kills a node, and starts the one before again; some empty the bus."""

    def __init__(self) -> None:
        self.nodes = self.flushes = 0

    async def __call__(self, installation: Installation, dice: random.Random) -> None:
        """One fault."""
        await _tear(installation, dice)
        for node in installation.nodes:
            if not node.is_up:
                await asyncio.to_thread(node.start)
                return
        node = installation.nodes[self.nodes % 2]
        await asyncio.to_thread(node.kill)
        self.nodes += 1
        if dice.random() < 1 / 3:
            installation.valkey.empty()
            self.flushes += 1


def _found(history: History, seed: int) -> tuple[Finding, ...]:
    return tuple(Finding(seed, what) for what in anomalies(history))


def run_x2(request: Request) -> Result:
    """So many commands over a road that is torn four times a second."""
    history = asyncio.run(play(request, Tally(request.count), _tear, 0.25))
    return Result(
        counts={
            "ops": request.count,
            "applied": len(history.written),
            "stale": len(history.refused),
            "shown": len(history.shown),
        },
        bad="anomalies",
        findings=_found(history, request.seed),
    )


def run_x4(request: Request) -> Result:
    """So many kills of nodes under load."""
    kills = Kills()
    history = asyncio.run(play(request, lambda: kills.nodes < request.count, kills, 1.0))
    return Result(
        counts={
            "kills": kills.nodes,
            "flushes": kills.flushes,
            "applied": len(history.written),
            "stale": len(history.refused),
        },
        bad="lost, doubled or out of order",
        findings=_found(history, request.seed),
    )


X2 = Experiment(name="X2", title="black box", counts={"pr": 4_000, "release": 100_000}, run=run_x2)
X4 = Experiment(name="X4", title="kills", counts={"pr": 5, "release": 50}, run=run_x4)
