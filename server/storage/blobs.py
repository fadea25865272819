"""Bytes in files below one folder: parts of what is on its way, and cleaned pictures."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from structlog import get_logger

from protocols.vocabulary import TenantId
from server.application.ports import StorageBusy
from server.storage.durable import sync

T = TypeVar("T")

_log = get_logger()

_FULL_DISK_SECONDS = 30.0
"""A disk that is full or broken is not well again in a moment."""


class FileBlobs:
    """The `Blobs` of an installation; several nodes share the folder.

    `incoming/<tenant>/<name>.part` is what came, and is deleted once it was judged;
    `incoming/<tenant>/<name>.<random>.new` is a picture half written; `kept/…` is what stays.
    Names are hashes, and ids that we drew: nothing a client sends becomes a path.
    """

    def __init__(self, folder: Path) -> None:
        """Keep everything below this folder; it is made when it is first needed."""
        self._folder = folder

    async def received(self, tenant_id: TenantId, name: str) -> int:
        """See `Blobs`."""
        return await _aside(lambda: _size(self._part(tenant_id, name)))

    async def append(self, tenant_id: TenantId, name: str, offset: int, part: bytes) -> int:
        """See `Blobs`. A part is on disk before it is answered: the phone then forgets it."""
        return await _aside(lambda: _append(self._part(tenant_id, name), offset, part))

    async def parts(self, tenant_id: TenantId, name: str) -> bytes:
        """See `Blobs`."""
        return await _aside(lambda: _read(self._part(tenant_id, name))) or b""

    async def drop_parts(self, tenant_id: TenantId, name: str) -> None:
        """See `Blobs`."""
        await _aside(lambda: self._part(tenant_id, name).unlink(missing_ok=True))

    async def incoming(self, tenant_id: TenantId) -> frozenset[str]:
        """See `Blobs`."""
        return await _aside(lambda: _names(self._incoming(tenant_id)))

    async def sweep(self, tenant_id: TenantId, name: str) -> None:
        """See `Blobs`."""
        await _aside(lambda: _sweep(self._incoming(tenant_id), name))

    async def keep(self, tenant_id: TenantId, name: str, body: bytes) -> None:
        """See `Blobs`."""
        fresh = self._incoming(tenant_id) / f"{name}.{secrets.token_hex(4)}.new"
        await _aside(lambda: _write(fresh, self._kept(tenant_id, name), body))

    async def read(self, tenant_id: TenantId, name: str) -> bytes | None:
        """See `Blobs`."""
        return await _aside(lambda: _read(self._kept(tenant_id, name)))

    async def drop(self, tenant_id: TenantId, name: str) -> None:
        """See `Blobs`."""
        await _aside(lambda: self._kept(tenant_id, name).unlink(missing_ok=True))

    def _incoming(self, tenant_id: TenantId) -> Path:
        return self._folder / "incoming" / _hashed(tenant_id)

    def _part(self, tenant_id: TenantId, name: str) -> Path:
        return self._incoming(tenant_id) / f"{name}.part"

    def _kept(self, tenant_id: TenantId, name: str) -> Path:
        return kept_path(self._folder, tenant_id, name)


def kept_path(folder: Path, tenant_id: TenantId, name: str) -> Path:
    """Where a cleaned picture lies below the folder."""
    named = _hashed(name)
    return folder / "kept" / _hashed(tenant_id) / named[:2] / named


async def _aside(work: Callable[[], T]) -> T:
    """Off the event loop; what the disk cannot do now is `StorageBusy`."""
    try:
        return await asyncio.to_thread(work)
    except OSError as fault:
        _log.warning("pictures cannot be kept", fault=repr(fault))
        raise StorageBusy(_FULL_DISK_SECONDS) from fault


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


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
        _put(descriptor, part, offset)
        os.fsync(descriptor)
    except OSError:
        # Half a part would be a place to go on from that was never answered.
        os.ftruncate(descriptor, offset)
        raise
    finally:
        os.close(descriptor)
    if offset == 0:
        sync(path.parent)
    return offset + len(part)


def _put(descriptor: int, body: bytes, place: int) -> None:
    """All of it: a full disk writes a part and says how much.

    At its place and not at the end: two nodes that take the same part write the same.
    """
    rest = memoryview(body)
    while rest:
        written = os.pwrite(descriptor, rest, place)
        rest, place = rest[written:], place + written


def _write(fresh: Path, path: Path, body: bytes) -> None:
    fresh.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _put(descriptor, body, 0)
        os.fsync(descriptor)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync(path.parent)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(each.name.partition(".")[0] for each in folder.iterdir())
    except FileNotFoundError:
        return frozenset()


def _sweep(folder: Path, name: str) -> None:
    for path in folder.glob(f"{name}.*"):
        path.unlink(missing_ok=True)
