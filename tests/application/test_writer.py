"""A batch waits for what is here already of its own tenant, and for nothing else. [FQ]"""

import asyncio
from collections.abc import Awaitable

import pytest

from protocols.commands import SetQuantity
from protocols.vocabulary import LineId, OrderId, TenantId
from server.application.ports import Batch, CommitOutcome
from server.application.verdict import Verdict
from tests.support.fakes import FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule
from tests.support.sockets import settle

pytestmark = pytest.mark.asyncio

OTHER = TenantId("tenant-b")


class World(MemoryStore):
    """A node whose batches are counted, one operator, and a list of whose messages wait."""

    def __init__(self) -> None:
        """Nothing was stored, nothing waits."""
        super().__init__((TENANT, OTHER))
        self.sizes: list[int] = []
        self.here: set[TenantId] = set()
        self.clock = FakeClock()
        self.node = a_node(self, clock=self.clock)
        self.node.arriving = self.here.__contains__
        self.speaker = Speaker(self.node)

    async def commit(self, batch: Batch) -> CommitOutcome:
        """Remember how many commands came together."""
        self.sizes.append(len(batch.verdicts))
        return await super().commit(batch)

    async def open(self) -> None:
        """Have one order."""
        await furnish(self.node, TENANT)
        await self.speaker.do(an_order_placed())
        self.sizes.clear()

    def ask(self, quantity: int) -> Awaitable[Verdict]:
        """Send one command."""
        line = LineId("order-1-l1")
        command = SetQuantity(order_id=OrderId("order-1"), line_id=line, quantity=quantity)
        return self.node.submit(self.speaker.next(command))


@rule("FQ8")
async def test_commands_that_are_here_and_not_handled_yet_share_a_batch():
    world = World()
    await world.open()

    world.here.add(TENANT)
    verdicts = [world.ask(5)]
    await settle()
    verdicts.append(world.ask(6))
    await settle()
    assert world.sizes == []
    world.here.clear()
    await asyncio.gather(*verdicts)

    assert world.sizes == [2]


@rule("FQ8")
async def test_a_command_waits_for_no_other_tenants_messages():
    world = World()
    await world.open()
    world.here.add(OTHER)

    await world.ask(5)

    assert world.sizes == [1]


@rule("FQ8")
async def test_a_command_waits_half_a_second_at_most():
    world = World()
    await world.open()
    world.here.add(TENANT)

    verdict = asyncio.ensure_future(world.ask(5))
    await settle()
    world.clock.advance(0.49)
    await settle()
    assert not verdict.done()
    world.clock.advance(0.02)
    await verdict

    assert world.sizes == [1]


@rule("FQ8")
async def test_a_full_batch_waits_for_nothing():
    world = World()
    await world.open()
    world.here.add(TENANT)

    verdicts = [world.ask(quantity) for quantity in range(2, 66)]
    await asyncio.gather(*verdicts)

    assert world.sizes == [64]
