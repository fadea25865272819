"""Pictures on their way from phones: in parts, resumable, and cleaned before they are kept. [UP]"""

import asyncio
import hashlib
from typing import Literal

import msgspec

from protocols.vocabulary import (
    LARGEST_PART,
    LARGEST_SIGNATURE,
    Instant,
    TenantId,
)
from server.application.one_at_a_time import OneAtATime
from server.application.ports import Clock, Ids
from server.application.upload_ports import (
    Announced,
    Blobs,
    Cleaner,
    Unclean,
    Upload,
    UploadLedger,
)
from server.domain.actor import Actor

_JUDGED_AT_ONCE = 2
"""Pictures in memory at the same time; the others wait on disk."""


class Progress(msgspec.Struct, frozen=True):
    """An upload and how much of it is here."""

    upload: Upload
    offset: int
    fresh: bool = False
    """It was not known before."""


Absent = Literal["unknown", "not_yet", "refused", "lost"]
"""Why there is nothing to show."""

Unfit = Literal["differs", "quota", "wrong_offset", "too_much"]
"""Why nothing was taken."""

Trouble = Absent | Unfit


class Uploads:
    """Takes pictures in. Calls about one upload wait for each other on this node.

    Of several nodes on one ledger and one folder each may judge the same picture; what the ledger
    took first counts, and both write the same picture under the same name.
    """

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
        self._turns = OneAtATime()
        self._room = asyncio.Semaphore(_JUDGED_AT_ONCE)

    async def announce(self, actor: Actor, asked: Announced) -> Progress | Trouble:
        """Begin, or find out how far it came; the same facts again are the same upload. [UP]"""
        if asked.kind == "signature" and asked.bytes > LARGEST_SIGNATURE:
            return "too_much"
        upload = self._announced(actor, asked)
        known = await self._ledger.upload(actor.tenant_id, asked.id)
        if known is None:
            # UP4: who asks at the same time must not find the same room twice.
            async with self._turns.alone(actor.tenant_id):
                taken = await self._ledger.upload_bytes(actor.tenant_id)
                if taken + asked.bytes > self._quota:
                    return "quota"
                if await self._ledger.open_upload(upload):
                    return Progress(upload, 0, fresh=True)
            known = await self._ledger.upload(actor.tenant_id, asked.id)
        # UP1
        if known is None or _facts(known) != _facts(upload):
            return "differs"
        return await self._progress(known)

    async def progress(self, actor: Actor, upload_id: str) -> Progress | Trouble:
        """How far an upload of this person came."""
        known = await self._own(actor, upload_id)
        return await self._progress(known) if known is not None else "unknown"

    async def take(
        self, actor: Actor, upload_id: str, offset: int, part: bytes
    ) -> Progress | Trouble:
        """Take a part in; with the last one the picture is cleaned and kept, or refused. [UP]"""
        if await self._own(actor, upload_id) is None:
            return "unknown"
        async with self._turns.alone((actor.tenant_id, upload_id)):
            known = await self._own(actor, upload_id)
            if known is None:
                return "unknown"
            if known.state != "open":
                return await self._progress(known)
            received = await self._blobs.received(known.tenant_id, known.blob)
            # UP3
            if offset != received:
                return "wrong_offset"
            if len(part) > LARGEST_PART or received + len(part) > known.bytes:
                return "too_much"
            received = await self._blobs.append(known.tenant_id, known.blob, offset, part)
            if received < known.bytes:
                return Progress(known, received)
            return await self._finish(known)

    async def content(self, actor: Actor, upload_id: str) -> tuple[Upload, bytes] | Trouble:
        """The picture, for the office and for whoever sent it. [UP]"""
        known = await self._ledger.upload(actor.tenant_id, upload_id)
        # UP5: who may see it hears `not_yet` of what the proof named and the phone still has.
        if not actor.may("order.read") and (known is None or known.by_id != actor.id):
            return "unknown"
        if known is None or known.state == "open":
            return "not_yet"
        if known.state == "refused":
            return "refused"
        body = await self._blobs.read(known.tenant_id, known.blob)
        return (known, body) if body is not None else "lost"

    async def tidy(self, tenant_id: TenantId, begun_before: Instant) -> None:
        """End what a crash left behind, and forget what never became whole by now. [UP]"""
        # The files first: what is announced after this has none among them.
        left = await self._blobs.incoming(tenant_id)
        under_way = await self._ledger.open_uploads(tenant_id)
        for name in left - {upload.blob for upload in under_way}:
            await self._blobs.sweep(tenant_id, name)
        for upload in under_way:
            async with self._turns.alone((tenant_id, upload.id)):
                await self._end_left(upload, begun_before)

    async def _end_left(self, upload: Upload, begun_before: Instant) -> None:
        # UP10
        known = await self._ledger.upload(upload.tenant_id, upload.id)
        if known is None or known.state != "open":
            return
        if await self._blobs.received(known.tenant_id, known.blob) >= known.bytes:
            await self._finish(known)
        elif known.created_at < begun_before and await self._ledger.drop_upload(
            known.tenant_id, known.id
        ):
            await self._blobs.drop_parts(known.tenant_id, known.blob)

    async def _finish(self, upload: Upload) -> Progress:
        """Clean what came in. The raw bytes are gone whatever comes of it. [UP]"""
        try:
            async with self._room:
                ended = await self._judged(upload)
            if ended is not None and not await self._ledger.end_upload(ended):
                ended = None
        finally:
            # UP6
            await self._blobs.drop_parts(upload.tenant_id, upload.blob)
        if ended is None:
            return await self._ended_elsewhere(upload)
        return await self._progress(ended)

    async def _judged(self, upload: Upload) -> Upload | None:
        """The upload as it ends here; nothing when its bytes are gone: somebody was faster."""
        raw = await self._blobs.parts(upload.tenant_id, upload.blob)
        if len(raw) < upload.bytes:
            return None
        # UP7
        if await asyncio.to_thread(_sha256, raw) != upload.sha256:
            return msgspec.structs.replace(upload, state="refused", reason="wrong_hash")
        cleaned = await self._cleaner.clean(upload.kind, raw)
        if isinstance(cleaned, Unclean):
            return msgspec.structs.replace(upload, state="refused", reason=cleaned.reason)
        await self._blobs.keep(upload.tenant_id, upload.blob, cleaned.body)
        return msgspec.structs.replace(
            upload,
            state="stored",
            stored_bytes=len(cleaned.body),
            media_type=cleaned.media_type,
        )

    async def _ended_elsewhere(self, upload: Upload) -> Progress:
        """Another node judged it, or it was forgotten: no picture stays that no row names."""
        known = await self._ledger.upload(upload.tenant_id, upload.id)
        if known is None or known.state == "refused":
            await self._blobs.drop(upload.tenant_id, upload.blob)
        return await self._progress(known or upload)

    async def _own(self, actor: Actor, upload_id: str) -> Upload | None:
        # UP2
        known = await self._ledger.upload(actor.tenant_id, upload_id)
        return known if known is not None and known.by_id == actor.id else None

    async def _progress(self, upload: Upload) -> Progress:
        if upload.state != "open":
            return Progress(upload, upload.bytes)
        return Progress(upload, await self._blobs.received(upload.tenant_id, upload.blob))

    def _announced(self, actor: Actor, asked: Announced) -> Upload:
        return Upload(
            tenant_id=actor.tenant_id,
            by_id=actor.id,
            blob=self._ids.uuid(),
            created_at=self._clock.now(),
            **msgspec.structs.asdict(asked),
        )


def _facts(upload: Upload) -> tuple[object, ...]:
    return (
        upload.kind,
        upload.order_id,
        upload.delivery_id,
        upload.by_id,
        upload.bytes,
        upload.sha256,
    )


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
