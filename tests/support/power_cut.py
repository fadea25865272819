"""A disk that loses power: SQLite files whose unsynced writes survive only by chance.

Works below SQLite, as a VFS of apsw: what was written since the last sync of a file is kept
apart, and an image of the disk after the cut has all synced bytes and a random part of the rest.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path

import apsw


class PowerGone(Exception):
    """The disk does nothing any more."""


@dataclass
class _Kept:
    durable: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Offset and bytes; None truncates there."""

    def sync(self) -> None:
        """Everything so far is on the platter."""
        _play(self.durable, self.pending)
        self.pending.clear()


def _play(image: bytearray, writes: list[tuple[int, bytes | None]]) -> None:
    for offset, written in writes:
        if written is None:
            del image[offset:]
            continue
        image.extend(bytes(max(0, offset - len(image))))
        image[offset : offset + len(written)] = written


class Disk(apsw.VFS):
    """Opens files as usual, and remembers what of them a power cut would leave."""

    def __init__(self, name: str) -> None:
        """Register under a name of its own."""
        super().__init__(name, "")
        self.name = name
        self.files: dict[str, _Kept] = {}
        self.steps: int | None = None
        """Writes and syncs until the power goes; None: it stays."""

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file; what it holds already is durable."""
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        if path.name not in self.files:
            self.files[path.name] = _Kept(bytearray(path.read_bytes() if path.exists() else b""))
        return _File(name, flags, self.files[path.name], self)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Remove a file, at once and for good."""
        super().xDelete(filename, syncdir)
        self.files.pop(Path(filename).name, None)

    def step(self) -> None:
        """Something reaches the disk; raises `PowerGone` when nothing does any more."""
        if self.steps is None:
            return
        if self.steps == 0:
            raise PowerGone
        self.steps -= 1

    def cut(self, folder: Path, rng: random.Random) -> None:
        """Write what is left after the power went: each unsynced write with a chance of half."""
        for name, kept in self.files.items():
            image = bytearray(kept.durable)
            _play(image, [write for write in kept.pending if rng.random() < 0.5])
            (folder / name).write_bytes(image)


class _File(apsw.VFSFile):
    def __init__(
        self, name: apsw.URIFilename | str | None, flags: list[int], kept: _Kept, disk: Disk
    ) -> None:
        super().__init__("", name, flags)
        self._kept, self._disk = kept, disk

    def xWrite(self, written: bytes, offset: int) -> None:  # noqa: N802
        self._disk.step()
        super().xWrite(written, offset)
        self._kept.pending.append((offset, bytes(written)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.step()
        super().xTruncate(size)
        self._kept.pending.append((size, None))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.step()
        super().xSync(flags)
        self._kept.sync()
