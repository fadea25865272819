"""Pictures on their way from phones: in parts, resumable, and cleaned before they are kept. [UP]"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, Protocol

import msgspec

from protocols.vocabulary import (
    LARGEST_PART,
    Instant,
    TenantId,
    UploadId,
    UploadKind,
    UploadPlace,
)
from server.application.ports import Clock, Ids
from server.domain.actor import Actor


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
    blob: str = ""
    """Where the cleaned picture is kept; random, so that no name tells another."""
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

    async def open_uploads(self, tenant_id: TenantId, before: Instant) -> list[Upload]:
        """Those still open that were announced before this."""

    async def drop_upload(self, tenant_id: TenantId, upload_id: str) -> None:
        """Forget one."""


class Blobs(Protocol):
    """Where bytes lie: parts of what is on its way, and cleaned pictures."""

    async def received(self, tenant_id: TenantId, upload_id: str) -> int:
        """How many bytes of an upload are here."""

    async def append(self, tenant_id: TenantId, upload_id: str, offset: int, part: bytes) -> int:
        """Write a part at its place if all before it is there; answers how many are here now."""

    async def parts(self, tenant_id: TenantId, upload_id: str) -> bytes:
        """Everything received so far."""

    async def drop_parts(self, tenant_id: TenantId, upload_id: str) -> None:
        """Delete what was received. Harmless when nothing is there."""

    async def keep(self, tenant_id: TenantId, name: str, body: bytes) -> None:
        """Keep a cleaned picture, durably."""

    async def read(self, tenant_id: TenantId, name: str) -> bytes | None:
        """A kept picture."""


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
        """The picture, or why there is none."""


class Progress(msgspec.Struct, frozen=True):
    """An upload and how much of it is here."""

    upload: Upload
    offset: int


Trouble = Literal["unknown", "differs", "quota", "wrong_offset", "too_much", "not_yet"]


class Uploads:
    """Takes pictures in. Calls about one upload wait for each other on this node."""

    def __init__(
        self,
        ledger: UploadLedger,
        blobs: Blobs,
        cleaner: Cleaner,
        *,
        clock: Clock,
        ids: Ids,
        quota: int,
    ) -> None:
        """Keep at most `quota` bytes for each tenant."""
        self._ledger, self._blobs, self._cleaner = ledger, blobs, cleaner
        self._clock, self._ids, self._quota = clock, ids, quota
        self._busy: dict[tuple[TenantId, str], asyncio.Lock] = {}

    async def announce(self, actor: Actor, asked: Announced) -> Progress | Trouble:
        """Begin, or find out how far it came; the same facts again are the same upload. [UP]"""
        upload = Upload(
            tenant_id=actor.tenant_id,
            id=asked.id,
            kind=asked.kind,
            order_id=asked.order_id,
            delivery_id=asked.delivery_id,
            by_id=actor.id,
            bytes=asked.bytes,
            sha256=asked.sha256,
            created_at=self._clock.now(),
        )
        known = await self._ledger.upload(actor.tenant_id, asked.id)
        if known is None:
            # UP4
            taken = await self._ledger.upload_bytes(actor.tenant_id)
            if taken + asked.bytes > self._quota:
                return "quota"
            if await self._ledger.open_upload(upload):
                return Progress(upload, 0)
            known = await self._ledger.upload(actor.tenant_id, asked.id)
        # UP1
        if known is None or _facts(known) != _facts(upload):
            return "differs"
        return await self._progress(known)

    async def progress(self, actor: Actor, upload_id: str) -> Progress | Trouble:
        """How far an upload of this person came."""
        known = await self._ledger.upload(actor.tenant_id, upload_id)
        # UP2
        if known is None or known.by_id != actor.id:
            return "unknown"
        return await self._progress(known)

    async def take(
        self, actor: Actor, upload_id: str, offset: int, part: bytes
    ) -> Progress | Trouble:
        """Take a part in; with the last one the picture is cleaned and kept, or refused. [UP]"""
        known = await self._ledger.upload(actor.tenant_id, upload_id)
        if known is None or known.by_id != actor.id:
            return "unknown"
        async with self._alone(known):
            known = await self._ledger.upload(actor.tenant_id, upload_id) or known
            if known.state != "open":
                return await self._progress(known)
            received = await self._blobs.received(known.tenant_id, known.id)
            # UP3
            if offset != received:
                return "wrong_offset"
            if len(part) > LARGEST_PART or received + len(part) > known.bytes:
                return "too_much"
            received = await self._blobs.append(known.tenant_id, known.id, offset, part)
            if received < known.bytes:
                return Progress(known, received)
            return await self._finish(known)

    async def content(self, actor: Actor, upload_id: str) -> tuple[Upload, bytes] | Trouble:
        """The picture, for the office and for whoever sent it. [UP]"""
        known = await self._ledger.upload(actor.tenant_id, upload_id)
        if known is None:
            # UP5: the proof came first, its picture is still on the phone
            return "not_yet" if actor.may("order.read") else "unknown"
        if not actor.may("order.read") and known.by_id != actor.id:
            return "unknown"
        body = await self._blobs.read(known.tenant_id, known.blob) if known.blob else None
        return (known, body) if body is not None else "not_yet"

    async def forget_stale(self, tenant_id: TenantId, before: Instant) -> None:
        """Drop what never became whole. [UP]"""
        for upload in await self._ledger.open_uploads(tenant_id, before):
            await self._blobs.drop_parts(tenant_id, upload.id)
            await self._ledger.drop_upload(tenant_id, upload.id)

    async def _finish(self, upload: Upload) -> Progress:
        """Clean what came in. The raw bytes are gone whatever comes of it. [UP]"""
        try:
            ended = await self._judged(upload)
            await self._ledger.end_upload(ended)
        finally:
            # UP6
            await self._blobs.drop_parts(upload.tenant_id, upload.id)
        return await self._progress(ended)

    async def _judged(self, upload: Upload) -> Upload:
        raw = await self._blobs.parts(upload.tenant_id, upload.id)
        # UP7
        if hashlib.sha256(raw).hexdigest() != upload.sha256:
            return msgspec.structs.replace(upload, state="refused", reason="wrong_hash")
        cleaned = await self._cleaner.clean(upload.kind, raw)
        if isinstance(cleaned, Unclean):
            return msgspec.structs.replace(upload, state="refused", reason=cleaned.reason)
        blob = self._ids.uuid()
        await self._blobs.keep(upload.tenant_id, blob, cleaned.body)
        return msgspec.structs.replace(
            upload,
            state="stored",
            blob=blob,
            stored_bytes=len(cleaned.body),
            media_type=cleaned.media_type,
        )

    async def _progress(self, upload: Upload) -> Progress:
        if upload.state != "open":
            return Progress(upload, upload.bytes)
        return Progress(upload, await self._blobs.received(upload.tenant_id, upload.id))

    @asynccontextmanager
    async def _alone(self, upload: Upload) -> AsyncIterator[None]:
        key = (upload.tenant_id, upload.id)
        lock = self._busy.setdefault(key, asyncio.Lock())
        async with lock:
            yield
        if not lock.locked():
            self._busy.pop(key, None)


def _facts(upload: Upload) -> tuple[object, ...]:
    return (
        upload.kind,
        upload.order_id,
        upload.delivery_id,
        upload.by_id,
        upload.bytes,
        upload.sha256,
    )
