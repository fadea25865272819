"""The faults that only the fake can suffer, on purpose."""

import pytest

from protocols.vocabulary import AggregateId, ClientId, Sequence, TenantId
from server.application.ports import Committed, LostRace, StorageBusy
from tests.support.memory_store import MemoryStore
from tests.support.scribe import Scribe, an_order, done

pytestmark = pytest.mark.asyncio

ACME = TenantId("acme")


async def test_a_failure_before_the_commit_stores_nothing():
    store, scribe = MemoryStore([ACME]), Scribe("acme")
    store.fail_before_commit = 1

    with pytest.raises(StorageBusy):
        await scribe.write(store, an_order("o-1"))

    assert (await store.head(ACME)).sequence == 0
    assert await scribe.write(store, an_order("o-1")) == Committed()


async def test_a_failure_after_the_commit_leaves_the_outcome_to_the_fence():
    store, scribe = MemoryStore([ACME]), Scribe("acme")
    store.fail_after_commit = 1

    with pytest.raises(StorageBusy):
        await scribe.write(store, an_order("o-1"))

    assert (await store.head(ACME)).sequence == 1
    assert await scribe.write(store, an_order("o-1")) == LostRace()


async def test_a_rollback_loses_the_newest_batches_and_only_those():
    store, scribe = MemoryStore([ACME]), Scribe("acme")
    await scribe.write(store, an_order("o-1"), answers=[done("phone", 1)])
    kept = scribe.head
    await scribe.write(store, an_order("o-2"), answers=[done("phone", 2)])
    await scribe.write(store, an_order("o-3"), answers=[done("phone", 3)])

    store.rollback(ACME, 2)

    assert await store.head(ACME) == kept
    assert set((await store.find(ACME, [AggregateId("o-1"), AggregateId("o-2")]))[1]) == {"o-1"}
    assert await store.last_number(ACME, ClientId("phone")) == 1


async def test_a_trimmed_journal_knows_where_it_begins():
    store, scribe = MemoryStore([ACME]), Scribe("acme")
    for number in range(5):
        await scribe.write(store, an_order(f"o-{number}"))

    store.trim(ACME, 2)

    assert await store.first_kept(ACME) == 4
    assert await store.nonce_at(ACME, Sequence(3)) is None
    assert [row.sequence for row in await store.rows_after(ACME, Sequence(0))] == [4, 5]
    store.trim(ACME, 0)
    assert await store.first_kept(ACME) == 6
