"""What taking pictures in stands on: a ledger, a place for bytes, and who makes them harmless."""

from typing import Protocol

import msgspec

from protocols.vocabulary import Instant, TenantId, UploadId, UploadKind, UploadPlace


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: what was announced of it, and what became of it."""

    tenant_id: TenantId
    id: UploadId
    kind: UploadKind
    order_id: str
    delivery_id: str
    by_id: str
    bytes: int
    sha256: str
    state: UploadPlace = "open"
    reason: str = ""
    blob: str
    """The name of its bytes, before and after the check: drawn by us, so that it tells nothing."""
    stored_bytes: int = 0
    media_type: str = ""
    created_at: Instant


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone says of a picture before it sends it."""

    id: UploadId
    kind: UploadKind
    order_id: str
    delivery_id: str
    bytes: int
    sha256: str


class UploadLedger(Protocol):
    """The durable truth about uploads. Faults are `StorageBusy`."""

    async def open_upload(self, upload: Upload) -> bool:
        """Keep a new one; false when the id is there already."""

    async def upload(self, tenant_id: TenantId, upload_id: str) -> Upload | None:
        """One upload of the tenant."""

    async def end_upload(self, upload: Upload) -> bool:
        """Write what became of it, if it is still open: once."""

    async def upload_bytes(self, tenant_id: TenantId) -> int:
        """What the tenant's uploads take, with what open ones have announced."""

    async def open_uploads(self, tenant_id: TenantId) -> list[Upload]:
        """Those that nothing became of yet, oldest first."""

    async def drop_upload(self, tenant_id: TenantId, upload_id: str) -> bool:
        """Forget one that is still open; false when it is not."""


class Blobs(Protocol):
    """Where bytes lie: parts of what is on its way, and pictures made anew from them.

    A name is `Upload.blob`. Faults of the disk are `StorageBusy`: nothing was done, or what was
    done is done over by doing it again.
    """

    async def received(self, tenant_id: TenantId, name: str) -> int:
        """How many bytes of what is on its way are here."""

    async def append(self, tenant_id: TenantId, name: str, offset: int, part: bytes) -> int:
        """Write a part, durably, if all before it is here; answers how many are here now."""

    async def parts(self, tenant_id: TenantId, name: str) -> bytes:
        """Everything received; nothing when somebody else dropped it."""

    async def drop_parts(self, tenant_id: TenantId, name: str) -> None:
        """Delete what was received. Harmless when nothing is there."""

    async def incoming(self, tenant_id: TenantId) -> frozenset[str]:
        """The names under which anything lies that is not kept: parts, and what is half written."""

    async def sweep(self, tenant_id: TenantId, name: str) -> None:
        """Delete all of that. For names of which nothing is expected any more."""

    async def keep(self, tenant_id: TenantId, name: str, body: bytes) -> None:
        """Keep a picture, durably, whole or not at all; over one of the same name."""

    async def read(self, tenant_id: TenantId, name: str) -> bytes | None:
        """A kept picture."""

    async def drop(self, tenant_id: TenantId, name: str) -> None:
        """Delete a kept picture. Harmless when nothing is there."""


class Cleaned(msgspec.Struct, frozen=True):
    """A picture made anew from the pixels of what came in."""

    body: bytes
    media_type: str


class Unclean(msgspec.Struct, frozen=True):
    """It is no picture that we keep, and why in one word."""

    reason: str


class Cleaner(Protocol):
    """Makes harmless pictures of whatever comes in. Never raises for what comes in."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """The picture, or why there is none; `StorageBusy` when the machine has no room for it."""
