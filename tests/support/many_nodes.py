"""A filled installation and several people before it, for tests of several processes."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from kanvoy_client.channel import Key
from kanvoy_client.client import Client, connect
from kanvoy_client.commands import MoveOrder
from kanvoy_client.login import Cookie, sign_in
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.views import CardView
from kanvoy_client.vocabulary import AggregateId, ClientId, OrderId, StageId, Version

from server.demo_run import fill
from server.settings import Settings
from server.system import SystemClock

NEW, CONFIRMED = StageId("new"), StageId("confirmed")

PATIENCE = 20.0


def filled(folder: Path, database_url: str = "") -> None:
    """Play the demo's tenants into a database."""
    settings = Settings(data=folder, database_url=database_url)
    asyncio.run(fill(settings, SystemClock().now()))


@dataclass
class People:
    """Clients of one address, each with a socket of its own."""

    address: str
    stack: AsyncExitStack
    cookies: dict[str, Cookie] = field(default_factory=dict)

    async def client(self, name: str = "nancy") -> Client:
        """One more client, which shows the whole board."""
        client = await self.with_cookie(await self.sign_in(name), self.address)
        await client.watch("board")
        return client

    async def sign_in(self, name: str) -> Cookie:
        """Sign somebody of Northwind in."""
        email = f"{name}@northwind.example"
        self.cookies[name] = await sign_in(self.address, email=email, password="password")
        return self.cookies[name]

    async def with_cookie(
        self, cookie: Cookie, door: str, outbox: MemoryOutbox | None = None
    ) -> Client:
        """One more socket of somebody who is signed in."""
        outbox = outbox or MemoryOutbox(a_client_id())
        socket = f"{door.replace('http', 'ws')}/v1/realtime"
        return await self.stack.enter_async_context(connect(socket, cookie, outbox=outbox))


def a_client_id() -> ClientId:
    """An identity that nobody had before."""
    return ClientId(f"client-{time.monotonic_ns()}")


def movable(client: Client) -> list[OrderId]:
    """The cards that may go from new to confirmed, and back."""
    return [
        OrderId(key.id)
        for key, held in client.replica.channels["board"].items.items()
        if isinstance(held.view, CardView) and held.view.stage_id == NEW and not held.view.hold
    ]


def stage(client: Client, order_id: OrderId) -> StageId | None:
    """Where this client shows the card."""
    view = client.replica.view("board", Key("order", AggregateId(order_id)))
    return view.stage_id if isinstance(view, CardView) else None


def version(client: Client, order_id: OrderId) -> Version:
    """Which version of the card this client shows."""
    return client.replica.channels["board"].items[Key("order", AggregateId(order_id))].version


def a_move(order_id: OrderId, *, back: bool = False) -> MoveOrder:
    """One move of a card, or the way back."""
    here, there = (CONFIRMED, NEW) if back else (NEW, CONFIRMED)
    return MoveOrder(order_id=order_id, from_stage=here, to_stage=there)


def workers_of(pid: int) -> list[psutil.Process]:
    """The worker processes of a server, without their own children."""
    return [p for p in psutil.Process(pid).children() if "server.worker" in p.cmdline()]
