"""Cursors that no channel of a node knows are compared with the journal, by few reads."""

import asyncio
from collections import Counter

import pytest

from protocols.commands import SetPriority
from protocols.vocabulary import Nonce, OrderId, Sequence, TenantId
from server.application.ports import Head
from server.realtime.feeds import Feeds
from tests.realtime.test_feed import Later, Reader
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, an_actor, an_order_placed, two_nodes
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")


class Asked(MemoryStore):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__([TENANT])
        self.count = Counter[str]()

    async def nonce_at(self, tenant_id: TenantId, sequence: Sequence) -> Nonce | None:
        self.count["nonce"] += 1
        return await super().nonce_at(tenant_id, sequence)

    async def first_kept(self, tenant_id: TenantId) -> Sequence:
        self.count["kept"] += 1
        return await super().first_kept(tenant_id)


def at(head: Head) -> str:
    """A cursor there."""
    return f"{head.epoch}.{head.sequence}.{head.nonce}"


async def two_rows_later(store: MemoryStore) -> tuple[Speaker, Feeds, str]:
    """Feeds of a node that has just come up, and the cursor of readers from before two rows."""
    speaker, there = await two_nodes(store)
    await speaker.do(an_order_placed())
    before = at(await store.head(TENANT))
    for version, priority in ((1, 3), (2, 1)):
        await speaker.do(SetPriority(order_id=ORDER, priority=priority), base_version=version)
    await there.catch_up(TENANT)
    return speaker, Feeds(there, Later()), before


async def returning(feeds: Feeds, cursor: str) -> Reader:
    """Somebody who comes back."""
    reader = Reader()
    await feeds.subscribe(TENANT, reader, "board", cursor, an_actor())
    return reader


@rule("WT20", "WT23")
async def test_all_who_come_back_at_once_to_a_new_node_share_three_reads():
    store = Asked()
    _, feeds, before = await two_rows_later(store)
    store.count.clear()

    readers = await asyncio.gather(*(returning(feeds, before) for _ in range(50)))

    assert [reader.types() for reader in readers] == [["subscribed", "changes"]] * 50
    # What each missed is read for it alone, and checked with one of each.
    assert store.count["kept"] <= 1 + 50
    assert store.count["nonce"] <= 2 + 50


@rule("WT23")
async def test_a_reader_of_a_later_epoch_makes_a_node_look_at_the_journal():
    store = Asked()
    speaker, feeds, before = await two_rows_later(store)
    await returning(feeds, before)
    await store.bump_epoch(TENANT, (await store.head(TENANT)).epoch)
    await speaker.node.catch_up(TENANT)
    await speaker.do(SetPriority(order_id=ORDER, priority=2), base_version=3)
    head = await store.head(TENANT)

    reader = await returning(feeds, at(head))

    assert reader.types() == ["subscribed"]
    assert feeds.heads(reader) == {"board": head.sequence}
