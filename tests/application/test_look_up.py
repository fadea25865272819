"""What is looked up beside the board, on whichever node."""

import asyncio

import pytest

from protocols.commands import SetPriority
from protocols.vocabulary import AggregateId, OrderId, TenantId, Version
from server.application.look_up import LookUp
from server.application.node import Node
from server.application.ports import Head
from server.domain.orders.state import Order
from server.domain.records import Product, SaveRecord
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, an_actor, an_order_placed, two_nodes
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")


async def version_there(node: Node) -> Version:
    order = await LookUp(node).order(an_actor(), ORDER)
    assert isinstance(order, Order), order
    return order.version


@rule("HT12")
async def test_what_was_acknowledged_by_one_node_is_looked_up_on_the_other_at_once():
    speaker, there = await two_nodes(MemoryStore([TENANT]))

    await speaker.do(an_order_placed())
    first = await version_there(there)
    await speaker.do(SetPriority(order_id=ORDER, priority=3))
    second = await version_there(there)

    assert (first, second) == (1, 2)


@rule("HT12")
@pytest.mark.parametrize("lost", [1, 2])
async def test_a_node_that_holds_lost_rows_looks_up_what_took_their_place(lost: int):
    store = MemoryStore([TENANT])
    speaker, there = await two_nodes(store)
    await speaker.do(an_order_placed())
    await there.catch_up(TENANT)
    beside = Speaker(there, client_id="beside")
    for number in range(lost):
        await beside.do(an_order_placed(f"order-{number + 2}"))
    store.rollback(TENANT, lost)

    await speaker.do(SetPriority(order_id=ORDER, priority=3))

    assert await version_there(there) == 2


@rule("HT12")
async def test_a_picker_finds_what_was_saved_on_the_other_node():
    speaker, there = await two_nodes(MemoryStore([TENANT]))
    tofu = (await there.images(TENANT)).records(Product)
    saved = next(iter(tofu))

    await speaker.do(SaveRecord(record=Product(
        id=saved.id, sku=saved.sku, name="Tofu", unit_price=saved.unit_price
    )))  # fmt: skip
    found = await LookUp(there).products(an_actor(), "tofu")

    assert isinstance(found, tuple)
    assert [product.name for product in found[0]] == ["Tofu"]


class Slow(MemoryStore):
    """Answers one question about the head late, with what was so when it was asked."""

    def __init__(self, *tenant_ids: TenantId) -> None:
        super().__init__(tenant_ids)
        self.held: asyncio.Event | None = None
        self.asked = asyncio.Event()

    async def head(self, tenant_id: TenantId) -> Head:
        """See `Store`."""
        head, held = await super().head(tenant_id), self.held
        if held is not None:
            self.held = None
            self.asked.set()
            await held.wait()
        return head


@rule("HT12")
async def test_a_catch_up_that_looked_too_early_does_not_answer_for_the_next_one():
    store = Slow(TENANT)
    speaker, there = await two_nodes(store)
    answered = store.held = asyncio.Event()
    early = asyncio.create_task(there.catch_up(TENANT))
    await store.asked.wait()
    await speaker.do(an_order_placed())

    asked = asyncio.create_task(version_there(there))
    for _ in range(20):
        await asyncio.sleep(0)
    answered.set()
    await early

    assert await asked == 1


async def test_an_order_that_nobody_has_is_not_found():
    _, there = await two_nodes(MemoryStore([TENANT]))

    answer = await LookUp(there).order(an_actor(), OrderId("nobody"))

    assert getattr(answer, "aggregate_id", None) == AggregateId("nobody")
