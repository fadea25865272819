"""What the adapters need of a database: consistent reads and atomic writes, inside one scope."""

from dataclasses import dataclass
from typing import Protocol

from protocols.vocabulary import TenantId
from server.storage.flavour import Flavour
from server.storage.prepared import Query
from server.storage.records import Record


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a transaction may see, told to PostgreSQL's row-level security.

    Without a tenant, nothing of any tenant. The other three open one door each for reading:
    the heads of several journals, the device that holds a token, the credentials of an e-mail.
    """

    tenant: TenantId | None = None
    tenants: tuple[TenantId, ...] = ()
    token_hash: bytes = b""
    email: str = ""

    @property
    def whose_turn(self) -> str:
        """Whose turn a transaction takes; all that speak for no tenant share one."""
        return self.tenant or ""


class Taken(Exception):
    """Nothing was written: a name that must be unique is somebody else's."""


class Orphaned(Exception):
    """Nothing was written: what it belongs to is not there any more."""


class Database(Protocol):
    """A database in the tongue of Core statements."""

    @property
    def flavour(self) -> Flavour:
        """How statements for it are written."""

    async def read(self, scope: Scope, *queries: Query) -> list[list[Record]]:
        """The answers to all queries, from one snapshot of what is committed."""

    async def write(self, scope: Scope, *queries: Query) -> list[list[Record]]:
        """Do all or nothing, durably; answers what the queries return.

        Raises `StorageBusy` when it could not be done now, `Taken` when uniqueness forbids it,
        `Orphaned` when a foreign key does.
        """
