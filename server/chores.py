"""What an operator does by hand: bring up the schema, found tenants, let users in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from getpass import getuser
from pathlib import Path

import msgspec

from protocols.vocabulary import ClientId, Currency, Number, PersonId, Role, TenantId
from server.application.accounts import Tenant
from server.application.node import Node
from server.application.people import JournalPeople
from server.application.sign_in import Entrance, Lifetime
from server.application.submission import Submission
from server.application.verdict import Denied
from server.domain.actor import Actor
from server.domain.records import Person, Record, SaveRecord
from server.domain.records import Settings as TenantSettings
from server.domain.roles import ALL
from server.domain.workflow.presets import PRESETS
from server.http.passwords import Argon2
from server.realtime.fanout_memory import MemoryBus
from server.settings import Settings
from server.storage.migrate import migrate
from server.storage.open import Storage, open_storage
from server.system import RandomIds, SystemClock, local_time_zone

SHORTEST_PASSWORD = 12
"""Length is what counts (NIST SP 800-63B), and there is no second factor yet."""


class CannotDo(Exception):
    """The chore cannot be done; the message says why and how to go on."""


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant to be founded."""

    slug: str
    name: str
    currency: Currency
    workflow: str
    locale: str = "en"
    time_zone: str = ""


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A person who shall sign in."""

    slug: str
    email: str
    name: str
    roles: tuple[Role, ...]
    password: str


async def bring_up(settings: Settings) -> None:
    """Make or upgrade the schema, and the folder of an embedded database."""
    if settings.embedded:
        Path(settings.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    await migrate(settings.database)


async def create_tenant(settings: Settings, wanted: NewTenant) -> Tenant:
    """Found a tenant with its settings and a workflow."""
    if wanted.workflow not in PRESETS:
        raise CannotDo(f"no workflow {wanted.workflow!r}; choose one of {', '.join(PRESETS)}")
    async with _desk(settings) as desk:
        tenant = Tenant(
            id=TenantId(desk.ids.uuid()),
            slug=wanted.slug,
            name=wanted.name,
            created_at=desk.clock.now(),
        )
        if not await desk.storage.accounts.create_tenant(tenant):
            raise CannotDo(f"there is a tenant {wanted.slug!r} already; choose another short name")
        record = TenantSettings(
            name=wanted.name,
            currency=wanted.currency,
            locale=wanted.locale,
            time_zone=wanted.time_zone or local_time_zone(),
        )
        await desk.save(tenant.id, record)
        await desk.save(tenant.id, PRESETS[wanted.workflow]())
        return tenant


async def create_user(settings: Settings, wanted: NewUser) -> Person:
    """Let a person of a tenant sign in."""
    if len(wanted.password) < SHORTEST_PASSWORD:
        raise CannotDo(f"the password is too short; {SHORTEST_PASSWORD} characters are the least")
    async with _desk(settings) as desk:
        tenant = await desk.storage.accounts.tenant_by_slug(wanted.slug)
        if tenant is None:
            raise CannotDo(f"there is no tenant {wanted.slug!r}; see `kanvoy doctor` for the list")
        person = Person(
            id=PersonId(desk.ids.uuid()),
            email=wanted.email,
            name=wanted.name,
            roles=wanted.roles,
        )
        # The password first: a person's record without one would only clutter the pickers.
        password = wanted.password
        if not await desk.entrance.set_password(tenant.id, person.id, person.email, password):
            raise CannotDo(f"{wanted.email} is another person's in this tenant")
        await desk.save(tenant.id, person)
        return person


class Desk:
    """An opened installation without a server: what chores need of it."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        """Work on this storage."""
        self.clock, self.ids, self.storage = SystemClock(), RandomIds(), storage
        self.node = Node(storage.store, self.clock, self.ids, MemoryBus().fanout(), _raise)
        self.entrance = Entrance(
            storage.accounts,
            JournalPeople(self.node, settings.preset),
            Argon2(),
            clock=self.clock,
            ids=self.ids,
            lifetime=Lifetime(longest=0, idle=0),
        )
        self._client = ClientId(f"chore-{self.ids.uuid()}")
        self._numbers: dict[TenantId, int] = {}

    async def save(self, tenant_id: TenantId, record: Record) -> None:
        """Write a record through the one write path."""
        self._numbers[tenant_id] = self._numbers.get(tenant_id, 0) + 1
        verdict = await self.node.submit(
            Submission(
                actor=_operator(tenant_id),
                client_id=self._client,
                number=Number(self._numbers[tenant_id]),
                command=SaveRecord(record=record),
            )
        )
        if isinstance(verdict, Denied):
            raise CannotDo(f"the rules refuse it: {msgspec.to_builtins(verdict.rejection)}")


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[Desk]:
    await bring_up(settings)
    async with open_storage(settings.database) as storage:
        desk = Desk(settings, storage)
        yield desk
        await desk.node.close()


def _operator(tenant_id: TenantId) -> Actor:
    """Who has the machine: named in the timeline, so that a record's maker is known."""
    return Actor(
        tenant_id=tenant_id,
        id=PersonId("system"),
        name=f"{getuser()} (command line)",
        roles=(),
        permissions=ALL,
        via="system",
    )


def _raise(bug: Exception, _submission: Submission) -> None:
    raise bug
