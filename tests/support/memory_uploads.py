"""The `UploadLedger` and the `Blobs` in memory. They pass the contract of the real ones."""

from protocols.vocabulary import Instant, TenantId
from server.application.uploads import Upload


class MemoryUploads:
    """See `UploadLedger`."""

    def __init__(self) -> None:
        """Nothing was announced."""
        self._uploads: dict[tuple[TenantId, str], Upload] = {}

    async def open_upload(self, upload: Upload) -> bool:
        """See `UploadLedger`."""
        key = (upload.tenant_id, str(upload.id))
        return self._uploads.setdefault(key, upload) is upload

    async def upload(self, tenant_id: TenantId, upload_id: str) -> Upload | None:
        """See `UploadLedger`."""
        return self._uploads.get((tenant_id, upload_id))

    async def end_upload(self, upload: Upload) -> bool:
        """See `UploadLedger`."""
        known = self._uploads.get((upload.tenant_id, upload.id))
        if known is None or known.state != "open":
            return False
        self._uploads[upload.tenant_id, upload.id] = upload
        return True

    async def upload_bytes(self, tenant_id: TenantId) -> int:
        """See `UploadLedger`."""
        return sum(
            each.stored_bytes + (each.bytes if each.state == "open" else 0)
            for each in self._uploads.values()
            if each.tenant_id == tenant_id
        )

    async def open_uploads(self, tenant_id: TenantId, before: Instant) -> list[Upload]:
        """See `UploadLedger`."""
        return [
            each
            for each in self._uploads.values()
            if each.tenant_id == tenant_id and each.state == "open" and each.created_at < before
        ]

    async def drop_upload(self, tenant_id: TenantId, upload_id: str) -> None:
        """See `UploadLedger`."""
        self._uploads.pop((tenant_id, upload_id), None)


class MemoryBlobs:
    """See `Blobs`."""

    def __init__(self) -> None:
        """Nothing lies here."""
        self._parts: dict[tuple[TenantId, str], bytes] = {}
        self._kept: dict[tuple[TenantId, str], bytes] = {}

    async def received(self, tenant_id: TenantId, upload_id: str) -> int:
        """See `Blobs`."""
        return len(self._parts.get((tenant_id, upload_id), b""))

    async def append(self, tenant_id: TenantId, upload_id: str, offset: int, part: bytes) -> int:
        """See `Blobs`."""
        here = self._parts.get((tenant_id, upload_id), b"")
        if len(here) != offset:
            return len(here)
        self._parts[tenant_id, upload_id] = here + part
        return offset + len(part)

    async def parts(self, tenant_id: TenantId, upload_id: str) -> bytes:
        """See `Blobs`."""
        return self._parts[tenant_id, upload_id]

    async def drop_parts(self, tenant_id: TenantId, upload_id: str) -> None:
        """See `Blobs`."""
        self._parts.pop((tenant_id, upload_id), None)

    async def keep(self, tenant_id: TenantId, name: str, body: bytes) -> None:
        """See `Blobs`."""
        self._kept[tenant_id, name] = body

    async def read(self, tenant_id: TenantId, name: str) -> bytes | None:
        """See `Blobs`."""
        return self._kept.get((tenant_id, name))
