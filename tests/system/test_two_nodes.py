"""Two nodes on PostgreSQL and Valkey, as processes of their own, behind a door."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio
from kanvoy_client.client import Client, accepted
from kanvoy_client.errors import Stopped
from kanvoy_client.vocabulary import OrderId

from protocols.closing import Close
from server.demo.engines.postgres import Postgres
from server.demo.engines.valkey import Valkey
from server.demo.proxy import Door
from tests.support.many_nodes import (
    CONFIRMED,
    NEW,
    People,
    a_move,
    filled,
    movable,
    stage,
    version,
)
from tests.support.process import Running, free_port, running
from tests.support.rules import rule

pytestmark = [
    pytest.mark.system,
    pytest.mark.postgres,
    pytest.mark.valkey,
    pytest.mark.asyncio,
    pytest.mark.timeout(300),
]


@dataclass
class Nodes:
    """Both nodes, and the address of the door before them."""

    one: Running
    two: Running
    door: str


@pytest.fixture(scope="module")
def database_url(
    postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    database = postgres_server.databases.create()
    filled(tmp_path_factory.mktemp("filling"), database.url)
    yield database.url
    postgres_server.databases.drop(database)


@pytest.fixture
def nodes(database_url: str, valkey: Valkey, tmp_path: Path) -> Iterator[Nodes]:
    door = f"http://127.0.0.1:{free_port()}"
    settings = {
        "KANVOY_DATABASE_URL": database_url,
        "KANVOY_REDIS_URL": valkey.url,
        "KANVOY_DATA": str(tmp_path / "shared"),
        "KANVOY_DRAIN_SECONDS": "1",
        "KANVOY_ORIGINS": door,
        "KANVOY_LOG_FORMAT": "json",
    }
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    # At once, because each takes seconds.
    with ExitStack() as stack, ThreadPoolExecutor(len(folders)) as aside:
        started = [running("serve", folder=folder, **settings) for folder in folders]
        one, two = aside.map(stack.enter_context, started)
        yield Nodes(one, two, door)


@pytest_asyncio.fixture
async def people(nodes: Nodes) -> AsyncIterator[People]:
    """Whoever comes through the door; its turn begins with node one."""
    ports = [int(each.address.rsplit(":", 1)[1]) for each in (nodes.one, nodes.two)]
    listening = socket.create_server(("127.0.0.1", int(nodes.door.rsplit(":", 1)[1])))
    door = Door(ports)
    await door.open([listening])
    async with AsyncExitStack() as stack:
        yield People(nodes.door, stack)
    await door.close()


async def one_on_each(nodes: Nodes, people: People) -> tuple[Client, Client]:
    """A client whose socket is on node one, and one whose socket is on node two."""
    cookie = await people.sign_in("nancy")
    found: dict[int, Client] = {}
    for _ in range(10):
        before = sockets_of(nodes.one)
        client = await people.with_cookie(cookie, people.address)
        await client.watch("board")
        found.setdefault(1 if sockets_of(nodes.one) > before else 2, client)
        if len(found) == 2:
            return found[1], found[2]
    raise AssertionError("the door gave everybody the same node")


def sockets_of(node: Running) -> int:
    port = int(node.address.rsplit(":", 1)[1])
    connections = psutil.Process(node.process.pid).net_connections("tcp")
    return sum(c.status == "ESTABLISHED" and c.laddr.port == port for c in connections)


@rule("MN13")
async def test_a_move_through_one_node_is_seen_on_the_other(nodes: Nodes, people: People) -> None:
    here, there = await one_on_each(nodes, people)
    order_id = movable(here)[0]

    # Less than a head-beat each: the hint brought them. The first one may still meet a bus that
    # is being joined.
    delays = []
    for turn in range(6):
        move = a_move(order_id, back=bool(turn % 2))
        receipt = accepted(await here.submit(move, base_version=version(here, order_id)))
        begun = time.monotonic()
        await here.seen("board", receipt.sequence)
        await there.seen("board", receipt.sequence)
        delays.append(time.monotonic() - begun)

    assert stage(there, order_id) == NEW
    assert sorted(delays)[3] < 0.25


@rule("MN13")
async def test_who_was_on_a_node_that_was_killed_goes_on_on_the_other(
    nodes: Nodes, people: People
) -> None:
    here, there = await one_on_each(nodes, people)
    orders = movable(here)[:12]
    versions = {order_id: version(here, order_id) for order_id in orders}

    numbers = [here.issue(a_move(order_id), base_version=versions[order_id]) for order_id in orders]
    await here.verdict(numbers[2])
    os.kill(nodes.one.process.pid, signal.SIGKILL)
    receipts = [accepted(await here.verdict(number)) for number in numbers]
    last = max(receipt.sequence for receipt in receipts)
    await there.seen("board", last)
    await here.seen("board", last)

    # Nothing lost, nothing doubled: each card moved once, and each move has a row of its own.
    assert {stage(there, order_id) for order_id in orders} == {CONFIRMED}
    assert [version(there, each) - versions[each] for each in orders] == [1] * len(orders)
    assert len({receipt.sequence for receipt in receipts}) == len(orders)
    assert [stage(here, each) for each in orders] == [stage(there, each) for each in orders]


@rule("MN10")
async def test_who_signs_out_through_one_node_loses_the_socket_on_the_other_within_a_second(
    nodes: Nodes, people: People
) -> None:
    here, there = await one_on_each(nodes, people)
    cookie = people.cookies["nancy"]

    begun = time.monotonic()
    async with httpx.AsyncClient(base_url=nodes.one.address, trust_env=False) as browser:
        headers = {
            "cookie": cookie.cookie,
            "origin": nodes.door,
            "x-kanvoy-csrf": cookie.csrf,
        }
        answer = await browser.delete("/v1/session", headers=headers)
    codes = await asyncio.gather(over(here), over(there))

    assert answer.status_code == 204, answer.text
    assert codes == [Close.REVOKED, Close.REVOKED]
    assert time.monotonic() - begun < 1.0


async def over(client: Client) -> int:
    """The close code that ended a client for good."""
    async for _ in client.happenings():
        pass
    try:
        client.issue(a_move(OrderId("none")))
    except Stopped as stopped:
        return stopped.code
    raise AssertionError("the client lives")
