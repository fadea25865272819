"""What every fan-out promises, whatever carries its hints. Adapters join by one more factory."""

import asyncio
from collections.abc import Callable

import pytest

from protocols.vocabulary import Epoch, Nonce, Sequence, TenantId
from server.application.ports import Fanout, Hint
from server.realtime.fanout_memory import MemoryBus
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule

Join = Callable[[], Fanout]
"""Gives one more node its end of the same bus."""

pytestmark = pytest.mark.asyncio


def memory() -> Join:
    return MemoryBus().fanout


@pytest.fixture(params=[memory], ids=lambda bus: bus.__name__)
def join(request: pytest.FixtureRequest) -> Join:
    found: Join = request.param()
    return found


def a_hint(sequence: int = 1, tenant_id: TenantId = TENANT) -> Hint:
    return Hint(
        tenant_id=tenant_id, epoch=Epoch(1), sequence=Sequence(sequence), nonce=Nonce(sequence)
    )


async def arrived(heard: list[Hint], count: int) -> list[Hint]:
    """What was heard, once so much came, or after a second."""
    for _ in range(100):
        if len(heard) >= count:
            break
        await asyncio.sleep(0.01)
    return heard


async def test_a_hint_reaches_every_other_node_as_it_was(join: Join) -> None:
    here, there, elsewhere = join(), join(), join()
    heard: list[Hint] = []
    also: list[Hint] = []
    there.listen(heard.append)
    elsewhere.listen(also.append)

    here.publish(a_hint())

    assert await arrived(heard, 1) == [a_hint()]
    assert await arrived(also, 1) == [a_hint()]


async def test_a_node_does_not_hear_itself(join: Join) -> None:
    here, there = join(), join()
    own: list[Hint] = []
    others: list[Hint] = []
    here.listen(own.append)
    there.listen(others.append)

    here.publish(a_hint())

    assert await arrived(others, 1) == [a_hint()]
    assert own == []


async def test_whoever_stopped_listening_hears_no_more(join: Join) -> None:
    here, there, elsewhere = join(), join(), join()
    stopped: list[Hint] = []
    listening: list[Hint] = []
    stop = there.listen(stopped.append)
    elsewhere.listen(listening.append)

    stop()
    here.publish(a_hint())

    assert await arrived(listening, 1) == [a_hint()]
    assert stopped == []


async def test_publishing_to_nobody_neither_fails_nor_blocks(join: Join) -> None:
    here = join()

    here.publish(a_hint())

    assert here.listen(lambda _: None) is not None


@rule("HB4")
async def test_a_node_that_is_told_shows_what_another_committed(join: Join) -> None:
    store = MemoryStore([TENANT])
    here, there = (a_node(store, seed=n, fanout=join()) for n in (1, 2))
    await furnish(here)
    await there.images(TENANT)

    await Speaker(here).do(an_order_placed())

    head = (await here.images(TENANT)).head
    for _ in range(100):
        if (await there.images(TENANT)).head == head:
            break
        await asyncio.sleep(0.01)
    assert (await there.images(TENANT)).head == head
