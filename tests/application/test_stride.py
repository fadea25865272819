"""Long batches let others in between: counted in decisions and turns of the loop, never timed."""

import asyncio
from collections.abc import Sequence as Series

import pytest

from protocols.commands import BulkItem, MoveOrder, RunBulk, SetPriority, Undo
from protocols.vocabulary import Number, OrderId, Sequence, StageId, TenantId
from server.application.images import Change
from server.application.node import Node
from server.application.ports import Hint, News
from server.application.stride import ROWS, STRIDE
from server.application.verdict import Done, Verdict
from server.realtime.fanout_memory import MemoryBus
from tests.support.memory_store import MemoryStore
from tests.support.nodes import Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

FLOOD, HOUSE = TenantId("flood"), TenantId("house")
STAGES = (StageId("new"), StageId("confirmed"))
ITEMS = 500


class Parts:
    """Hears of a journal, and in how many rows at once."""

    def __init__(self) -> None:
        """Nothing was heard."""
        self.rows: list[int] = []
        self.sequences: list[int] = []

    def applied(self, changes: Series[Change]) -> None:
        """Some became part of it."""
        self.rows.append(len(changes))
        self.sequences += [change.row.sequence for change in changes]

    def reset(self) -> None:
        """Never, here."""
        raise AssertionError


def moves(count: int) -> list[BulkItem]:
    """One card to the second stage and back, again and again."""
    return [
        BulkItem(
            command=MoveOrder(
                order_id=OrderId("order-1"), from_stage=STAGES[at % 2], to_stage=STAGES[1 - at % 2]
            )
        )
        for at in range(count)
    ]


async def a_street() -> tuple[Node, Speaker, Speaker, list[News]]:
    """A tenant that will flood, one that will not, and what another node hears of it."""
    bus, heard = MemoryBus(), list[News]()
    elsewhere = bus.fanout()
    elsewhere.listen(heard.append)
    elsewhere.follow(FLOOD)
    node = a_node(MemoryStore([FLOOD, HOUSE]), fanout=bus.fanout())
    speakers = []
    for tenant_id in (FLOOD, HOUSE):
        await furnish(node, tenant_id)
        speaker = Speaker(node, an_actor(tenant_id=tenant_id))
        await speaker.do(an_order_placed())
        speakers.append(speaker)
    heard.clear()
    return node, speakers[0], speakers[1], heard


@rule("FQ6")
async def test_a_command_beside_a_bulk_of_another_tenant_does_not_wait_for_it() -> None:
    node, flood, house, _ = await a_street()

    bulk = asyncio.ensure_future(node.submit(flood.next(RunBulk(items=moves(ITEMS)))))
    await asyncio.sleep(0)
    answered = 0
    while not bulk.done() and answered < 5:
        verdict = await house.do(SetPriority(order_id=OrderId("order-1"), priority=answered % 3))
        assert isinstance(verdict, Done)
        answered += 1

    assert answered == 5
    assert not bulk.done()
    assert isinstance(await bulk, Done)


async def turns_until(coming: "asyncio.Future[Verdict]") -> int:
    """How often the loop turned to us until the verdict was there."""
    turns = 0
    while not coming.done():
        await asyncio.sleep(0)
        turns += 1
    return turns


@rule("FQ6")
@pytest.mark.parametrize("what", ["a bulk", "its undoing", "many commands"])
async def test_the_loop_turns_to_others_after_every_few_decisions_and_rows(what: str) -> None:
    node, flood, _, heard = await a_street()
    parts, count = Parts(), ITEMS
    if what == "its undoing":
        await node.submit(flood.next(RunBulk(items=moves(ITEMS))))
        heard.clear()
    journal = await node.journal(FLOOD)
    journal.listen(parts)
    before = journal.images.head.sequence

    if what == "a bulk":
        coming = node.submit(flood.next(RunBulk(items=moves(ITEMS))))
    elif what == "its undoing":
        coming = node.submit(flood.next(Undo(undone=Number(flood.number))))
    else:
        count = 64
        for item in moves(count - 1):
            node.submit(flood.next(item.command))
        coming = node.submit(flood.next(moves(count)[-1].command))
    turns = await turns_until(asyncio.ensure_future(coming))

    changed = journal.images.head.sequence - before
    assert turns >= count // STRIDE + changed // ROWS
    assert max(parts.rows) <= ROWS
    assert parts.sequences == list(range(before + 1, before + 1 + changed))
    hints = [news for news in heard if isinstance(news, Hint)]
    assert [hint.sequence for hint in hints] == [Sequence(before + changed)]
