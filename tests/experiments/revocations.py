"""X14: who is signed out hears nothing more: on the same node, on the other, without the bus."""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal, get_args

import httpx
import msgspec
from kanvoy_client.client import Client
from kanvoy_client.commands import SetPriority
from kanvoy_client.login import Cookie
from kanvoy_client.vocabulary import OrderId, Priority
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from protocols.closing import Close
from protocols.devices import DisplaySession, PairingView
from protocols.from_client import FromClient
from protocols.handshake import App, Hello, Wanted
from protocols.vocabulary import ClientId
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.experiments.two_nodes import Installation, installed
from tests.support.many_nodes import People, movable, version

Where = Literal["same node", "other node", "without the bus"]
How = Literal["signs out", "display revoked"]

BOUNDS: dict[Where, float] = {"same node": 0.25, "other node": 1.0, "without the bus": 10.0}
"""Seconds between the answer to a revocation and the last thing its socket hears, for 99 of 100."""

_OFFERED: dict[How, list[str]] = {
    "signs out": ["kanvoy.v1.json"],
    "display revoked": ["kanvoy.v1.json", "kanvoy.as.display"],
}
_WATCHED: dict[How, str] = {"signs out": "board", "display revoked": "display:hall"}

_AT_ONCE = 15
"""Sockets that wait for their end together; one person may have twenty on a node."""

_CHANGES_PER_SECOND = 15
"""What everybody hears meanwhile, so that whoever is forgotten hears it, too."""

