"""X11: copies of a journal that somebody tampered with; verify and anchors see every one."""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.vocabulary import Instant, TenantId
from server.anchoring import check as checking
from server.anchoring.anchor import Anchor, anchor_of, sign
from server.anchoring.check import Breach, standing
from server.application.accounts import Tenant
from server.application.ports import Store
from server.storage.accounts import SqlAccounts
from server.storage.database import Database, Scope
from server.storage.flavour import SQLITE, Flavour
from server.storage.migrate import migrate
from server.storage.open import Storage, open_storage
from server.storage.prepared import Query
from server.storage.records import Record
from server.storage.store import SqlStore
from server.storage.verify import Finding as Flaw
from server.storage.verify import verify
from tests.experiments.audit_copies import FAMILIES, Copy
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.support.scribe import Scribe, a_product, an_order, done, later, moved_on

_ROWS = 8
"""Rows of each of two aggregates. Longer journals only take longer."""


class Watch(msgspec.Struct, frozen=True):
    """Who looks at a copy; the experiment's own tests put a blind eye in."""

    verify: Callable[[Database, TenantId], Awaitable[list[Flaw]]] = verify
    check: Callable[[Store, TenantId, list[Anchor]], Awaitable[list[Breach]]] = checking.check
    read: Callable[[list[bytes], Ed25519PublicKey], tuple[list[Anchor], list[str]]] = checking.read


class InMemory:
    """A `Database` for reading one copy; the statements above it are the product's."""

    flavour: Flavour = SQLITE

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")

    async def read(self, _scope: Scope, *queries: Query) -> list[list[Record]]:
        """The answers, in one thread and so of one moment."""
        return [self.connection.execute(*query).fetchall() for query in queries]

    async def write(self, _scope: Scope, *queries: Query) -> list[list[Record]]:
        """Nobody writes here."""
        raise NotImplementedError(queries)


class Original(msgspec.Struct, frozen=True):
    """What all copies are made of."""

    image: bytes
    lines: tuple[bytes, ...]
    key: Ed25519PublicKey


async def original() -> Original:
    """Write a journal as the product does, with an anchor in its middle and one at its head."""
    key = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kanvoy.sqlite3"
        await migrate(f"sqlite:///{path}")
        async with open_storage(f"sqlite:///{path}") as storage:
            anchors = [anchor async for anchor in _filled(storage)]
        lines = tuple(sign(anchor, key).line() for anchor in anchors)
        with closing(sqlite3.connect(path)) as connection:
            # In memory there is no log; and an administrator drops triggers first.
            connection.execute("PRAGMA journal_mode=DELETE")
            for trigger in ("journal_is_written_once", "journal_is_kept"):
                connection.execute(f"DROP TRIGGER {trigger}")
            return Original(connection.serialize(), lines, key.public_key())


async def _filled(storage: Storage):
    for name, rows in (("acme", _ROWS), ("other", 2)):
        tenant = Tenant(id=TenantId(name), slug=name, name=name, created_at=Instant(1))
        await storage.accounts.create_tenant(tenant)
        scribe, order, product = Scribe(name), an_order("o-1"), a_product("p-1")
        for number in range(1, rows + 1):
            await scribe.write(storage.store, order, product, answers=[done("phone", number)])
            order, product = moved_on(order), later(product)
            if number in (rows // 2, rows):
                yield anchor_of(tenant.id, scribe.head, Instant(number))


class Trials:
    """Plays seeds on copies of one original."""

    def __init__(self, source: Original, watch: Watch) -> None:
        self._source = source
        self._watch = watch
        self._database = InMemory()
        self._store = SqlStore(self._database)
        self._accounts = SqlAccounts(self._database)

    async def untouched(self) -> str:
        """What is said of an honest copy: nothing, or all findings mean nothing."""
        said = await self._said(self._copy())
        return f"an untouched copy is blamed: {said}" if said else ""

    async def play(self, seed: int) -> str:
        """One copy with one change; what went unnoticed."""
        family, copy = FAMILIES[seed % len(FAMILIES)], self._copy()
        family(copy, random.Random(seed))
        said = await self._said(copy)
        return "" if said else f"{family.__name__} went unnoticed"

    def _copy(self) -> Copy:
        self._database.connection.close()
        self._database.connection = sqlite3.connect(":memory:")
        self._database.connection.deserialize(self._source.image)
        return Copy(self._database.connection, list(self._source.lines))

    async def _said(self, copy: Copy) -> list[str]:
        """What `kanvoy verify --anchors` would say."""
        anchors, said = self._watch.read(copy.lines, self._source.key)
        tenants = {tenant.id for tenant in await self._accounts.tenants()}
        for tenant_id in tenants:
            said += map(str, await self._watch.verify(self._database, tenant_id))
        for tenant_id, held in standing(anchors).items():
            if tenant_id not in tenants:
                said = [*said, f"{tenant_id} is gone"]
                continue
            said += map(str, await self._watch.check(self._store, tenant_id, held))
        return said


async def played(request: Request, watch: Watch) -> Result:
    """All copies."""
    trials = Trials(await original(), watch)
    blamed = await trials.untouched()
    seeds = range(request.seed, request.seed + request.count)
    unnoticed = {seed: what for seed in seeds if (what := await trials.play(seed))}
    findings = [Finding(seed, what) for seed, what in unnoticed.items()]
    return Result(
        counts={"copies": request.count, "detected": request.count - len(unnoticed)},
        bad="unnoticed",
        findings=(*([Finding(request.seed, blamed)] if blamed else []), *findings),
    )


def run(request: Request) -> Result:
    """Play as many copies as asked."""
    return asyncio.run(played(request, Watch()))


X11 = Experiment(name="X11", title="audit", counts={"pr": 2_000, "release": 20_000}, run=run)
