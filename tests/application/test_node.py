"""Journals of one node: loaded once, told of, forgotten, and never in each other's way."""

import asyncio
from collections.abc import Sequence as Series
from typing import Any

import pytest

from protocols.commands import SetPriority
from protocols.vocabulary import OrderId, PersonId, Role, TenantId
from server.application.images import Change
from server.application.node import Node
from server.application.people import JournalPeople
from server.application.ports import Head, Loaded, StorageBusy
from server.application.verdict import Done
from server.domain.records import Person, SaveRecord
from tests.support.fakes import FakeClock
from tests.support.memory_store import MemoryStore
from tests.support.nodes import OWNER, TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")
OTHER = TenantId("tenant-b")


async def a_board() -> tuple[MemoryStore, Node, Speaker, FakeClock]:
    """One order, a furnished tenant."""
    store, clock = MemoryStore([TENANT, OTHER]), FakeClock()
    node = a_node(store, clock=clock)
    await furnish(node)
    speaker = Speaker(node)
    await speaker.do(an_order_placed(ORDER))
    return store, node, speaker, clock


class Ear:
    """Listens, and may fail at it."""

    def __init__(self, fault: Exception | None = None) -> None:
        """Fail with this, or with nothing."""
        self._fault = fault
        self.heard: list[str] = []

    def applied(self, changes: Series[Change]) -> None:
        """Rows came."""
        if self._fault is not None:
            raise self._fault
        self.heard += ["applied"] * len(changes)

    def reset(self) -> None:
        """Start over."""
        self.heard.append("reset")


@rule("JN8")
async def test_a_listener_that_fails_starts_over_and_costs_nobody_a_verdict() -> None:
    _, node, speaker, _ = await a_board()
    journal = await node.journal(TENANT)
    broken, behind = Ear(LookupError("a bug")), Ear()
    journal.listen(broken)
    journal.listen(behind)
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    verdict = await speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)

    assert isinstance(verdict, Done)
    assert (broken.heard, behind.heard) == (["reset"], ["applied"])
    assert isinstance(told[0]["exception"], LookupError)


class Sick(MemoryStore):
    """Cannot load the tenants in `sick`, nor say more of them than their heads."""

    sick: frozenset[TenantId] = frozenset()

    async def head(self, tenant_id: TenantId) -> Head:
        """Fail for the sick."""
        if tenant_id in self.sick:
            raise LookupError(tenant_id)
        return await super().head(tenant_id)

    async def load(self, tenant_id: TenantId) -> Loaded:
        """Fail for the sick, later."""
        await asyncio.sleep(0)
        if tenant_id in self.sick:
            raise StorageBusy
        return await super().load(tenant_id)


@rule("HB4")
async def test_a_journal_that_cannot_be_read_holds_up_no_other() -> None:
    store = Sick([OTHER, TENANT])
    node, elsewhere = a_node(store), a_node(store, seed=2)
    for tenant_id in (OTHER, TENANT):
        await node.images(tenant_id)
        await furnish(elsewhere, tenant_id)
    store.sick = frozenset({OTHER})

    with pytest.raises(LookupError):
        await node.beat()

    assert (await node.images(TENANT)).head == await store.head(TENANT)


async def test_all_who_waited_for_a_load_that_failed_get_the_same_journal_then() -> None:
    store = Sick([TENANT])
    store.sick = frozenset({TENANT})
    node = a_node(store)

    async def insist() -> object:
        while True:
            try:
                return await node.journal(TENANT)
            except StorageBusy:
                store.sick = frozenset()

    journals = await asyncio.gather(*(insist() for _ in range(5)))

    assert {id(journal) for journal in journals} == {id(await node.journal(TENANT))}


@rule("JN20")
async def test_a_journal_that_nobody_used_is_forgotten_and_read_anew() -> None:
    _, node, speaker, clock = await a_board()
    first = await node.journal(TENANT)
    clock.advance(601)

    assert node.evict(in_use=()) == [TENANT]
    verdict = await speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)

    assert isinstance(verdict, Done)
    assert await node.journal(TENANT) is not first


@rule("JN20")
async def test_a_journal_in_use_stays() -> None:
    _, node, speaker, clock = await a_board()
    clock.advance(599)
    assert node.evict(in_use=()) == []
    clock.advance(2)
    assert node.evict(in_use={TENANT}) == []

    coming = node.submit(speaker.next(SetPriority(order_id=ORDER, priority=3), base_version=1))
    clock.advance(601)

    assert node.evict(in_use=()) == []
    assert isinstance(await coming, Done)


@rule("JN20")
async def test_what_other_nodes_write_does_not_keep_a_journal() -> None:
    store, node, _, clock = await a_board()
    elsewhere = Speaker(a_node(store, seed=2), client_id="client-2")
    clock.advance(599)
    await elsewhere.do(SetPriority(order_id=ORDER, priority=3), base_version=1)
    await node.beat()
    clock.advance(2)

    assert node.evict(in_use=()) == [TENANT]


@rule("AU10", "JN20")
async def test_a_changed_role_is_told_also_of_a_journal_that_was_forgotten() -> None:
    _, node, speaker, clock = await a_board()
    changed: list[PersonId] = []
    people = JournalPeople(node, "open-S2", lambda _, person: changed.append(person.id))
    await people.person(TENANT, PersonId("ben"))
    clock.advance(601)
    node.evict(in_use=())
    await people.person(TENANT, PersonId("ben"))

    await speaker.do(SaveRecord(record=a_person("ben", ("csr",))))

    assert changed == ["ben"]


@rule("AU10")
async def test_a_role_that_a_rollback_took_back_is_told() -> None:
    store, node, speaker, _ = await a_board()
    changed: list[tuple[PersonId, bool, tuple[Role, ...]]] = []
    people = JournalPeople(
        node, "open-S2", lambda _, one: changed.append((one.id, one.active, one.roles))
    )
    await people.person(TENANT, PersonId("ben"))
    await speaker.do(SaveRecord(record=a_person("ben", ("superadmin",))))
    await speaker.do(SaveRecord(record=a_person("eve", OWNER)))
    changed.clear()
    store.rollback(TENANT, 2)

    await node.beat()

    assert changed == [("ben", True, OWNER), ("eve", False, OWNER)]


def a_person(person_id: str, roles: tuple[Role, ...]) -> Person:
    """A colleague with these roles."""
    return Person(id=PersonId(person_id), email="x@example.org", name=person_id, roles=roles)
