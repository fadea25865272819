"""Writing an archive's tables into a database: all of them, or nothing."""

from collections.abc import Iterable
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, Table, delete, insert, select, text, update

from protocols.vocabulary import Epoch, Sequence, TenantId
from server.storage.backup.archive import Archive, Frame
from server.storage.backup.dump import Heads, scope
from server.storage.backup.manifest import BadArchive, HeadFacts
from server.storage.blobs import kept_path
from server.storage.migrate import downgrade, upgrade
from server.storage.revisions import revision_of
from server.storage.tables import device_tokens, heads, sign_ins, tenants, uploads


class TooNew(Exception):
    """The database was made by a newer program, which alone knows how to empty it."""


Epochs = dict[TenantId, Epoch]


def load(
    connection: Connection, archive: Archive, before: Epochs, *, sign_out: bool = False
) -> Heads:
    """Fill an empty database with what the archive says; answers the new heads.

    Every epoch is higher than in the archive and in what was there before: whoever has seen the
    future that is lost now starts afresh. [JN] Raises `BadArchive`.
    """
    upgrade(connection, archive.manifest.schema)
    for name, facts in archive.manifest.tables.items():
        table = _reflected(connection, name)
        if not set(facts.columns) <= set(table.columns.keys()):
            raise BadArchive(f"its table {name} has columns that nobody knows")
        stored = _insert(connection, table, facts.columns, archive.frames(name))
        if stored != facts.rows:
            raise BadArchive(f"its table {name} has {stored} rows and should have {facts.rows}")
    upgrade(connection, "head")
    if sign_out:
        _sign_out(connection, archive.manifest.heads)
    # JN22
    return {
        tenant_id: _begin_epoch(connection, tenant_id, facts, before.get(tenant_id, Epoch(0)))
        for tenant_id, facts in archive.manifest.heads.items()
    }


def epochs_in(connection: Connection) -> Epochs:
    """The epoch of every journal in a database; nothing when it is empty."""
    found: Epochs = {}
    if revision_of(connection) is None:
        return found
    for (tenant_id,) in connection.execute(select(tenants.c.id)).all():
        scope(connection, tenant_id)
        epoch = select(heads.c.epoch).where(heads.c.tenant_id == tenant_id)
        found[TenantId(tenant_id)] = Epoch(connection.execute(epoch).scalar_one_or_none() or 0)
    return found


def empty(connection: Connection) -> None:
    """Remove all tables and what is in them. Raises `TooNew`."""
    if revision_of(connection) is None:
        return
    try:
        downgrade(connection, "base")
    except CommandError as error:
        raise TooNew from error


def others_connected(connection: Connection) -> int:
    """How many connections other processes of ours have to this PostgreSQL database."""
    return int(
        connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'kanvoy' AND pid <> pg_backend_pid()"
            )
        ).scalar_one()
    )


def missing_pictures(folder: Path, tenant_ids: Iterable[TenantId], connection: Connection) -> int:
    """How many pictures the database names that are not below the folder of uploads."""
    missing = 0
    for tenant_id in tenant_ids:
        scope(connection, tenant_id)
        kept = select(uploads.c.blob).where(
            uploads.c.tenant_id == tenant_id, uploads.c.state == "stored"
        )
        for (blob,) in connection.execute(kept):
            missing += not kept_path(folder, tenant_id, blob).exists()
    return missing


def _reflected(connection: Connection, name: str) -> Table:
    """The table as it was at the archive's revision, which may be older than `tables.py`."""
    if not connection.dialect.has_table(connection, name):
        raise BadArchive(f"it has a table {name[:80]!r} that nobody knows")
    return Table(name, MetaData(), autoload_with=connection, resolve_fks=False)


def _insert(
    connection: Connection, table: Table, columns: tuple[str, ...], frames: Iterable[Frame]
) -> int:
    stored, scoped = 0, ""
    for tenant_id, records in frames:
        if tenant_id != scoped:
            scope(connection, tenant_id)
            scoped = tenant_id
        if any(len(record) != len(columns) for record in records):
            raise BadArchive(f"its table {table.name} has records of another shape")
        if records:
            rows = [dict(zip(columns, record, strict=True)) for record in records]
            if any(row.get("tenant_id", "") != tenant_id for row in rows):
                raise BadArchive(f"its table {table.name} has another tenant's records in it")
            connection.execute(insert(table), rows)
        stored += len(records)
    return stored


def _begin_epoch(
    connection: Connection, tenant_id: TenantId, facts: HeadFacts, before: Epoch
) -> HeadFacts:
    scope(connection, tenant_id)
    own = heads.c.tenant_id == tenant_id
    head = connection.execute(select(heads).where(own)).one_or_none()
    if head is None or (head.sequence, head.nonce, head.hash) != (
        facts.sequence, facts.nonce, facts.hash
    ):  # fmt: skip
        raise BadArchive(f"the journal of {facts.slug} does not end where the manifest says")
    epoch = Epoch(max(head.epoch, before) + 1)
    connection.execute(update(heads).where(own).values(epoch=epoch))
    return HeadFacts(
        slug=facts.slug,
        epoch=epoch,
        sequence=Sequence(head.sequence),
        nonce=head.nonce,
        hash=head.hash,
    )


def _sign_out(connection: Connection, tenant_ids: Iterable[TenantId]) -> None:
    for tenant_id in tenant_ids:
        scope(connection, tenant_id)
        for table in (sign_ins, device_tokens):
            connection.execute(delete(table).where(table.c.tenant_id == tenant_id))
