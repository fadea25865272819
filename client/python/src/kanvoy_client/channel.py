"""The confirmed state of one channel: what the server said, and nothing else. [SN] [CH]"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, assert_never
from zlib import crc32

import msgspec

from kanvoy_client._wire.from_server import (
    Changes,
    Op,
    Patch,
    Put,
    Remove,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
    Stamp,
)
from kanvoy_client._wire.views import View
from kanvoy_client._wire.vocabulary import AggregateId, Sequence, Version
from kanvoy_client.cursor import Cursor
from kanvoy_client.patching import patched


class Key(NamedTuple):
    """A thing is known by its kind and its id; a driver and a customer may share an id."""

    kind: str
    id: AggregateId


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One thing as the channel shows it."""

    version: Version
    view: View
    stamp: Stamp | None = None


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The state moved on; these things may look different now."""

    touched: tuple[Key, ...]
    whole: bool = False
    """The snapshot is complete with this frame."""


@dataclass(frozen=True)
class Ignored:
    """Of another epoch, or already known."""


@dataclass(frozen=True)
class Broken:
    """The frame cannot follow what we hold. Ask for a snapshot and tell somebody."""

    why: str


Outcome: TypeAlias = Applied | Ignored | Broken
Told: TypeAlias = SnapshotBegin | SnapshotChunk | SnapshotEnd | Changes


@dataclass(kw_only=True)
class _Assembly:
    """What a snapshot needs while live frames flow between its chunks."""

    removed: dict[Key, Version] = field(default_factory=dict)
    """Tombstones: a chunk cut before the removal must not bring the thing back. [SN]"""
    stashed: dict[Key, Patch] = field(default_factory=dict)
    """Patches of things whose chunk has not come yet. [SN]"""
    newest_cut: Sequence


class Channel:
    """A projection of the journal up to `cursor`."""

    def __init__(self) -> None:
        """Know nothing; the first snapshot brings the state."""
        self.items: dict[Key, Held] = {}
        self.cursor: Cursor | None = None
        self._assembly: _Assembly | None = None

    @property
    def whole(self) -> bool:
        """Whether `items` is exactly the state at `cursor`."""
        return self.cursor is not None and self._assembly is None

    def resumable(self) -> Cursor | None:
        """Where to continue, if at all: half a snapshot cannot be continued."""
        return self.cursor if self.whole else None

    def checksum(self) -> int:
        """What the server must compute too if it shows the same things in the same versions."""
        shares = (
            crc32(f"{key.kind}/{key.id}@{held.version}".encode())
            for key, held in self.items.items()
        )
        return sum(shares) % 2**32

    def forget(self) -> tuple[Key, ...]:
        """Drop everything; answers what was there."""
        gone = tuple(self.items)
        self.items, self.cursor, self._assembly = {}, None, None
        return gone

    def distrust(self) -> None:
        """Wait for a snapshot: what still comes belongs to a stream that does not fit."""
        self.cursor, self._assembly = None, None

    def receive(self, message: Told) -> Outcome:
        """Take one frame. State and cursor change together or not at all."""
        match message:
            case Changes():
                return self._changes(message)
            case SnapshotBegin():
                gone = self.forget()
                self.cursor = Cursor(message.epoch, message.sequence, message.nonce)
                self._assembly = _Assembly(newest_cut=message.sequence)
                return Applied(touched=gone)
            case SnapshotChunk():
                return self._chunk(message)
            case SnapshotEnd():
                return self._end(message)
            case _:
                assert_never(message)

    def _changes(self, frame: Changes) -> Outcome:
        cursor = self.cursor
        # CH61
        if cursor is None or frame.epoch != cursor.epoch or frame.upto <= cursor.sequence:
            return Ignored()
        # CH62
        if frame.after > cursor.sequence:
            return Broken(f"gap: at {cursor.sequence}, frame after {frame.after}")
        # CH63
        for op in frame.ops:
            if isinstance(op, Patch) and not self._may_patch(Key(op.kind, op.id)):
                return Broken(f"patch of unknown {op.kind} {op.id}")
        for op in frame.ops:
            self._apply(op)
        self.cursor = Cursor(cursor.epoch, frame.upto, frame.nonce)
        return Applied(touched=tuple(Key(op.kind, op.id) for op in frame.ops))

    def _may_patch(self, key: Key) -> bool:
        return key in self.items or self._assembly is not None

    def _apply(self, op: Op) -> None:
        """Apply one op unless it is old. Ops are absolute, so one that comes twice does no harm."""
        key = Key(op.kind, op.id)
        match op:
            case Remove():
                self._remove(key, op)
            case Put() if op.version > self._known(key):
                self._put(key, op)
            case Patch() if op.version > self._known(key):
                self._patch(key, op)
            case Put() | Patch():
                pass
            case _:
                assert_never(op)

    def _known(self, key: Key) -> Version:
        """The newest version we know of a thing, alive or buried."""
        held = self.items.get(key)
        buried = self._assembly.removed.get(key, Version(0)) if self._assembly else Version(0)
        return max(held.version if held else Version(0), buried)

    def _remove(self, key: Key, op: Remove) -> None:
        held = self.items.get(key)
        if held is not None and op.version >= held.version:
            del self.items[key]
        if self._assembly is not None:
            self._assembly.stashed.pop(key, None)
            buried = self._assembly.removed.get(key, Version(0))
            # SN653
            self._assembly.removed[key] = max(op.version, buried)

    def _put(self, key: Key, op: Put) -> None:
        self.items[key] = Held(version=op.version, view=op.view, stamp=op.stamp)
        if self._assembly is not None:
            self._assembly.stashed.pop(key, None)
            self._assembly.removed.pop(key, None)

    def _patch(self, key: Key, op: Patch) -> None:
        held = self.items.get(key)
        if held is not None:
            self.items[key] = _after(held, op)
        elif self._assembly is not None:
            # SN654
            earlier = self._assembly.stashed.get(key)
            fields = {**earlier.fields, **op.fields} if earlier else op.fields
            self._assembly.stashed[key] = msgspec.structs.replace(op, fields=fields)

    def _chunk(self, chunk: SnapshotChunk) -> Outcome:
        assembly = self._assembly
        # A preview may be drawn, but its cut is not part of this snapshot.
        if assembly is None or not self._is_current(chunk.epoch) or chunk.preview:
            return Ignored()
        assembly.newest_cut = max(assembly.newest_cut, chunk.cut)
        for item in chunk.items:
            key = Key(item.kind, item.id)
            # SN652
            if item.version <= self._known(key):
                continue
            fresh = Held(version=item.version, view=item.view, stamp=item.stamp)
            patch = assembly.stashed.pop(key, None)
            # SN654
            newer = patch is not None and patch.version > item.version
            self.items[key] = _after(fresh, patch) if patch and newer else fresh
        return Applied(touched=tuple(Key(item.kind, item.id) for item in chunk.items))

    def _end(self, end: SnapshotEnd) -> Outcome:
        assembly, cursor = self._assembly, self.cursor
        if assembly is None or cursor is None or not self._is_current(end.epoch):
            return Ignored()
        if assembly.stashed:
            return Broken(f"patches of {len(assembly.stashed)} unknown things at the end")
        # SN65
        if cursor.sequence < assembly.newest_cut:
            return Broken(f"ended at {cursor.sequence}, before the cut {assembly.newest_cut}")
        self._assembly = None
        return Applied(touched=(), whole=True)

    def _is_current(self, epoch: int) -> bool:
        return self.cursor is not None and epoch == self.cursor.epoch


def _after(held: Held, patch: Patch) -> Held:
    return Held(
        version=patch.version,
        view=patched(held.view, patch.fields),
        stamp=patch.stamp or held.stamp,
    )
