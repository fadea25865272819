"""What an archive says about itself: enough to tell, before anything changes, that it is whole."""

import re

import msgspec

from protocols.vocabulary import Epoch, Instant, Nonce, Sequence, TenantId

KIND = "kanvoy backup"

FORMAT = 1
"""Raised when an older program could not read the archive any more."""

NAME = "manifest.json"

TABLE = "tables/{}.msgpack"

PICTURE = "pictures/"

_PICTURE = re.compile(r"kept/[0-9a-f]{32}/[0-9a-f]{2}/[0-9a-f]{32}")
"""As `FileBlobs` names them; nothing else may become a path."""


class BadArchive(Exception):
    """The archive cannot be restored; the message says why, and nothing was changed."""


class TableFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One table: its columns in the order of the records, and the hash of its entry."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


class HeadFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where one tenant's journal stood."""

    slug: str
    epoch: Epoch
    sequence: Sequence
    nonce: Nonce
    hash: bytes


class PictureFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One picture, by its path below the folder of uploads."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The last entry of an archive: whatever was cut off has none."""

    kind: str
    format: int
    version: str
    """Of the program that made it."""
    schema: str
    """The revision of the tables."""
    made_at: Instant
    heads: dict[TenantId, HeadFacts]
    tables: dict[str, TableFacts]
    pictures: dict[str, PictureFacts]

    @property
    def rows(self) -> int:
        """Records in all tables."""
        return sum(table.rows for table in self.tables.values())


def manifest_of(written: bytes) -> Manifest:
    """The manifest; raises `BadArchive` for one that is not ours or says what cannot be."""
    try:
        manifest = msgspec.json.decode(written, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadArchive(f"its manifest cannot be read ({error})") from error
    if manifest.kind != KIND:
        raise BadArchive("it is no backup of Kanvoy")
    if manifest.format > FORMAT:
        raise BadArchive(f"it was made by Kanvoy {manifest.version}, which is newer; install that")
    for path in manifest.pictures:
        if not _PICTURE.fullmatch(path):
            raise BadArchive(f"it names a picture {path[:80]!r} where none can be")
    return manifest
