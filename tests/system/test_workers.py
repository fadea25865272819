"""`kanvoy serve --workers`: several processes behind one port, on one SQLite file."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from kanvoy_client.client import Client, accepted

from tests.support.eventually import eventually
from tests.support.many_nodes import (
    CONFIRMED,
    People,
    a_move,
    filled,
    movable,
    stage,
    version,
    workers_of,
)
from tests.support.process import Running, kanvoy, running
from tests.support.rules import rule

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

WORKERS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("workers")
    filled(found / "kanvoy-data")
    return found


@pytest.fixture
def server(folder: Path) -> Iterator[Running]:
    settings = {"KANVOY_DRAIN_SECONDS": "1", "KANVOY_LOG_FORMAT": "json"}
    with running("serve", "--workers", str(WORKERS), folder=folder, **settings) as server:
        yield server


@pytest_asyncio.fixture
async def people(server: Running) -> AsyncIterator[People]:
    async with AsyncExitStack() as stack:
        yield People(server.address, stack)


def busy_workers(server: Running) -> int:
    """How many workers hold a socket of somebody."""
    return sum(
        any(c.status == "ESTABLISHED" for c in worker.net_connections("tcp"))
        for worker in workers_of(server.process.pid)
    )


async def spread_over_workers(server: Running, people: People) -> list[Client]:
    """Clients until every worker has at least one: the kernel chooses."""
    clients = [await people.client()]
    for _ in range(30):
        if busy_workers(server) == WORKERS:
            return clients
        clients.append(await people.with_cookie(people.cookies["nancy"], people.address))
        await clients[-1].watch("board")
    raise AssertionError("one worker took everybody")


@rule("MN11")
@pytest.mark.asyncio
async def test_a_move_through_one_worker_is_seen_through_all(
    server: Running, people: People
) -> None:
    clients = await spread_over_workers(server, people)
    order_id = movable(clients[0])[0]

    receipt = accepted(
        await clients[0].submit(a_move(order_id), base_version=version(clients[0], order_id))
    )
    async with asyncio.timeout(0.9):  # less than a head-beat: the hint brought it
        for client in clients:
            await client.seen("board", receipt.sequence)

    assert {stage(client, order_id) for client in clients} == {CONFIRMED}


@rule("MN12")
@pytest.mark.asyncio
async def test_a_worker_that_dies_is_replaced_and_its_people_go_on(
    server: Running, people: People
) -> None:
    clients = await spread_over_workers(server, people)
    before = {worker.pid for worker in workers_of(server.process.pid)}

    os.kill(min(before), signal.SIGKILL)
    orders = iter(movable(clients[0]))
    receipts = []
    for client in clients:
        order_id = next(orders)
        verdict = await client.submit(a_move(order_id), base_version=version(client, order_id))
        receipts.append(accepted(verdict))
    for client in clients:
        await client.seen("board", receipts[-1].sequence)

    async def replaced() -> bool:
        now = {worker.pid for worker in workers_of(server.process.pid)}
        return len(now) == WORKERS and now != before

    await eventually(replaced)
    assert server.stop() == 0
    assert "Every journal is whole." in kanvoy("verify", folder=server.output.parent).stdout


@rule("MN12")
def test_asked_to_end_all_workers_end_and_the_exit_code_is_0(server: Running) -> None:
    workers = workers_of(server.process.pid)

    code = server.stop()

    assert code == 0
    assert not any(worker.is_running() for worker in workers)


@rule("MN12")
def test_workers_do_not_outlive_a_parent_that_was_killed(server: Running) -> None:
    workers = workers_of(server.process.pid)

    server.process.kill()
    _, left = psutil.wait_procs(workers, timeout=20)

    assert len(workers) == WORKERS
    assert left == []
