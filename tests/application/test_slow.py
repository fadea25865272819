"""Slow commands are told of, with where the time went; quick ones are not."""

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars

from protocols.commands import SetQuantity
from protocols.vocabulary import LineId, OrderId
from server.application.ports import Batch, CommitOutcome, StorageBusy
from server.application.slow import SlowBatch, Slowness
from tests.support.fakes import FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish

pytestmark = pytest.mark.asyncio


class Slow(MemoryStore):
    """Takes its time for a commit, or gives up after it."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__((TENANT,))
        self._clock = clock
        self.seconds = 0.0
        self.busy = False

    async def commit(self, batch: Batch) -> CommitOutcome:
        self._clock.advance(self.seconds)
        if self.busy:
            raise StorageBusy
        return await super().commit(batch)


async def a_speaker(told: list[SlowBatch], seconds: float = 1.0) -> tuple[Speaker, Slow]:
    clock = FakeClock()
    store = Slow(clock)
    node = a_node(store, clock=clock)
    node.slowness = Slowness(seconds=seconds, tell=told.append)
    await furnish(node, TENANT)
    return Speaker(node, an_actor(), "client-1"), store


async def test_a_command_that_waits_for_the_database_is_told_with_its_stages():
    told: list[SlowBatch] = []
    speaker, store = await a_speaker(told)

    await speaker.do(an_order_placed())
    store.seconds = 1.5
    line = LineId("order-1-l1")
    await speaker.do(SetQuantity(order_id=OrderId("order-1"), line_id=line, quantity=9))
    store.seconds = 0.9
    await speaker.do(SetQuantity(order_id=OrderId("order-1"), line_id=line, quantity=7))

    assert told == [
        SlowBatch(
            tenant_id=TENANT,
            kinds=("SetQuantity",),
            count=1,
            seconds=1.5,
            stages={"queue": 0.0, "decide": 0.0, "commit": 1.5, "announce": 0.0},
            answered=True,
        )
    ]


async def test_a_command_that_gets_no_verdict_is_told_too():
    told: list[SlowBatch] = []
    speaker, store = await a_speaker(told)
    store.seconds, store.busy = 2.0, True

    with pytest.raises(StorageBusy):
        await speaker.do(an_order_placed())

    assert [(slow.kinds, slow.answered, slow.seconds) for slow in told] == [
        (("CreateOrder",), False, 2.0)
    ]


async def test_what_is_logged_of_a_batch_is_not_in_the_name_of_who_asked_first():
    named: list[dict[str, object]] = []
    clock = FakeClock()
    node = a_node(Slow(clock), clock=clock)
    node.slowness = Slowness(seconds=-1.0, tell=lambda _: named.append(get_contextvars()))

    with bound_contextvars(request_id="request-1"):
        await furnish(node, TENANT)

    assert named
    assert all(names == {} for names in named)


async def test_a_node_that_is_not_asked_to_tells_of_none():
    told: list[SlowBatch] = []
    speaker, store = await a_speaker(told, seconds=Slowness().seconds)
    store.seconds = 3_600.0

    assert (await speaker.do(an_order_placed())).changed
    assert told == []
