"""A tenant with many people, all of them signed in: written as the product writes it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from protocols.vocabulary import Instant, PersonId, TenantId
from server.application.accounts import Credential, SignIn, Tenant
from server.application.sign_in import hashed
from server.desk import Desk, bring_up, open_desk
from server.domain.orders.state import Order
from server.domain.records import Person
from server.settings import Settings
from tests.bench.seed import as_batches, orders, records

TENANT = TenantId("storm")

_DAY_MS = 24 * 60 * 60 * 1_000


class Crowd:
    """So many people, and what each shows to come in. Passwords they have none."""

    def __init__(self, people: int, orders: int) -> None:
        """Nobody is there before `fill`."""
        self.tokens: list[str] = []
        self._people, self._orders = people, orders

    def fill(self, folder: Path, database_url: str) -> None:
        """Write the tenant into an empty database."""
        asyncio.run(self._fill(Settings(data=folder, database_url=database_url)))

    async def _fill(self, settings: Settings) -> None:
        await bring_up(settings)
        async with open_desk(settings) as desk:
            accounts, now = desk.storage.accounts, desk.clock.now()
            tenant = Tenant(id=TENANT, slug=TENANT, name="Storm", created_at=now)
            await accounts.create_tenant(tenant)
            people = [_person(at) for at in range(self._people)]
            placed = [*records(), *people, *_orders(self._orders)]
            for batch in as_batches(TENANT, placed, desk.ids):
                await desk.storage.store.commit(batch)
            self.tokens = [await _signed_in(desk, person, now) for person in people]


def _orders(count: int) -> Iterator[Order]:
    """Orders that nobody drives, or the server would raise alarms: changes by nobody of us."""
    for order in orders(0, count, movable=True):
        driverless = tuple(replace(each, driver_id=None) for each in order.deliveries)
        yield replace(order, deliveries=driverless)


def _person(at: int) -> Person:
    return Person(
        id=PersonId(f"person-{at}"),
        email=f"person-{at}@storm.example",
        name=f"Person {at}",
        roles=("backoffice",),
    )


async def _signed_in(desk: Desk, person: Person, now: Instant) -> str:
    """What the door for people writes when a password was right; answers the token."""
    accounts, token = desk.storage.accounts, desk.ids.token()
    credential = Credential(
        tenant_id=TENANT,
        person_id=person.id,
        email=person.email,
        password_hash="none opens it",
        changed_at=now,
    )
    assert await accounts.put_credential(credential)
    await accounts.open_sign_in(
        SignIn(
            tenant_id=TENANT,
            id=desk.ids.uuid(),
            person_id=person.id,
            kind="bearer",
            token_hash=hashed(token),
            nonce=desk.ids.token(),
            created_at=now,
            seen_at=now,
            expires_at=Instant(now + _DAY_MS),
        )
    )
    return token
