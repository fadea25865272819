"""An installation opened without a server, for what an operator does by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from getpass import getuser

import msgspec

from protocols.vocabulary import ClientId, Number, PersonId, TenantId
from server.application.accounts import Tenant
from server.application.device_door import DeviceDoor
from server.application.device_news import DeviceNews
from server.application.node import Node
from server.application.people import JournalPeople
from server.application.sign_in import Entrance, Lifetime
from server.application.submission import Submission
from server.application.verdict import Denied
from server.domain.actor import Actor
from server.domain.records import Record, SaveRecord
from server.domain.roles import ALL
from server.http.passwords import Argon2
from server.realtime.fanout_memory import MemoryBus
from server.settings import Settings
from server.storage.migrate import migrate
from server.storage.open import Storage, open_storage
from server.storage.postgres.role import boundless_role
from server.storage.revisions import is_known, revisions
from server.system import RandomIds, SystemClock


class CannotDo(Exception):
    """The chore cannot be done; the message says why and how to go on."""


async def bring_up(settings: Settings) -> None:
    """Make or upgrade the schema, and the folder of an embedded database."""
    if settings.embedded:
        folder = settings.database_file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            said = f"the folder {folder} cannot be made: {problem.strerror}"
            raise CannotDo(f"{said}; choose another with KANVOY_DATA") from problem
    await _must_not_be_newer(settings)
    await migrate(settings.database)


async def _must_not_be_newer(settings: Settings) -> None:
    """An older program would not know what it writes into."""
    if settings.embedded and not await asyncio.to_thread(settings.database_file.is_file):
        return
    stands, _ = await revisions(settings.database)
    if stands is not None and not is_known(stands):
        said = f"the schema stands at {stands}, which this version does not know"
        raise CannotDo(f"{said}; a newer Kanvoy made it: run that, or restore an older backup")


async def must_be_there(settings: Settings) -> None:
    """Raise `CannotDo` unless there is a database with today's schema; changes nothing."""
    if settings.embedded and not await asyncio.to_thread(settings.database_file.is_file):
        raise CannotDo("there is no database yet; `kanvoy migrate` makes it")
    await _must_not_be_newer(settings)
    stands, wanted = await revisions(settings.database)
    if stands != wanted:
        said = f"the schema stands at {stands or 'nothing'} and {wanted} is needed"
        raise CannotDo(f"{said}; run `kanvoy migrate`")


async def must_be_bound(settings: Settings) -> None:
    """Raise `CannotDo` when row-level security would not bind us. [JN]"""
    # JN25
    if role := await boundless_role(settings.database):
        said = f"the role {role!r} may bypass row-level security, the second wall between tenants"
        raise CannotDo(
            f"{said}; serve with one that is NOSUPERUSER NOBYPASSRLS (docs/operations/backup.md)"
        )


class Desk:
    """An opened installation without a server: what chores need of it."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        """Work on this storage."""
        self.clock, self.ids, self.storage = SystemClock(), RandomIds(), storage
        self.node = Node(storage.store, self.clock, self.ids, MemoryBus().fanout(), _raise)
        self.people = JournalPeople(self.node, settings.preset)
        self.entrance = Entrance(
            storage.accounts,
            self.people,
            Argon2(),
            clock=self.clock,
            ids=self.ids,
            lifetime=Lifetime(longest=0, idle=0),
        )
        self.devices = DeviceDoor(
            storage.devices,
            storage.accounts,
            # Nobody is connected to a desk; the nodes hear of it from their journals.
            DeviceNews(self.node, lambda *_: None),
            settings.preset,
            clock=self.clock,
            ids=self.ids,
        )
        self._client = ClientId(f"chore-{self.ids.uuid()}")
        self._numbers: dict[TenantId, int] = {}

    async def tenant(self, slug: str) -> Tenant:
        """The tenant of this short name."""
        tenant = await self.storage.accounts.tenant_by_slug(slug)
        if tenant is None:
            raise CannotDo(f"there is no tenant {slug!r}; see `kanvoy doctor` for the list")
        return tenant

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
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """The installation, closed at the end; its schema must be up to date."""
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
