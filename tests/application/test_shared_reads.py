"""Many who ask for the same at once share reads, and never one that began too early."""

import asyncio

import pytest

from protocols.vocabulary import Sequence, TenantId
from server.application.ports import Head, StorageBusy
from server.application.shared_reads import SharedReads
from tests.support.nodes import TENANT
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

OTHER = TenantId("other")


class Storage:
    """Answers with the head as it was when it was asked, once it is let."""

    def __init__(self) -> None:
        self.sequence = 1
        self.asked: list[TenantId] = []
        self.faults: list[StorageBusy] = []
        self.lets = asyncio.Event()

    async def head(self, tenant_id: TenantId) -> Head:
        self.asked.append(tenant_id)
        head = Head(sequence=Sequence(self.sequence))
        await self.lets.wait()
        if self.faults:
            raise self.faults.pop()
        return head


async def begun(*waits: "asyncio.Task[Head]") -> None:
    """Let everybody come as far as they can."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(wait.done() for wait in waits)


async def test_who_asks_in_the_same_moment_shares_one_read():
    storage = Storage()
    storage.lets.set()
    reads = SharedReads(storage.head)

    heads = await asyncio.gather(*(reads.of(TENANT) for _ in range(50)))

    assert [head.sequence for head in heads] == [1] * 50
    assert storage.asked == [TENANT]


@rule("HT12", "WT22")
async def test_who_asks_while_a_read_is_under_way_gets_what_was_committed_meanwhile():
    storage = Storage()
    reads = SharedReads(storage.head)
    early = asyncio.create_task(reads.of(TENANT))
    await begun(early)

    storage.sequence = 2
    late = [asyncio.create_task(reads.of(TENANT)) for _ in range(3)]
    await begun(early, *late)
    storage.lets.set()

    assert (await early).sequence == 1
    assert [(await each).sequence for each in late] == [2, 2, 2]
    assert len(storage.asked) == 2


async def test_a_fault_is_told_to_all_who_shared_the_read_and_to_nobody_else():
    storage = Storage()
    storage.faults = [StorageBusy(1.0)]
    storage.lets.set()
    reads = SharedReads(storage.head)

    both = await asyncio.gather(reads.of(TENANT), reads.of(TENANT), return_exceptions=True)

    assert [type(each) for each in both] == [StorageBusy, StorageBusy]
    assert (await reads.of(TENANT)).sequence == 1


async def test_a_fault_of_the_read_before_does_not_reach_who_asked_later():
    storage = Storage()
    storage.faults = [StorageBusy(1.0)]
    reads = SharedReads(storage.head)
    early = asyncio.create_task(reads.of(TENANT))
    await begun(early)
    late = asyncio.create_task(reads.of(TENANT))
    await begun(late)
    storage.lets.set()

    with pytest.raises(StorageBusy):
        await early
    assert (await late).sequence == 1


async def test_who_no_longer_waits_leaves_the_read_to_the_others():
    storage = Storage()
    reads = SharedReads(storage.head)
    leaving, staying = (asyncio.create_task(reads.of(TENANT)) for _ in range(2))
    await begun(leaving, staying)

    leaving.cancel()
    storage.lets.set()

    assert (await staying).sequence == 1
    assert leaving.cancelled()


async def test_tenants_do_not_wait_for_each_others_reads():
    storage = Storage()
    reads = SharedReads(storage.head)
    waits = [asyncio.create_task(reads.of(each)) for each in (TENANT, OTHER)]
    await begun(*waits)

    assert storage.asked == [TENANT, OTHER]
    storage.lets.set()
    await asyncio.gather(*waits)
