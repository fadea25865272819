"""Many commands at once: each judged on its own, all durable together."""

import pytest

from protocols.commands import BulkItem, MoveOrder, RunBulk, SetPriority, Undo
from protocols.rejections import Forbidden, NotFound
from protocols.vocabulary import OrderId, StageId, Version
from server.application.node import Node
from server.application.verdict import Denied, Done
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDERS = ("order-1", "order-2", "order-3")


async def a_board() -> tuple[Node, Speaker]:
    """Three orders in the first stage."""
    node = a_node(MemoryStore([TENANT]))
    await furnish(node)
    speaker = Speaker(node)
    for order_id in ORDERS:
        await speaker.do(an_order_placed(order_id))
    return node, speaker


def moves(*order_ids: str) -> list[BulkItem]:
    """Move each of these from the first stage to the second."""
    return [
        BulkItem(
            command=MoveOrder(
                order_id=OrderId(order_id), from_stage=StageId("new"), to_stage=StageId("confirmed")
            ),
            base_version=Version(1),
        )
        for order_id in order_ids
    ]


async def stages(node: Node) -> list[str]:
    """Where the three orders are."""
    images = await node.images(TENANT)
    return [images.open_orders[OrderId(order_id)].stage_id for order_id in ORDERS]


@rule("BK1", "BK2")
async def test_a_bulk_does_what_it_can_and_answers_item_by_item() -> None:
    node, speaker = await a_board()

    verdict = await speaker.do(RunBulk(items=moves("order-1", "order-unknown", "order-3")))

    assert isinstance(verdict, Done)
    assert [item.aggregate_id for item in verdict.items] == ["order-1", "order-unknown", "order-3"]
    assert [item.version for item in verdict.items] == [2, 0, 2]
    assert isinstance(verdict.items[1].rejection, NotFound)
    assert await stages(node) == ["confirmed", "new", "confirmed"]


@rule("BK2")
async def test_all_or_nothing_does_nothing_when_one_item_is_refused() -> None:
    node, speaker = await a_board()

    bulk = RunBulk(mode="all_or_nothing", items=moves("order-1", "order-unknown"))
    verdict = await speaker.do(bulk)

    assert isinstance(verdict, Done)
    assert not verdict.changed
    assert isinstance(verdict.items[1].rejection, NotFound)
    assert verdict.items[0].version == 0
    assert await stages(node) == ["new", "new", "new"]


@rule("BK3")
async def test_a_dry_run_answers_as_the_real_run_would_and_changes_nothing() -> None:
    node, speaker = await a_board()

    tried = await speaker.do(RunBulk(dry_run=True, items=moves(*ORDERS)))
    assert await stages(node) == ["new", "new", "new"]
    done = await speaker.do(RunBulk(items=moves(*ORDERS)))

    assert isinstance(tried, Done)
    assert isinstance(done, Done)
    assert tried.dry_run
    assert tried.items == done.items
    assert await stages(node) == ["confirmed"] * 3


@rule("BK4")
async def test_a_bulk_leaves_what_its_items_one_by_one_leave() -> None:
    bulked, bulk_speaker = await a_board()
    single, single_speaker = await a_board()
    items = [
        *moves("order-1", "order-2"),
        BulkItem(
            command=SetPriority(order_id=OrderId("order-1"), priority=3), base_version=Version(1)
        ),
    ]

    await bulk_speaker.do(RunBulk(items=items))
    for item in items:
        await single_speaker.do(item.command, base_version=item.base_version)

    one, other = (await bulked.images(TENANT)), (await single.images(TENANT))
    assert one.open_orders == other.open_orders


@rule("BK5")
async def test_a_bulk_needs_its_permission() -> None:
    node, _ = await a_board()
    driver = Speaker(node, an_actor("Dora", roles=("driver",)), "client-dora")

    verdict = await driver.do(RunBulk(items=moves("order-1")))

    assert isinstance(verdict, Denied)
    assert verdict.rejection == Forbidden(permission="bulk.run")


@rule("UN20")
async def test_undo_of_a_bulk_reverses_what_nobody_touched_and_lists_the_rest() -> None:
    node, speaker = await a_board()
    await speaker.do(RunBulk(items=moves(*ORDERS)))
    ben = Speaker(node, an_actor("Ben"), "client-ben")
    onward = MoveOrder(
        order_id=OrderId("order-2"), from_stage=StageId("confirmed"), to_stage=StageId("preparing")
    )
    await ben.do(onward, base_version=2)

    verdict = await speaker.do(Undo(undone=speaker.number))

    assert isinstance(verdict, Done)
    assert verdict.undo_of == speaker.number - 1
    assert [item.rejection is None for item in verdict.items] == [True, False, True]
    assert await stages(node) == ["new", "preparing", "new"]
