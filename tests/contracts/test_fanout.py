"""What every fan-out promises, whatever carries its news. Adapters join by one more opener."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from protocols.from_server import Person
from protocols.vocabulary import (
    Epoch,
    Instant,
    Nonce,
    PersonId,
    Sequence,
    SessionId,
    TenantId,
)
from server.application.ports import Fanout, Hint, News
from server.demo.engines.valkey import start_cluster
from server.realtime.news import Asked, Revoked, Said, Word
from tests.support.buses import Join, memory, redis_at, system_program, system_redis, unix, whole
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule
from tests.support.services.availability import found_or_skip

pytestmark = pytest.mark.asyncio

OTHER = TenantId("tenant-b")

BUSES = [
    "memory",
    "unix",
    pytest.param("valkey", marks=pytest.mark.valkey),
    pytest.param("cluster", marks=pytest.mark.valkey),
    pytest.param(
        "system",
        marks=pytest.mark.skipif(system_program() is None, reason="no Redis on this machine"),
    ),
]


@pytest.fixture(scope="module")
def cluster_url() -> Iterator[str]:
    server = start_cluster(found_or_skip("valkey"))
    yield server.url
    server.close()


@pytest_asyncio.fixture(params=BUSES)
async def join(request: pytest.FixtureRequest) -> AsyncIterator[Join]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "valkey":
                bus = redis_at(request.getfixturevalue("valkey").url)
            case "cluster":
                bus = redis_at(request.getfixturevalue("cluster_url"))
            case "unix":
                bus = unix()
            case "system":
                bus = system_redis()
            case _:
                bus = memory()
        yield await stack.enter_async_context(bus)


async def ends(join: Join, count: int, tenant_id: TenantId = TENANT) -> list[Fanout]:
    """So many nodes that follow the tenant, all connected."""
    joined = [join() for _ in range(count)]
    for end in joined:
        end.follow(tenant_id)
    await settled(joined)
    return joined


async def settled(joined: list[Fanout], tenant_id: TenantId = TENANT) -> None:
    """Return when each hears each: following takes a moment, and tells nobody when it is done."""
    await whole(*joined)
    for speaker in joined:
        for end in joined:
            if end is not speaker:
                await reached(speaker, end, tenant_id)
    # What was said once too often comes before a test listens in earnest.
    await asyncio.sleep(0.05)


async def reached(speaker: Fanout, end: Fanout, tenant_id: TenantId) -> None:
    heard: list[News] = []
    stop = end.listen(heard.append)
    for _ in range(200):
        speaker.publish(a_hint(0, tenant_id))
        if await arrived(heard, 1, 0.02):
            break
    assert heard
    stop()


def a_hint(sequence: int = 1, tenant_id: TenantId = TENANT) -> Hint:
    return Hint(
        tenant_id=tenant_id, epoch=Epoch(1), sequence=Sequence(sequence), nonce=Nonce(sequence)
    )


async def arrived(heard: list[News], count: int, seconds: float = 1.0) -> list[News]:
    """What was heard, once so much came, or after a while."""
    for _ in range(round(seconds * 100)):
        if len(heard) >= count:
            break
        await asyncio.sleep(0.01)
    return heard


async def test_a_hint_reaches_every_other_node_as_it_was(join: Join) -> None:
    here, there, elsewhere = await ends(join, 3)
    heard: list[News] = []
    also: list[News] = []
    there.listen(heard.append)
    elsewhere.listen(also.append)

    here.publish(a_hint())

    assert await arrived(heard, 1) == [a_hint()]
    assert await arrived(also, 1) == [a_hint()]


@rule("MN1")
async def test_a_node_does_not_hear_itself(join: Join) -> None:
    here, there = await ends(join, 2)
    own: list[News] = []
    others: list[News] = []
    here.listen(own.append)
    there.listen(others.append)

    here.publish(a_hint())

    assert await arrived(others, 1) == [a_hint()]
    assert own == []


async def test_whoever_stopped_listening_hears_no_more(join: Join) -> None:
    here, there, elsewhere = await ends(join, 3)
    stopped: list[News] = []
    listening: list[News] = []
    stop = there.listen(stopped.append)
    elsewhere.listen(listening.append)

    stop()
    here.publish(a_hint())

    assert await arrived(listening, 1) == [a_hint()]
    assert stopped == []


async def test_publishing_to_nobody_neither_fails_nor_blocks(join: Join) -> None:
    (here,) = await ends(join, 1)

    here.publish(a_hint())

    assert here.listen(lambda _: None) is not None


@rule("HB4")
async def test_a_node_that_is_told_shows_what_another_committed(join: Join) -> None:
    store = MemoryStore([TENANT])
    buses = [join(), join()]
    here, there = (a_node(store, seed=n, fanout=bus) for n, bus in enumerate(buses, 1))
    await furnish(here)
    await there.images(TENANT)
    await settled(buses)

    await Speaker(here).do(an_order_placed())

    head = (await here.images(TENANT)).head
    for _ in range(100):
        if (await there.images(TENANT)).head == head:
            break
        await asyncio.sleep(0.01)
    assert (await there.images(TENANT)).head == head


@rule("MN2")
async def test_a_tenant_that_a_node_does_not_follow_is_not_heard_of(join: Join) -> None:
    here, there = await ends(join, 2)
    there.unfollow(TENANT)
    here.follow(OTHER)
    there.follow(OTHER)
    await settled([here, there], OTHER)
    heard: list[News] = []
    there.listen(heard.append)

    here.publish(a_hint(1))
    here.publish(a_hint(2, OTHER))

    assert await arrived(heard, 1) == [a_hint(2, OTHER)]


async def test_news_of_one_node_comes_in_the_order_it_was_told(join: Join) -> None:
    here, there = await ends(join, 2)
    heard: list[News] = []
    there.listen(heard.append)

    told = [a_hint(n) for n in range(1, 301)]
    for each in told:
        here.publish(each)

    assert await arrived(heard, 300) == told


@rule("MN3")
async def test_rows_travel_with_a_hint_and_what_is_large_without(join: Join) -> None:
    store = MemoryStore([TENANT])
    node = a_node(store)
    await furnish(node)
    await Speaker(node).do(an_order_placed())
    row = (await store.rows_after(TENANT, Sequence(0)))[-1]
    small = (await node.journal(TENANT)).hint([row])
    here, there = await ends(join, 2)
    heard: list[News] = []
    there.listen(heard.append)

    here.publish(small)

    assert await arrived(heard, 1) == [small]
    assert small.rows == (row,)


@rule("MN7", "MN10")
async def test_news_of_every_kind_arrive_as_they_were(join: Join) -> None:
    session = SessionId("s-1")
    person = Person(session_id=session, id=PersonId("anna"), name="Anna", doing="viewing")
    word = Word(person=person, at=Instant(7), left=12.5)
    told: list[News] = [
        Asked(tenant_id=TENANT, channel="presence:board"),
        Said(
            tenant_id=TENANT,
            node="n1",
            channel="presence:board",
            words=(word,),
            gone={SessionId("s-2"): Instant(5)},
            full=True,
        ),
        Revoked(tenant_id=TENANT, what="person", id="anna", keep="device-2"),
    ]
    here, there = await ends(join, 2)
    heard: list[News] = []
    there.listen(heard.append)

    for news in told:
        here.publish(news)

    assert await arrived(heard, 3) == told
