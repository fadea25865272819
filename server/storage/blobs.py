"""Bytes in files below one folder: parts of what is on its way, and cleaned pictures."""

import asyncio
import hashlib
import os
from pathlib import Path

from protocols.vocabulary import TenantId


class FileBlobs:
    """The `Blobs` of an installation; several nodes share the folder.

    Names are made of hashes and of ids we drew, so that nothing a client sends becomes a path.
    """

    def __init__(self, folder: Path) -> None:
        """Keep everything below this folder; it is made when it is first needed."""
        self._folder = folder

    async def received(self, tenant_id: TenantId, upload_id: str) -> int:
        """See `Blobs`."""
        return await asyncio.to_thread(_size, self._incoming(tenant_id, upload_id))

    async def append(self, tenant_id: TenantId, upload_id: str, offset: int, part: bytes) -> int:
        """See `Blobs`. A part is on disk before it is answered: the phone then forgets it."""
        return await asyncio.to_thread(_append, self._incoming(tenant_id, upload_id), offset, part)

    async def parts(self, tenant_id: TenantId, upload_id: str) -> bytes:
        """See `Blobs`."""
        return await asyncio.to_thread(self._incoming(tenant_id, upload_id).read_bytes)

    async def drop_parts(self, tenant_id: TenantId, upload_id: str) -> None:
        """See `Blobs`."""
        path = self._incoming(tenant_id, upload_id)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def keep(self, tenant_id: TenantId, name: str, body: bytes) -> None:
        """See `Blobs`."""
        await asyncio.to_thread(_write, self._kept(tenant_id, name), body)

    async def read(self, tenant_id: TenantId, name: str) -> bytes | None:
        """See `Blobs`."""
        return await asyncio.to_thread(_read, self._kept(tenant_id, name))

    def _incoming(self, tenant_id: TenantId, upload_id: str) -> Path:
        named = hashlib.sha256(f"{tenant_id}\0{upload_id}".encode()).hexdigest()
        return self._folder / "incoming" / f"{named}.part"

    def _kept(self, tenant_id: TenantId, name: str) -> Path:
        of_tenant = hashlib.sha256(tenant_id.encode()).hexdigest()[:32]
        named = hashlib.sha256(name.encode()).hexdigest()
        return self._folder / "kept" / of_tenant / named[:2] / named


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _append(path: Path, offset: int, part: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Another node may have been faster: what stands there counts.
        here = os.fstat(descriptor).st_size
        if here != offset:
            return here
        os.pwrite(descriptor, part, offset)
        os.fsync(descriptor)
        return offset + len(part)
    finally:
        os.close(descriptor)


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all, and durable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, body)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
