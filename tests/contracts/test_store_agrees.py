"""Any series of calls gets the same answers from every store: the fake is no kinder than SQL."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from protocols.vocabulary import AggregateId, ClientId, Epoch, Instant, Number, Sequence, TenantId
from server.application.accounts import Tenant
from server.application.ports import Head, Store
from server.storage.open import Storage, open_storage
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_store import MemoryStore
from tests.support.scribe import Scribe, an_order, archived, denied, done, later

_NAMES = itertools.count(1)
_CLIENTS = ("phone", "desk")
_ORDERS = ("o-1", "o-2", "o-3")

tenants = st.sampled_from((0, 1))
clients = st.sampled_from(_CLIENTS)
numbers = st.integers(1, 5)
answers = st.lists(
    st.tuples(clients, numbers, st.booleans()), max_size=3, unique_by=lambda answer: answer[:2]
)
changes = st.lists(st.tuples(st.sampled_from(_ORDERS), st.booleans()), max_size=3)


class Agreement(RuleBasedStateMachine):
    """Does the same to a `MemoryStore` and to a store on SQL, and compares every answer."""

    def __init__(self, runner: asyncio.Runner, real: Storage) -> None:
        super().__init__()
        self._runner = runner
        self._fake = MemoryStore()
        self._stores: tuple[Store, Store] = (self._fake, real.store)
        names = [f"agree-{next(_NAMES)}" for _ in range(2)]
        self._tenants = [TenantId(name) for name in names]
        self._heads: list[list[Head]] = [[Head()], [Head()]]
        self._seeds = itertools.count(1)
        for name, accounts in itertools.product(names, (MemoryAccounts(self._fake), real.accounts)):
            tenant = Tenant(id=TenantId(name), slug=name, name=name, created_at=Instant(1))
            assert runner.run(accounts.create_tenant(tenant))

    def _both(self, ask: Callable[[Store], Any]) -> Any:
        async def run() -> list[Any]:
            return [await ask(store) for store in self._stores]

        fake, real = self._runner.run(run())
        assert fake == real
        return fake

    @rule(tenant=tenants, changes=changes, answers=answers, behind=st.sampled_from((0, 0, 0, 1)))
    def commit(self, tenant: int, changes: list[Any], answers: list[Any], behind: int) -> None:
        """Commit on the newest head, or on the one before it."""
        known = self._heads[tenant]
        base = known[max(0, len(known) - 1 - behind)]
        scribe = Scribe(self._tenants[tenant], seed=next(self._seeds), head=base)
        batch = scribe.batch(
            *(self._order(name, closed=closed) for name, closed in changes),
            answers=[
                done(client, number) if happened else denied(client, number)
                for client, number, happened in answers
            ],
        )
        self._both(lambda store: store.commit(batch))
        head = self._both(lambda store: store.head(self._tenants[tenant]))
        if head != known[-1]:
            known.append(head)

    def _order(self, name: str, *, closed: bool) -> Any:
        # Versions only rise; that they rise by one is not the store's business.
        order = later(an_order(name), version=next(self._seeds))
        return archived(order) if closed else order

    @rule(tenant=tenants, seen=st.integers(1, 3))
    def bump_epoch(self, tenant: int, seen: int) -> None:
        """Raise the epoch, or fail to."""
        one = self._tenants[tenant]
        self._both(lambda store: store.bump_epoch(one, Epoch(seen)))
        self._heads[tenant].append(self._both(lambda store: store.head(one)))

    @rule(tenant=tenants, client=clients, upto=numbers)
    def forget(self, tenant: int, client: str, upto: int) -> None:
        """Forget verdicts."""
        one = self._tenants[tenant]
        self._both(lambda store: store.forget_verdicts(one, ClientId(client), Number(upto)))

    @rule(tenant=tenants, after=st.integers(0, 9), limit=st.integers(1, 5))
    def page(self, tenant: int, after: int, limit: int) -> None:
        """Read some rows, of the journal and of one order, and what they touched."""
        one, sequence = self._tenants[tenant], Sequence(after)
        order = AggregateId(_ORDERS[after % 3])
        self._both(lambda store: store.rows_after(one, sequence, limit=limit))
        self._both(lambda store: store.rows_of(one, order, before=sequence, limit=limit))
        self._both(lambda store: store.nonce_at(one, sequence))
        for key in ("board", f"order:{order}", "order:"):
            self._both(lambda store, key=key: _touched(store, one, after, after + limit, key))

    @invariant()
    def agree(self) -> None:
        """Heads, images, numbers and verdicts are the same everywhere."""
        self._both(lambda store: store.heads([*self._tenants, TenantId("nobody")]))
        for one in self._tenants:
            self._both(lambda store, one=one: _loaded(store, one))
            self._both(lambda store, one=one: store.find(one, [AggregateId(i) for i in _ORDERS]))
            self._both(lambda store, one=one: store.first_kept(one))
            for client in _CLIENTS:
                self._agree_about(one, ClientId(client))

    def _agree_about(self, tenant_id: TenantId, client: ClientId) -> None:
        asked = [Number(number) for number in range(1, 6)]
        self._both(lambda store: store.last_number(tenant_id, client))
        self._both(lambda store: store.verdicts(tenant_id, client, asked))
        for number in asked:
            self._both(lambda store, number=number: store.rows_by(tenant_id, client, number))


async def _loaded(store: Store, tenant_id: TenantId) -> Any:
    loaded = await store.load(tenant_id)
    return loaded.head, {one.id: one for one in loaded.aggregates}


async def _touched(store: Store, tenant_id: TenantId, after: int, upto: int, key: str) -> Any:
    found = await store.touched_between(tenant_id, Sequence(after), Sequence(upto), key)
    return sorted(found)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def running(request: pytest.FixtureRequest) -> Iterator[tuple[asyncio.Runner, Storage]]:
    """A store on SQL, in an event loop that outlives the steps."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_storage"
    place = request.getfixturevalue(name)
    with asyncio.Runner() as runner:
        opening = open_storage(place if isinstance(place, str) else place.url)
        yield runner, runner.run(opening.__aenter__())
        runner.run(opening.__aexit__(None, None, None))


def test_every_store_answers_as_the_fake_does(running: tuple[asyncio.Runner, Storage]):
    # 10 series of 15 calls, each compared in 40 ways: 3 s on PostgreSQL (2026-11).
    few = settings(max_examples=10, stateful_step_count=15, deadline=None)

    run_state_machine_as_test(lambda: Agreement(*running), settings=few)

    assert next(_NAMES) > 10
