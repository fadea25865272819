"""Bugs put into the way of pictures, one at a time: X10 must see each of them."""

import asyncio
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from protocols.vocabulary import TenantId, UploadKind
from server.application.upload_ports import Cleaned, Unclean
from server.pictures.cleaner import PictureCleaner
from server.storage.blobs import FileBlobs
from tests.experiments.hostile import Defects


class PassingThrough:
    """Keeps what came in."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """Clean nothing."""
        del kind
        return Cleaned(raw, "image/jpeg")


class Trusting:
    """Writes pictures anew with all that they said of themselves, and lets any size through."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """Clean the pixels only."""
        del kind
        made = io.BytesIO()
        try:
            with Image.open(io.BytesIO(raw)) as picture:
                said = {"exif": picture.getexif().tobytes(), "comment": picture.info.get("comment")}
                picture.convert("RGB").save(made, "JPEG", **said)
        except Exception:  # noqa: BLE001 - this one is careless about everything
            return Unclean("broken")
        return Cleaned(made.getvalue(), "image/jpeg")


class Falling:
    """Lets the decoder's fault out."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """Break on whatever is no picture."""
        del kind
        Image.open(io.BytesIO(raw)).load()
        return Unclean("broken")


class Lingering(PictureCleaner):
    """Starts processes that nobody ends."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[subprocess.Popen[bytes]] = []

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """Leave one behind for the first picture."""
        if not self.left:
            self.left.append(_waiting())
        return await super().clean(kind, raw)


def _waiting() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


class Swelling(PictureCleaner):
    """Remembers everything it made, many times."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[bytes] = []

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """Keep a copy."""
        self.kept.append(b"\x01" * 40_000_000)
        return await super().clean(kind, raw)


class Hoarding(FileBlobs):
    """Deletes nothing that came in."""

    async def drop_parts(self, tenant_id: TenantId, name: str) -> None:
        """Forget to."""


class Copying(FileBlobs):
    """Leaves a copy of what came in beside it."""

    async def parts(self, tenant_id: TenantId, name: str) -> bytes:
        """Read, and copy for a look at it later."""
        raw = await super().parts(tenant_id, name)
        await asyncio.to_thread(self._copy, name, raw)
        return raw

    def _copy(self, name: str, raw: bytes) -> None:
        folder: Path = self._folder / "looked-at"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(raw)


DEFECTS: dict[str, tuple[Callable[[], Defects], str]] = {
    "keeps what came in": (lambda: Defects(PassingThrough()), "were kept"),
    "keeps what is not pixels": (lambda: Defects(Trusting()), "were kept"),
    "takes any size": (lambda: Defects(Trusting()), "(too_many_pixels) is right"),
    "breaks": (lambda: Defects(Falling()), "the last part: "),
    "leaves a process": (lambda: Defects(Lingering()), "a process is left"),
    "fills memory": (lambda: Defects(Swelling()), "memory grew"),
    "deletes nothing": (lambda: Defects(PictureCleaner(), Hoarding), "is still there"),
    "copies": (lambda: Defects(PictureCleaner(), Copying), "lies on disk"),
}
"""What each bug is, and the words of what must be found."""
