"""What a node remembers of its clients: never more than a fixed number, never against the store."""

import pytest

from protocols.commands import SetPriority
from protocols.vocabulary import ClientId, OrderId
from server.application.receipts import Receipts
from server.application.verdict import Done
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")


@rule("RC21")
async def test_what_another_node_answered_meanwhile_is_no_gap() -> None:
    store = MemoryStore([TENANT])
    here, there = a_node(store), a_node(store, seed=2)
    await furnish(here)
    speaker = Speaker(here)
    await speaker.do(an_order_placed(ORDER))
    for seen, priority in ((1, 2), (2, 3)):
        command = SetPriority(order_id=ORDER, priority=priority)
        await there.submit(speaker.next(command, base_version=seen))

    verdict = await speaker.do(SetPriority(order_id=ORDER, priority=0), base_version=3)

    assert isinstance(verdict, Done)
    assert verdict.number == 4


async def test_clients_that_only_say_hello_do_not_fill_the_memory() -> None:
    receipts = Receipts(MemoryStore([TENANT]), TENANT)

    for number in range(10_000):
        await receipts.refresh(ClientId(f"client-{number}"))

    assert len(receipts) < 5_000