_PATIENCE = 30.0
_PRIORITIES: tuple[Priority, ...] = (0, 1, 2, 3)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How one socket ended."""

    seed: int
    where: Where
    how: How
    code: int | None
    """None: it lives on."""
    seconds: float
    """From the answer to the revocation to the last frame or the close, whichever came later."""
    heard: int
    """Frames before the revocation was answered; none would prove nothing."""


class _Frame(msgspec.Struct, frozen=True):
    type: str


class Ear:
    """A socket that notes when it heard something, and with which code it ended."""

    def __init__(self, socket: ClientConnection) -> None:
        """Listen from now on."""
        self._socket = socket
        self.times: list[float] = []
        self.watching = asyncio.Event()
        self.over = asyncio.create_task(self._listen())

    async def _listen(self) -> int | None:
        try:
            async for message in self._socket:
                self.times.append(time.monotonic())
                match msgspec.json.decode(message, type=_Frame).type:
                    case "changes":
                        self.watching.set()
                    case "ping":
                        await self._socket.send('{"type":"pong"}')
        except ConnectionClosed:
            pass
        self.times.append(time.monotonic())
        return self._socket.close_code


class Trials:
    """One installation, somebody who works, and others who are shown out."""

    def __init__(self, installation: Installation, people: People, seed: int) -> None:
        """Begin with this seed."""
        self._installation, self._people = installation, people
        self._seeds = itertools.count(seed)
        self._tags = itertools.count()
        # Attempts under way count as failures until they succeed; five of one address are free.
        self._entering = asyncio.Semaphore(3)

    async def play(self, where: Where, count: int) -> list[Ended]:
        """So many revocations, some at a time."""
        ended: list[Ended] = []
        for start in range(0, count, _AT_ONCE):
            part = range(start, min(count, start + _AT_ONCE))
            ended += await asyncio.gather(*(self._play(where, next(self._seeds)) for _ in part))
        return ended

    async def _play(self, where: Where, seed: int) -> Ended:
        dice = random.Random(seed)
        how: How = dice.choice(get_args(How))
        nodes = self._installation.nodes
        here = dice.randrange(len(nodes))
        there = here if where == "same node" else 1 - here
        async with AsyncExitStack() as stack:
            asking = await stack.enter_async_context(self._http(nodes[here].port))
            async with self._entering:
                victim, revoke = await self._victim(asking, how)
            ear = await stack.enter_async_context(self._listening(nodes[there].port, victim, how))
            async with asyncio.timeout(_PATIENCE):
                await ear.watching.wait()
            answer = await asking.send(revoke)
            assert answer.status_code == 204, answer.text
            answered, heard = time.monotonic(), len(ear.times)
            await asyncio.wait([ear.over], timeout=_PATIENCE)
            code = ear.over.result() if ear.over.done() else None
            seconds = max(0.0, ear.times[-1] - answered)
        return Ended(seed=seed, where=where, how=how, code=code, seconds=seconds, heard=heard)

    def _http(self, port: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"origin": self._people.address},
            trust_env=False,
            timeout=_PATIENCE,
        )

    async def _victim(self, asking: httpx.AsyncClient, how: How) -> tuple[Cookie, httpx.Request]:
        """Somebody signed in, and the request that ends it."""
        if how == "signs out":
            nancy = await self._people.sign_in("nancy")
            return nancy, asking.build_request("DELETE", "/v1/session", headers=_signed(nancy))
        owner = _signed(self._people.cookies["andrew"])
        name, display = await self._display(asking, owner)
        listed = (await asking.get("/v1/devices", headers=owner)).json()["items"]
        device = next(each["id"] for each in listed if each["name"] == name)
        return display, asking.build_request("DELETE", f"/v1/devices/{device}", headers=owner)

    async def _display(
        self, asking: httpx.AsyncClient, signed: dict[str, str]
    ) -> tuple[str, Cookie]:
        """A display that came in with a code, and the name it is listed by."""
        asked = {"kind": "display", "view_id": "hall"}
        made = await asking.post("/v1/pairings", json=asked, headers=signed)
        pairing = msgspec.json.decode(made.content, type=PairingView)
        claim = {"code": pairing.code, "name": f"Display {next(self._tags)}"}
        came = await asking.post("/v1/pairings/claim", json=claim)
        assert came.status_code == 201, came.text
        session = msgspec.json.decode(came.content, type=DisplaySession)
        cookie = came.headers["set-cookie"].split(";")[0]
        asking.cookies.clear()
        return claim["name"], Cookie(cookie=cookie, csrf=session.csrf, origin=self._people.address)

    @asynccontextmanager
    async def _listening(self, port: int, who: Cookie, how: How) -> AsyncIterator[Ear]:
        """A socket on this node that watches what whoever it is may watch."""
        async with dial(
            f"ws://127.0.0.1:{port}/v1/realtime",
            origin=Origin(who.origin),
            subprotocols=[Subprotocol(each) for each in _OFFERED[how]],
            additional_headers={"cookie": who.cookie},
            compression=None,
            max_size=None,
            proxy=None,
        ) as socket:
            hello: FromClient = Hello(
                protocol=(1, 1),
                client_id=ClientId(f"listener-{next(self._tags)}"),
                app=App(kind="sdk"),
                csrf=who.csrf,
                subscriptions=[Wanted(channel=_WATCHED[how])],
            )
            await socket.send(msgspec.json.encode(hello).decode())
            ear = Ear(socket)
            try:
                yield ear
            finally:
                ear.over.cancel()


def _signed(cookie: Cookie) -> dict[str, str]:
    return {"cookie": cookie.cookie, "x-kanvoy-csrf": cookie.csrf}


async def _work(client: Client, orders: list[OrderId], seed: int) -> None:
    """Change something all the time, until cancelled."""
    dice = random.Random(seed)
    while True:
        order_id = dice.choice(orders)
        command = SetPriority(order_id=order_id, priority=dice.choice(_PRIORITIES))
        client.issue(command, base_version=version(client, order_id))
        await asyncio.sleep(1 / _CHANGES_PER_SECOND)


def judged(ended: Sequence[Ended], bounds: dict[Where, float] = BOUNDS) -> list[Finding]:
    """Whoever was not shown out, and for each place whether 99 of 100 were in time."""
    found: list[Finding] = []
    for one in ended:
        if one.code is None:
            found.append(Finding(one.seed, f"{one.where}, {one.how}: still connected"))
        elif one.code != Close.REVOKED:
            found.append(Finding(one.seed, f"{one.where}, {one.how}: closed with {one.code}"))
        if not one.heard:
            found.append(Finding(one.seed, f"{one.where}, {one.how}: had heard nothing before"))
    for where, bound in bounds.items():
        late = [one for one in ended if one.where == where and one.seconds > bound]
        if len(late) > sum(one.where == where for one in ended) // 100:
            found += [
                Finding(one.seed, f"{where}, {one.how}: heard after {one.seconds:.2f} s")
                for one in late
            ]
    return found


async def played(request: Request) -> list[Ended]:
    """A third of the revocations at each place; the bus ends before the last third."""
    async with installed() as installation, AsyncExitStack() as stack:
        people = People(installation.address, stack)
        worker = await people.client("andrew")
        orders = movable(worker)[:24]
        working = asyncio.create_task(_work(worker, orders, request.seed))
        trials = Trials(installation, people, request.seed)
        ended: list[Ended] = []
        for at, where in enumerate(get_args(Where)):
            if where == "without the bus":
                await asyncio.to_thread(installation.valkey.close)
            ended += await trials.play(where, (request.count + at) // 3)
        assert not working.done(), working
        working.cancel()
        return ended


def run(request: Request) -> Result:
    """So many revocations while everybody is told of changes."""
    ended = asyncio.run(played(request))
    counts = {"revocations": len(ended)}
    for where in get_args(Where):
        seconds = [one.seconds for one in ended if one.where == where]
        counts[f"ms p99 {where}"] = round(1_000 * p99(seconds))
    return Result(counts=counts, bad="late", findings=tuple(judged(ended)))


def p99(seconds: list[float]) -> float:
    """The time within which 99 of 100 were; 0 of none."""
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else max(seconds, default=0)


X14 = Experiment(name="X14", title="revocations", counts={"pr": 100, "release": 1_000}, run=run)
