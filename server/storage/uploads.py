"""The `UploadLedger` on SQL, the same for both databases."""

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from protocols.vocabulary import TenantId
from server.application.upload_ports import Upload
from server.storage.database import Database, Scope
from server.storage.flavour import Flavour
from server.storage.prepared import Prepared
from server.storage.records import Record, named
from server.storage.tables import uploads


class _Statements:
    """Compiled once per adapter."""

    def __init__(self, flavour: Flavour) -> None:
        own = uploads.c.tenant_id == bindparam("tenant_id")
        one = uploads.c.id == bindparam("upload_id")
        ended = ("state", "reason", "stored_bytes", "media_type")
        self.open = Prepared(
            flavour.insert(uploads).on_conflict_do_nothing().returning(uploads.c.id), flavour
        )
        self.one = Prepared(select(uploads).where(own, one), flavour)
        self.end = Prepared(
            update(uploads)
            .where(own, one, uploads.c.state == "open")
            .values({name: bindparam(f"new_{name}") for name in ended})
            .returning(uploads.c.id),
            flavour,
        )
        # Open ones count with what they announced, refused ones with nothing.
        self.bytes = Prepared(
            select(
                func.coalesce(func.sum(uploads.c.stored_bytes), 0),
                func.coalesce(func.sum(uploads.c["bytes"]).filter(uploads.c.state == "open"), 0),
            ).where(own),
            flavour,
        )
        still_open = uploads.c.state == "open"
        self.under_way = Prepared(
            select(uploads).where(own, still_open).order_by(uploads.c.created_at, uploads.c.id),
            flavour,
        )
        self.drop = Prepared(
            delete(uploads).where(own, one, still_open).returning(uploads.c.id), flavour
        )


class SqlUploads:
    """`UploadLedger` in a database."""

    def __init__(self, database: Database) -> None:
        """Compile the statements for this database."""
        self._database = database
        self._statements = _Statements(database.flavour)

    async def open_upload(self, upload: Upload) -> bool:
        """See `UploadLedger`."""
        query = self._statements.open.bind(**msgspec.structs.asdict(upload))
        (opened,) = await self._database.write(Scope(upload.tenant_id), query)
        return bool(opened)

    async def upload(self, tenant_id: TenantId, upload_id: str) -> Upload | None:
        """See `UploadLedger`."""
        query = self._statements.one.bind(tenant_id=tenant_id, upload_id=upload_id)
        (found,) = await self._database.read(Scope(tenant_id), query)
        return _upload(found[0]) if found else None

    async def end_upload(self, upload: Upload) -> bool:
        """See `UploadLedger`."""
        query = self._statements.end.bind(
            tenant_id=upload.tenant_id,
            upload_id=upload.id,
            new_state=upload.state,
            new_reason=upload.reason,
            new_stored_bytes=upload.stored_bytes,
            new_media_type=upload.media_type,
        )
        (ended,) = await self._database.write(Scope(upload.tenant_id), query)
        return bool(ended)

    async def upload_bytes(self, tenant_id: TenantId) -> int:
        """See `UploadLedger`."""
        query = self._statements.bytes.bind(tenant_id=tenant_id)
        (((stored, announced),),) = await self._database.read(Scope(tenant_id), query)
        return int(stored) + int(announced)

    async def open_uploads(self, tenant_id: TenantId) -> list[Upload]:
        """See `UploadLedger`."""
        query = self._statements.under_way.bind(tenant_id=tenant_id)
        (found,) = await self._database.read(Scope(tenant_id), query)
        return [_upload(row) for row in found]

    async def drop_upload(self, tenant_id: TenantId, upload_id: str) -> bool:
        """See `UploadLedger`."""
        query = self._statements.drop.bind(tenant_id=tenant_id, upload_id=upload_id)
        (dropped,) = await self._database.write(Scope(tenant_id), query)
        return bool(dropped)


def _upload(record: Record) -> Upload:
    return Upload(**named(Upload, record))
