"""Pictures in an archive. Each is written once under a name of its own, so adding is enough."""

import secrets
import shutil
from pathlib import Path

from server.storage.backup.archive import Archive, ArchiveWriter
from server.storage.backup.files import belongs_like
from server.storage.backup.manifest import PictureFacts
from server.storage.durable import sync


def pack(folder: Path, archive: ArchiveWriter) -> dict[str, PictureFacts]:
    """Put every kept picture into the archive; what is still on its way is sent again."""
    facts: dict[str, PictureFacts] = {}
    for path in sorted(folder.glob("kept/*/*/*")):
        try:
            with path.open("rb") as body:
                name = path.relative_to(folder).as_posix()
                facts[name] = archive.picture(name, body)
        except FileNotFoundError:
            # Dropped since we listed the folder.
            continue
    return facts


def unpack(archive: Archive, folder: Path) -> int:
    """Write the pictures that are not there; answers how many. Others stay as they are."""
    added = 0
    for name, facts in archive.manifest.pictures.items():
        path = folder / name
        if path.exists() and path.stat().st_size == facts.bytes:
            continue
        _make_folder(path.parent, folder.parent)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        with archive.picture(name) as body, fresh.open("xb") as written:
            shutil.copyfileobj(body, written)
        belongs_like(fresh, path.parent)
        sync(fresh)
        fresh.replace(path)
        added += 1
    return added


def _make_folder(folder: Path, top: Path) -> None:
    if not folder.exists():
        _make_folder(folder.parent, top)
        folder.mkdir()
        if folder != top:
            belongs_like(folder, folder.parent)
