"""PostgreSQL as a `Database`: short transactions on pooled connections, each inside its scope."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from server.application.ports import StorageBusy
from server.application.turns import Turns
from server.storage.database import Orphaned, Scope, Taken
from server.storage.flavour import POSTGRES, Flavour
from server.storage.prepared import Query
from server.storage.records import Record

#: Below `max_connections` = 100 with several nodes; a batch holds one for about 2 ms.
_POOL = 10

#: Connections of one tenant: it commits one batch at a time, the rest are reads. The others are
#: for everybody else, so that nobody waits for a tenant that floods.
_EACH = 6

#: Seconds that a call waits for a free connection before the database counts as busy.
_PATIENCE = 5.0

#: Seconds until a silent server counts as lost: above `statement_timeout`, below TCP's 15 minutes,
#: for which a network that swallows packets would hold up every writer of the tenant.
_SILENCE = 35.0

_SETTINGS = {
    "application_name": "kanvoy",
    # Acknowledged means on disk, whatever the server's default is.
    "synchronous_commit": "on",
    # The literals of `_scoped` are safe only with this.
    "standard_conforming_strings": "on",
    # Our statements are short; compiling one would cost more than running it.
    "jit": "off",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "30000",
}

_NOT_NOW = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg says of a connection whose end it has read but not yet acted upon.
    asyncpg.InternalClientError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    TimeoutError,
    OSError,
)

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN"


class PostgresDatabase:
    """Every transaction starts by saying whose rows it may see."""

    flavour: Flavour = POSTGRES

    def __init__(self, pool: Any) -> None:
        """Use a pool of `open_pool`."""
        self._pool = pool
        self._turns = Turns(_POOL, _EACH, patience=_PATIENCE)

    async def read(self, scope: Scope, *queries: Query) -> list[list[Record]]:
        """See `Database`."""
        async with self.transaction(_READ, scope) as connection:
            return [await _fetch(connection, query) for query in queries]

    async def write(self, scope: Scope, *queries: Query) -> list[list[Record]]:
        """See `Database`."""
        try:
            async with self.transaction(_WRITE, scope) as connection:
                return [await _fetch(connection, query) for query in queries]
        except asyncpg.UniqueViolationError as violation:
            raise Taken(str(violation)) from violation
        except asyncpg.ForeignKeyViolationError as violation:
            raise Orphaned(str(violation)) from violation

    @asynccontextmanager
    async def transaction(self, begin: str, scope: Scope) -> AsyncIterator[Any]:
        """A connection inside a transaction that commits at the end, or rolls back on any error.

        Raises `StorageBusy` for what may work later. When the connection is lost during COMMIT
        nobody knows the outcome; trying again is right, for the fence and the verdicts tell.
        """
        with _busy():
            async with (
                self._turns.of(scope.whose_turn),
                self._pool.acquire(timeout=_PATIENCE) as connection,
            ):
                # Begin and scope in one round trip.
                await connection.execute(_scoped(begin, scope))
                try:
                    yield connection
                except BaseException:
                    if not connection.is_closed():
                        await connection.execute("ROLLBACK")
                    raise
                await connection.execute("COMMIT")

    async def close(self) -> None:
        """Wait for running transactions and disconnect."""
        await self._pool.close()


async def open_pool(url: str) -> Any:
    """Connect; `url` is SQLAlchemy's, `postgresql+asyncpg://…`."""
    dsn = url.replace("+asyncpg", "", 1)
    with _busy():
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=_POOL,
            command_timeout=_SILENCE,
            server_settings=_SETTINGS,
            reset=_reset,
        )


async def _reset(connection: Any) -> None:
    """Leave nothing behind. Our settings are local to a transaction, so its end is enough."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def _fetch(connection: Any, query: Query) -> list[Record]:
    return [tuple(record) for record in await connection.fetch(query.text, *query.arguments)]


def _scoped(begin: str, scope: Scope) -> str:
    settings = [f"SET LOCAL app.tenant = {_literal(scope.tenant or '')}"]
    if scope.tenants:
        settings.append(f"SET LOCAL app.tenants = {_literal(','.join(scope.tenants))}")
    if scope.token_hash:
        settings.append(f"SET LOCAL app.token = {_literal(scope.token_hash.hex())}")
    if scope.email:
        settings.append(f"SET LOCAL app.email = {_literal(scope.email)}")
    return "; ".join([begin, *settings])


def _literal(text: str) -> str:
    """A text as SQL. Doubled quotes are all it takes: backslashes mean nothing in our sessions."""
    if "\x00" in text:
        raise ValueError("NUL in a scope")
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _busy() -> Iterator[None]:
    try:
        yield
    except _NOT_NOW as error:
        # asyncpg's words for an argument of the wrong type; trying again would not mend it.
        if isinstance(error, ValueError):
            raise
        raise StorageBusy from error
