"""Writers that do not wait for a backup: a thread with a loop of its own, and what it was told."""

import asyncio
import random
import threading
from collections.abc import Callable

import msgspec

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Tenant
from server.application.ports import Aggregate, Committed
from server.storage.open import Storage, open_storage
from tests.support.scribe import Scribe, a_product, an_order, done, later, moved_on

TENANTS = tuple(TenantId(name) for name in ("acme", "bolt", "corn"))

CLIENT = "phone"

_PATIENCE = 60.0
"""Seconds that a loaded machine may take for what needs a tenth of one."""


class Mark(msgspec.Struct, frozen=True):
    """What one tenant was told last: how many rows and how many commands are durable."""

    sequence: int = 0
    number: int = 0


async def found(url: str, orders: int) -> None:
    """Three tenants with some orders each."""
    async with open_storage(url) as storage:
        for tenant_id in TENANTS:
            tenant = Tenant(id=tenant_id, slug=tenant_id, name=tenant_id, created_at=Instant(1))
            assert await storage.accounts.create_tenant(tenant)
            scribe = Scribe(tenant_id, seed=1)
            await scribe.write(storage.store, *(an_order(f"old-{n}") for n in range(orders)))


class Writers:
    """One writer per tenant, until they are asked to stop."""

    def __init__(self, url: str, seed: int) -> None:
        self.acknowledged = dict.fromkeys(TENANTS, Mark())
        self.numbers: dict[tuple[TenantId, int], int] = {}
        """Which command made a journal end where it ended."""
        self._url = url
        self._seed = seed
        self._stop = False
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writers", daemon=True)

    def __enter__(self) -> "Writers":
        self._thread.start()
        self.wait_for(lambda: all(mark.number > 1 for mark in self.acknowledged.values()))
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join(_PATIENCE)
        if self._fault is not None:
            raise self._fault

    def total(self) -> int:
        """Commands that were acknowledged so far."""
        return sum(mark.number for mark in self.acknowledged.values())

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Return as soon as it is so."""
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.002)):
            if is_so():
                return
            if self._fault is not None or not self._thread.is_alive():
                break
            pause.wait(0.002)
        raise AssertionError("the writers do not write") from self._fault

    def _run(self) -> None:
        try:
            asyncio.run(self._write())
        except BaseException as fault:  # noqa: BLE001 - told by whoever asked us to write
            self._fault = fault

    async def _write(self) -> None:
        async with open_storage(self._url) as storage:
            await asyncio.gather(*(self._write_for(storage, each) for each in TENANTS))

    async def _write_for(self, storage: Storage, tenant_id: TenantId) -> None:
        dice = random.Random(f"{self._seed} {tenant_id}")
        scribe = Scribe(tenant_id, seed=self._seed + 1, head=await storage.store.head(tenant_id))
        mine: list[Aggregate] = []
        number = 0
        while not self._stop:
            number += 1
            changed = self._change(dice, mine, number)
            answers = [done(CLIENT, number)]
            assert await scribe.write(storage.store, *changed, answers=answers) == Committed()
            self.numbers[tenant_id, scribe.head.sequence] = number
            self.acknowledged[tenant_id] = Mark(scribe.head.sequence, number)

    def _change(self, dice: random.Random, mine: list[Aggregate], number: int) -> list[Aggregate]:
        """A new order and a few that move on."""
        places = dice.sample(range(len(mine)), min(len(mine), dice.randrange(1, 6)))
        new = a_product("p-1") if number == 1 else an_order(f"new-{number}")
        changed: list[Aggregate] = [new]
        for place in places:
            one = mine[place]
            mine[place] = later(one) if one.id == "p-1" else moved_on(one)
            changed.append(mine[place])
        mine.append(new)
        return changed
