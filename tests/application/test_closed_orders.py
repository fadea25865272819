"""Orders that are off the board are not in memory, and still nobody may write over them."""

import msgspec
import pytest

from protocols.commands import (
    ArchiveOrder,
    BulkItem,
    CancelOrder,
    CopyOrder,
    DeleteOrder,
    MoveOrder,
    RunBulk,
    SaveCustomer,
    SetPrice,
)
from protocols.rejections import Invalid
from protocols.values import Party
from protocols.vocabulary import (
    CustomerId,
    DeliveryId,
    LineId,
    Minor,
    OrderId,
    ProductId,
    StageId,
)
from server.application.verdict import Denied, Done, Verdict
from server.domain.orders.state import Order
from server.domain.records import Product, SaveRecord
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")


async def a_tenant_with_a_deleted_order() -> tuple[MemoryStore, Speaker]:
    """The one order is hidden from every screen."""
    store = MemoryStore([TENANT])
    node = a_node(store)
    await furnish(node)
    speaker = Speaker(node)
    await speaker.do(an_order_placed(ORDER))
    await speaker.do(DeleteOrder(order_id=ORDER), base_version=1)
    return store, speaker


def rule_of(verdict: Verdict) -> str:
    """Which rule refused the only field that is wrong."""
    assert isinstance(verdict, Denied), verdict
    assert isinstance(verdict.rejection, Invalid), verdict
    return verdict.rejection.problems[0].rule


@rule("RE5")
async def test_a_customer_never_gets_the_id_of_a_closed_order() -> None:
    store, speaker = await a_tenant_with_a_deleted_order()
    named = SaveCustomer(customer_id=CustomerId(ORDER), customer=Party(name="Eve"))

    verdict = await speaker.do(named)

    assert rule_of(verdict) == "exists"
    _, found = await store.find(TENANT, [ORDER])
    assert isinstance(found[ORDER], Order)


@rule("RE5")
async def test_a_record_never_gets_the_id_of_a_closed_order() -> None:
    store, speaker = await a_tenant_with_a_deleted_order()
    product = Product(id=ProductId(ORDER), sku="E", name="Eve", unit_price=Minor(1))

    verdict = await speaker.do(SaveRecord(record=product))

    assert rule_of(verdict) == "exists"
    _, found = await store.find(TENANT, [ORDER])
    assert isinstance(found[ORDER], Order)


@rule("CR1")
async def test_a_new_order_never_gets_the_id_of_a_closed_one() -> None:
    _, speaker = await a_tenant_with_a_deleted_order()

    verdict = await speaker.do(an_order_placed(ORDER))

    assert rule_of(verdict) == "exists"


@rule("VI20")
async def test_a_refusal_of_a_closed_order_tells_a_warehouse_no_price() -> None:
    node = a_node(MemoryStore([TENANT]))
    await furnish(node)
    owner = Speaker(node)
    await owner.do(an_order_placed(ORDER))
    price = SetPrice(order_id=ORDER, line_id=LineId("order-1-l1"), unit_price=987_654)
    await owner.do(price, base_version=1)
    await owner.do(CancelOrder(order_id=ORDER, reason="asked"), base_version=2)
    await owner.do(ArchiveOrder(order_id=ORDER), base_version=3)
    warehouse = Speaker(node, an_actor("Wim", ("warehouse",)), "client-wim")

    move = MoveOrder(order_id=ORDER, from_stage=StageId("new"), to_stage=StageId("ready"))
    verdict = await warehouse.do(move, base_version=1)

    assert isinstance(verdict, Denied)
    told = msgspec.json.encode(verdict)
    assert b"price:order-1-l1" in told
    assert b"987654" not in told


@rule("BK4")
async def test_a_bulk_copies_an_archived_order_as_a_single_command_does() -> None:
    store = MemoryStore([TENANT])
    node = a_node(store)
    await furnish(node)
    speaker = Speaker(node)
    await speaker.do(an_order_placed(ORDER))
    await speaker.do(CancelOrder(order_id=ORDER, reason="asked"), base_version=1)
    await speaker.do(ArchiveOrder(order_id=ORDER), base_version=2)
    copy = CopyOrder(
        order_id=OrderId("order-2"), copied_id=ORDER, delivery_id=DeliveryId("order-2-d1")
    )

    verdict = await speaker.do(RunBulk(items=[BulkItem(command=copy)]))

    assert isinstance(verdict, Done)
    assert verdict.items[0].rejection is None
    assert OrderId("order-2") in (await node.images(TENANT)).open_orders
