"""An outage of the bus costs latency and nothing else: with a real Valkey that is killed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from protocols.vocabulary import Epoch, Nonce, Sequence
from server.application.node import Node
from server.application.ports import Hint
from server.jobs.head_beat import ALONE_SECONDS, CALM_SECONDS, HeadBeat
from server.realtime.fanout_redis import RedisFanout
from server.realtime.redis_shard import MOST_WAITING
from tests.support.buses import whole
from tests.support.fakes import FakeIds
from tests.support.memory_store import MemoryStore
from tests.support.mortal import MortalValkey
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule
from tests.support.services.availability import found_or_skip

pytestmark = [pytest.mark.asyncio, pytest.mark.valkey]

OUTAGE_SECONDS = 12.0
"""After so long Litestar's channels plugin has given up for good."""

SLACK_SECONDS = 0.5
"""What a busy machine adds."""


@pytest.fixture
def mortal() -> Iterator[MortalValkey]:
    server = MortalValkey(found_or_skip("valkey"))
    server.start()
    yield server
    server.close()


@asynccontextmanager
async def a_living_node(
    store: MemoryStore, url: str, seed: int
) -> AsyncIterator[tuple[Node, RedisFanout]]:
    fanout = RedisFanout(url, FakeIds(seed))
    fanout.start()
    node = a_node(store, seed=seed, fanout=fanout)
    beat = HeadBeat(node.beat, fanout)
    beat.start()
    try:
        yield node, fanout
    finally:
        await beat.stop()
        await node.close()
        await fanout.close()


async def seconds_until_seen(here: Node, there: Node) -> float:
    """How long the other node takes to come where we are."""
    wanted, begun = (await here.images(TENANT)).head, time.monotonic()
    while (await there.images(TENANT)).head != wanted:
        assert time.monotonic() - begun < 5
        await asyncio.sleep(0.005)
    return time.monotonic() - begun


@rule("MN4", "MN5")
@pytest.mark.timeout(120)
async def test_an_outage_of_twelve_seconds_is_invisible_but_for_latency(
    mortal: MortalValkey,
) -> None:
    store, url = MemoryStore([TENANT]), mortal.valkey.url
    async with (
        a_living_node(store, url, 1) as (here, ours),
        a_living_node(store, url, 2) as (there, theirs),
    ):
        await furnish(here)
        await there.images(TENANT)
        await whole(ours, theirs)
        speaker = Speaker(here)

        mortal.kill()
        delays: list[float] = []
        begun = time.monotonic()
        while time.monotonic() - begun < OUTAGE_SECONDS:
            await speaker.do(an_order_placed(f"order-{len(delays)}"))
            delays.append(await seconds_until_seen(here, there))
        away = (ours.whole, theirs.whole)
        mortal.start()
        await whole(ours, theirs)
        await speaker.do(an_order_placed("order-last"))
        healed = await seconds_until_seen(here, there)

        assert away == (False, False)
        assert len(delays) > OUTAGE_SECONDS
        assert max(delays) < ALONE_SECONDS + SLACK_SECONDS
        assert healed < CALM_SECONDS + SLACK_SECONDS
        assert len((await there.images(TENANT)).open_orders) == len(delays) + 1


@rule("MN5")
async def test_a_bus_that_comes_back_is_caught_up_with_at_once(mortal: MortalValkey) -> None:
    store, url = MemoryStore([TENANT]), mortal.valkey.url
    mortal.kill()
    beats: list[bool] = []
    fanout = RedisFanout(url, FakeIds(1))
    fanout.start()
    node = a_node(store, fanout=fanout)
    beaten = asyncio.Event()

    async def beat() -> None:
        beats.append(fanout.whole)
        if fanout.whole:
            beaten.set()

    head_beat = HeadBeat(beat, fanout)
    head_beat.start()
    try:
        await asyncio.to_thread(mortal.start)
        await whole(fanout)
        await asyncio.wait_for(beaten.wait(), CALM_SECONDS / 2)
    finally:
        await head_beat.stop()
        await node.close()
        await fanout.close()


@rule("MN6")
async def test_what_is_said_while_the_bus_is_away_is_bounded_and_counted(
    mortal: MortalValkey,
) -> None:
    fanout = RedisFanout(mortal.valkey.url, FakeIds(1))
    fanout.start()
    await whole(fanout)
    away = asyncio.Event()
    fanout.attend(away.set)
    mortal.kill()
    await away.wait()

    for sequence in range(MOST_WAITING + 10):
        fanout.publish(
            Hint(tenant_id=TENANT, epoch=Epoch(1), sequence=Sequence(sequence), nonce=Nonce(1))
        )

    assert fanout.dropped == 10
    await fanout.close()
