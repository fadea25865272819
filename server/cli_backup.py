"""`kanvoy backup` and `kanvoy restore`."""

import argparse
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from server.backing_up import Backed, backup
from server.desk import CannotDo
from server.restoring import Restored, Wanted, drill, restore
from server.settings import Settings

_MEGABYTE = 1_000_000

Chore = Callable[[argparse.Namespace, Settings], Awaitable[int]]


async def _backup(asked: argparse.Namespace, settings: Settings) -> int:
    target: Path | None = asked.file
    if asked.drill:
        room = _room(target)
        backed, restored = await drill(settings, target, room)
        _tell_backup(backed)
        return _tell_restored(restored)
    if target is None:
        raise CannotDo("where to? Name a file or a folder, or say --drill")
    _tell_backup(await backup(settings, target))
    return 0


def _room(target: Path | None) -> Path:
    """Where a drill may make its mess: beside the backup, for there is room."""
    if target is None:
        return Path(gettempdir())
    return target if target.is_dir() else target.parent


async def _restore(asked: argparse.Namespace, settings: Settings) -> int:
    wanted = Wanted(source=asked.file, replace=asked.replace, sign_out=asked.sign_out)
    return _tell_restored(await restore(settings, wanted))


def _tell_backup(backed: Backed) -> None:
    manifest = backed.manifest
    print(f"{backed.path}: {backed.bytes / _MEGABYTE:.1f} MB in {backed.seconds:.1f} s")
    print(f"  {manifest.rows} records, {len(manifest.pictures)} pictures, schema {manifest.schema}")
    for head in manifest.heads.values():
        print(f"  {head.slug} up to sequence {head.sequence}")


def _tell_restored(restored: Restored) -> int:
    found = restored.missing_pictures
    for slug, findings in restored.findings.items():
        print(f"{'✗' if findings else '✓'} {slug}")
        for finding in findings:
            print(f"    {finding}")
        found += len(findings)
    if restored.missing_pictures:
        print(f"✗ {restored.missing_pictures} pictures are named in the database and not there")
    said = "every journal is whole" if not found else f"{found} problems"
    made = time.strftime("%Y-%m-%d %H:%M", time.gmtime(restored.manifest.made_at / 1_000))
    print(f"The backup is of {made} UTC.")
    rows, pictures = restored.manifest.rows, len(restored.manifest.pictures)
    print(f"Restored {rows} records and {pictures} pictures in {restored.seconds:.1f} s; {said}.")
    return 1 if found else 0


def add_to(chore: Callable[[str, Chore, str], Any]) -> None:
    """Add our commands through the parser's own way of adding one."""
    saving = chore("backup", _backup, "write everything into one file while servers go on")
    saving.add_argument("file", type=Path, nargs="?", help="a new file, or a folder for it")
    saving.add_argument(
        "--drill", action="store_true", help="restore it aside, verify that, and say how long"
    )
    restoring = chore("restore", _restore, "make this installation what a backup says")
    restoring.add_argument("file", type=Path, help="a file that `kanvoy backup` wrote")
    restoring.add_argument(
        "--replace", action="store_true", help="remove what is in the database now"
    )
    restoring.add_argument(
        "--sign-out", action="store_true", help="leave no person and no device signed in"
    )
