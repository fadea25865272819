"""Reading a whole database at one moment, through the same walls that the server stands behind."""

from collections.abc import Iterator

from sqlalchemy import Connection, Select, Table, create_engine, func, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from protocols.vocabulary import TenantId
from server.storage.backup.archive import ArchiveWriter, Frame
from server.storage.backup.manifest import HeadFacts, TableFacts
from server.storage.tables import (
    displays_asking,
    heads,
    login_failures,
    metadata,
    tenants,
    tickets,
)

_PAGE = 500

PASSING = frozenset({login_failures, tickets, displays_asking})
"""Lives for seconds or minutes, and means nothing on another day."""

Heads = dict[TenantId, HeadFacts]


async def dump_postgres(url: str, archive: ArchiveWriter) -> tuple[Heads, dict[str, TableFacts]]:
    """Write every table, all as of one moment. Writers are not held up."""
    engine = create_async_engine(url, isolation_level="REPEATABLE READ", poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(lambda plain: dump(plain, archive))


def dump_sqlite(url: str, archive: ArchiveWriter) -> tuple[Heads, dict[str, TableFacts]]:
    """Write every table of a file to which nobody writes."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return dump(connection, archive)


def dump(connection: Connection, archive: ArchiveWriter) -> tuple[Heads, dict[str, TableFacts]]:
    """Write every table as this connection's transaction sees it."""
    connection = connection.execution_options(stream_results=True, yield_per=_PAGE)
    standing = _heads(connection)
    facts = {
        str(table.name): archive.table(
            table.name,
            tuple(str(name) for name in table.columns.keys()),  # noqa: SIM118 - columns are no dict
            _frames(connection, table, list(standing)),
        )
        for table in metadata.sorted_tables
        if table not in PASSING
    }
    return standing, facts


def scope(connection: Connection, tenant_id: str) -> None:
    """Say whose rows the following statements are about, until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("app.tenant", tenant_id, True)))  # noqa: FBT003


def _heads(connection: Connection) -> Heads:
    found: Heads = {}
    for tenant_id, slug in connection.execute(select(tenants.c.id, tenants.c.slug)).all():
        scope(connection, tenant_id)
        head = connection.execute(select(heads).where(heads.c.tenant_id == tenant_id)).one()
        found[TenantId(tenant_id)] = HeadFacts(
            slug=slug, epoch=head.epoch, sequence=head.sequence, nonce=head.nonce, hash=head.hash
        )
    return found


def _frames(connection: Connection, table: Table, tenant_ids: list[TenantId]) -> Iterator[Frame]:
    key = list(table.primary_key.columns)
    if "tenant_id" not in table.columns:
        yield from _pages(connection, select(table).order_by(*key), "")
        return
    # Tenant by tenant: a role that the second wall binds sees no others, and no error tells it.
    for tenant_id in tenant_ids:
        scope(connection, tenant_id)
        own = select(table).where(table.c.tenant_id == tenant_id).order_by(*key)
        yield from _pages(connection, own, tenant_id)


def _pages(
    connection: Connection, query: Select[*tuple[object, ...]], tenant_id: str
) -> Iterator[Frame]:
    for page in connection.execute(query).partitions(_PAGE):
        yield tenant_id, [tuple(record) for record in page]
