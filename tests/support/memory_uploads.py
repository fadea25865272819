"""The `UploadLedger` and the `Blobs` in memory. They pass the contract of the real ones."""

from protocols.vocabulary import TenantId
from server.application.upload_ports import Upload


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

    async def open_uploads(self, tenant_id: TenantId) -> list[Upload]:
        """See `UploadLedger`."""
        found = [
            each
            for each in self._uploads.values()
            if each.tenant_id == tenant_id and each.state == "open"
        ]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    async def drop_upload(self, tenant_id: TenantId, upload_id: str) -> bool:
        """See `UploadLedger`."""
        known = self._uploads.get((tenant_id, upload_id))
        if known is None or known.state != "open":
            return False
        del self._uploads[tenant_id, upload_id]
        return True


class MemoryBlobs:
    """See `Blobs`."""

    def __init__(self) -> None:
        """Nothing lies here."""
        self._parts: dict[tuple[TenantId, str], bytes] = {}
        self._kept: dict[tuple[TenantId, str], bytes] = {}

    async def received(self, tenant_id: TenantId, name: str) -> int:
        """See `Blobs`."""
        return len(self._parts.get((tenant_id, name), b""))

    async def append(self, tenant_id: TenantId, name: str, offset: int, part: bytes) -> int:
        """See `Blobs`."""
        here = self._parts.get((tenant_id, name), b"")
        if len(here) != offset:
            return len(here)
        self._parts[tenant_id, name] = here + part
        return offset + len(part)

    async def parts(self, tenant_id: TenantId, name: str) -> bytes:
        """See `Blobs`."""
        return self._parts.get((tenant_id, name), b"")

    async def drop_parts(self, tenant_id: TenantId, name: str) -> None:
        """See `Blobs`."""
        self._parts.pop((tenant_id, name), None)

    async def incoming(self, tenant_id: TenantId) -> frozenset[str]:
        """See `Blobs`."""
        return frozenset(name for owner, name in self._parts if owner == tenant_id)

    async def sweep(self, tenant_id: TenantId, name: str) -> None:
        """See `Blobs`."""
        await self.drop_parts(tenant_id, name)

    async def keep(self, tenant_id: TenantId, name: str, body: bytes) -> None:
        """See `Blobs`."""
        self._kept[tenant_id, name] = body

    async def read(self, tenant_id: TenantId, name: str) -> bytes | None:
        """See `Blobs`."""
        return self._kept.get((tenant_id, name))

    async def drop(self, tenant_id: TenantId, name: str) -> None:
        """See `Blobs`."""
        self._kept.pop((tenant_id, name), None)
