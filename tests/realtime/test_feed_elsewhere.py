"""A reader that comes to a node which is behind: it is never taken back."""

import pytest

from protocols.commands import SetPriority
from protocols.from_server import Changes, SnapshotBegin, SnapshotChunk
from protocols.vocabulary import OrderId, TenantId
from server.application.ports import Head, StorageBusy
from server.realtime.feeds import Feeds
from server.realtime.sizes import Sizes
from tests.realtime.test_feed import Later, Reader
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, an_actor, an_order_placed, two_nodes
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")


class Moody(MemoryStore):
    """Has no time to say where a journal is when it is told so."""

    busy = False

    async def head(self, tenant_id: TenantId) -> Head:
        """Where it is, or nothing."""
        if self.busy:
            raise StorageBusy
        return await super().head(tenant_id)


class Elsewhere:
    """Somebody who writes on one node, and the feeds of another that hears nothing of it."""

    def __init__(self, store: Moody, speaker: Speaker, feeds: Feeds, later: Later) -> None:
        """See `a_town`."""
        self.store, self.speaker, self.feeds, self.later = store, speaker, feeds, later

    async def reader(self, channel: str, cursor: str | None = None) -> Reader:
        """One more socket of the node that hears nothing, with all it is sent without waiting."""
        reader = Reader()
        await self.feeds.subscribe(TENANT, reader, channel, cursor, an_actor())
        self.later.run_out()
        return reader

    async def head(self) -> Head:
        """Where the journal is."""
        return await self.store.head(TENANT)


async def a_town() -> Elsewhere:
    """Three orders that both nodes know."""
    store, later = Moody([TENANT]), Later()
    speaker, there = await two_nodes(store)
    for number in (1, 2, 3):
        await speaker.do(an_order_placed(f"order-{number}"))
    await there.catch_up(TENANT)
    return Elsewhere(store, speaker, Feeds(there, later, Sizes(chunk=2, preview=1)), later)


def reached(reader: Reader) -> int:
    """The sequence at which the reader's snapshot ended."""
    assert reader.messages[-1].__struct_config__.tag == "snapshot_end"
    places = [m.sequence for m in reader.messages if isinstance(m, SnapshotBegin)]
    return max(places + [m.upto for m in reader.messages if isinstance(m, Changes)])


@rule("WT22")
@pytest.mark.parametrize("channel", ["board", f"order:{ORDER}", "display:hall"])
async def test_a_first_look_has_what_was_acknowledged_by_another_node(channel: str) -> None:
    town = await a_town()

    await town.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    reader = await town.reader(channel)

    shown = [i for m in reader.messages if isinstance(m, SnapshotChunk) for i in m.items]
    assert {i.version for i in shown if i.id == ORDER} == {2}
    assert reached(reader) == (await town.head()).sequence


@rule("WT22")
async def test_parts_that_were_cut_long_ago_are_brought_up_to_date_before_the_end() -> None:
    town = await a_town()
    await town.reader("board")

    await town.speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    second = await town.reader("board")

    versions = [op.version for m in second.messages if isinstance(m, Changes) for op in m.ops]
    assert versions == [2]
    assert reached(second) == (await town.head()).sequence


@rule("WT22")
async def test_who_names_a_place_the_node_has_costs_no_look_at_the_journal() -> None:
    town = await a_town()
    head = await town.head()

    town.store.busy = True
    reader = await town.reader("board", f"{head.epoch}.{head.sequence}.{head.nonce}")

    assert reader.types() == ["subscribed"]


@rule("WT22")
async def test_nobody_is_left_in_a_channel_when_the_storage_is_too_busy_for_a_first_look() -> None:
    town = await a_town()
    town.store.busy = True
    reader = Reader()

    with pytest.raises(StorageBusy):
        await town.feeds.subscribe(TENANT, reader, "board", None, an_actor())

    assert town.feeds.heads(reader) == {}
    assert reader.messages == []
