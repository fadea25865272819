"""`kanvoy demo --scale` before two browsers on two nodes: one node dies while a card is dragged."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.browser.clerk import Clerk, sign_in
from tests.support.browser.operator import Office, Operator
from tests.support.eventually import eventually
from tests.support.process import Running, running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.system,
    pytest.mark.postgres,
    pytest.mark.valkey,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
    pytest.mark.xdist_group("browser-scale"),
]

_NODE = re.compile(r"port (\d+), process (\d+)")


@dataclass
class Scaled:
    """The demo's door, and the processes behind it by their ports."""

    address: str
    processes: dict[int, int]
    clerk: Clerk

    async def home_of_the_only_socket(self) -> int:
        """The port of the node that has the only window."""
        desks = await self.desks()
        assert sorted(desks.values()) == [0, 1], desks
        return next(port for port, count in desks.items() if count)

    async def desks(self) -> dict[int, int]:
        """How many windows each node serves."""
        return {port: await self._desks(port) for port in self.processes}

    async def _desks(self, port: int) -> int:
        found = await self.clerk.get(f"http://127.0.0.1:{port}/v1/operations")
        count: int = found["sockets"]["desk"]
        return count


@pytest.fixture
def demo_of_two(tmp_path: Path) -> Iterator[Running]:
    with running("demo", "--scale", folder=tmp_path, KANVOY_DRAIN_SECONDS="1") as demo:
        yield demo
        demo.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def scaled(demo_of_two: Running) -> AsyncIterator[Scaled]:
    async def greeted() -> bool:
        return "kill -9" in demo_of_two.output.read_text()

    await eventually(greeted)
    said = demo_of_two.output.read_text()
    address = demo_of_two.address
    async with httpx.AsyncClient(
        base_url=address, headers={"origin": address}, trust_env=False
    ) as browser:
        await sign_in(browser, "andrew@northwind.example")
        processes = {int(port): int(pid) for port, pid in _NODE.findall(said)}
        yield Scaled(address, processes, Clerk(browser))


async def _on_the_other(steven: Operator, scaled: Scaled) -> None:
    """Reload until the second window is on the other node: the door gives them in turn."""
    for _ in range(10):
        if sorted((await scaled.desks()).values()) == [1, 1]:
            return
        await steven.open("Two Nodes")
    raise AssertionError(await scaled.desks())


async def test_a_node_that_is_killed_during_a_drag_costs_neither_the_drag_nor_a_second_move(
    scaled: Scaled, browser: Browser
) -> None:
    office, clerk = Office(browser, scaled.address), scaled.clerk
    dragged = await clerk.place("Two Nodes One Ltd")
    answered = await clerk.place("Two Nodes Two Ltd")
    nancy = await office.enter("nancy")
    await nancy.open("Two Nodes")
    home = await scaled.home_of_the_only_socket()
    steven = await office.enter("steven")
    await steven.open("Two Nodes")
    await _on_the_other(steven, scaled)

    await steven.drag(answered, "confirmed")
    await expect(nancy.card_in("confirmed", answered)).to_be_visible()
    await nancy.lift(dragged)
    os.kill(scaled.processes.pop(home), signal.SIGKILL)
    await nancy.carry("confirmed")
    await nancy.let_go()

    await asyncio.gather(
        expect(nancy.card_in("confirmed", dragged)).to_be_visible(),
        expect(steven.card_in("confirmed", dragged)).to_be_visible(timeout=20_000),
    )
    await expect(nancy.pill).to_have_text("Live", timeout=20_000)
    await nancy.settled(dragged)
    assert await clerk.moves(dragged) == 1
    assert sum((await scaled.desks()).values()) == 2
    await nancy.drag(answered, "preparing")
    await expect(steven.card_in("preparing", answered)).to_be_visible()
    assert await office.close() == []
