"""Checks that a journal is what it claims to be, and that the state is the fold of its events."""

from functools import cache
from hashlib import sha256
from typing import Literal

import msgspec

from protocols.vocabulary import AggregateId, Sequence, TenantId
from server.application.images import after_row
from server.application.ports import Aggregate, Head, Row, StorageBusy
from server.domain.records import RecordSaved
from server.storage.database import Database, Scope
from server.storage.flavour import Flavour
from server.storage.records import (
    Record,
    aggregate_record,
    aggregates_of,
    head_of,
    journal_record,
    row_of,
)
from server.storage.statements.verify import VerifyStatements

_PAGE = 500

#: Enough to see the pattern; a journal that was cut in half has a finding per row.
_MOST = 100

FindingCode = Literal[
    "gap",
    "altered",
    "unreadable",
    "unchained",
    "columns",
    "version",
    "fold",
    "head",
    "state",
]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be, and where."""

    code: FindingCode
    sequence: Sequence
    aggregate_id: str = ""
    detail: str

    def __str__(self) -> str:
        """One line for people."""
        about = f" {self.aggregate_id}" if self.aggregate_id else ""
        return f"sequence {self.sequence}{about}: {self.detail}"


async def verify(database: Database, tenant_id: TenantId) -> list[Finding]:
    """What is wrong with a tenant's journal and state; nothing when all is well.

    Others may write meanwhile: every comparison is made at one head. At most 100 findings.
    """
    try:
        return await Verification(database, tenant_id).run()
    except StorageBusy:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        detail = f"the database cannot be read: {error!r}"
        return [Finding(code="unreadable", sequence=Sequence(0), detail=detail)]


@cache
def _compiled(flavour: Flavour) -> VerifyStatements:
    return VerifyStatements(flavour)


class Verification:
    """One walk over a journal, with what it has learnt so far."""

    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._statements = _compiled(database.flavour)
        self._findings: list[Finding] = []
        self._last = Head()
        self._trimmed = False
        self._images: dict[AggregateId, Aggregate] = {}
        self._versions: dict[AggregateId, int] = {}
        self._compared: set[AggregateId] = set()

    async def run(self) -> list[Finding]:
        """Walk the rows, then compare every image; catch up with writers in between."""
        after, compared = "", False
        while not compared and len(self._findings) < _MOST:
            head, newest, images = await self._database.read(
                Scope(self._tenant_id),
                self._statements.head.bind(tenant_id=self._tenant_id),
                self._statements.newest.bind(tenant_id=self._tenant_id),
                self._statements.images.bind(tenant_id=self._tenant_id, after=after, limit=_PAGE),
            )
            stood = head_of(head[0]) if head else Head()
            if (newest[0][0] or 0) > stood.sequence:
                self._find("head", newest[0][0], "the row is beyond the head")
            await self._walk(stood)
            self._compare(images, stood)
            compared = len(images) < _PAGE
            after = images[-1][1] if images else ""
        if not self._findings:
            await self._miss_none()
        return self._findings[:_MOST]

    async def _walk(self, head: Head) -> None:
        """Check the rows up to a head, and that head."""
        while self._last.sequence < head.sequence and len(self._findings) < _MOST:
            query = self._statements.rows.bind(
                tenant_id=self._tenant_id,
                after=self._last.sequence,
                upto=head.sequence,
                limit=_PAGE,
            )
            trim, records = await self._database.read(
                Scope(self._tenant_id),
                self._statements.trim.bind(tenant_id=self._tenant_id),
                query,
            )
            self._take_trim(trim)
            if not records:
                break
            for record in records:
                self._check(record)
        stood = (head.sequence, head.nonce, head.hash)
        last = (self._last.sequence, self._last.nonce, self._last.hash)
        if stood != last and not self._findings:
            self._find("head", head.sequence, f"the head is not the last row, {last[0]}")

    def _take_trim(self, trim: list[Record]) -> None:
        """Go on behind what retention dropped, which may also happen while we walk."""
        for upto, nonce, hashed in trim:
            if upto > self._last.sequence:
                self._trimmed = True
                self._last = Head(sequence=upto, nonce=nonce, hash=_bytes(hashed))

    def _check(self, record: Record) -> None:
        """Check one stored row against the row before it."""
        sequence, hashed, body = record[1], _bytes(record[10]), _bytes(record[11])
        if sequence != self._last.sequence + 1:
            self._find("gap", sequence, f"follows {self._last.sequence}: rows are missing")
        intact = self._is_intact(hashed, body)
        if not intact:
            self._find("altered", sequence, "the row is not what was hashed when it was written")
        try:
            row = row_of(hashed, body)
        except msgspec.DecodeError as error:
            self._find("unreadable", sequence, f"the row cannot be read: {error}")
            self._last = Head(sequence=sequence, nonce=record[2], hash=hashed)
            return
        self._check_links(row, record)
        if intact:
            self._fold(row)
        self._last = Head(sequence=row.sequence, nonce=row.nonce, hash=hashed)

    def _is_intact(self, hashed: bytes, body: bytes) -> bool:
        return sha256(body).digest() == hashed

    def _check_links(self, row: Row, record: Record) -> None:
        before = (row.previous_nonce, row.previous_hash)
        if before != (self._last.nonce, self._last.hash):
            self._find("unchained", record[1], "the row before it is another than when written")
        if journal_record(row)[:11] != (*record[:10], _bytes(record[10])):
            self._find("columns", record[1], "the columns do not say what the row says")

    def _fold(self, row: Row) -> None:
        known = self._versions.get(row.aggregate_id)
        if row.version != (known or 0) + 1 and not (known is None and self._trimmed):
            detail = f"version {row.version} follows {known or 0}"
            self._find("version", row.sequence, detail, row.aggregate_id)
        self._versions[row.aggregate_id] = row.version
        before = self._images.get(row.aggregate_id)
        if before is None and row.version > 1 and not _self_contained(row):
            # What the events follow was trimmed, or was not readable: nothing to compare with.
            return
        try:
            after = after_row(before, msgspec.structs.replace(row, image=None))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            detail = f"the events do not apply: {error!r}"
            self._find("fold", row.sequence, detail, row.aggregate_id)
            return
        if row.image is not None and row.image != after and before is not None:
            detail = "the row's image is not what its events make"
            self._find("fold", row.sequence, detail, row.aggregate_id)
        self._images[row.aggregate_id] = row.image or after

    def _compare(self, images: list[Record], head: Head) -> None:
        """Compare stored images, all as of `head`, with what the events made."""
        for record in images:
            aggregate_id, stored = record[1], _readable(_bytes(record[6]))
            self._compared.add(aggregate_id)
            if stored is not None and not _says(record, aggregate_record(self._tenant_id, stored)):
                detail = "the columns do not say what the stored state says"
                self._find("columns", head.sequence, detail, aggregate_id)
            folded = self._images.get(aggregate_id)
            if folded is None and self._trimmed and stored is not None:
                continue
            if stored is None or stored != folded:
                detail = f"the stored state ({len(record[6])} bytes) is not what the events make"
                self._find("state", head.sequence, detail, aggregate_id)

    async def _miss_none(self) -> None:
        """Every aggregate with events has a stored state."""
        # Those that were created while we walked are not in the pages we had read by then.
        left = [one for one in self._images if one not in self._compared]
        listed = self._database.flavour.listed(left)
        query = self._statements.known.bind(tenant_id=self._tenant_id, ids=listed)
        (records,) = await self._database.read(Scope(self._tenant_id), query)
        known = {aggregate_id for (aggregate_id,) in records}
        for aggregate_id in left:
            if aggregate_id not in known:
                detail = "the stored state is missing"
                self._find("state", self._last.sequence, detail, aggregate_id)

    def _find(self, code: FindingCode, sequence: int, detail: str, aggregate_id: str = "") -> None:
        self._findings.append(
            Finding(
                code=code, sequence=Sequence(sequence), aggregate_id=aggregate_id, detail=detail
            )
        )


def _self_contained(row: Row) -> bool:
    return row.image is not None or isinstance(row.events[0], RecordSaved)


def _says(record: Record, meant: Record) -> bool:
    """Whether the columns are the image's own, and the image says nothing that nobody reads.

    An image of an older program may lack what has a default today.
    """
    image = _bytes(record[6])
    if record[:6] != meant[:6]:
        return False
    return image == meant[6] or _within(msgspec.json.decode(image), msgspec.json.decode(meant[6]))


def _within(some: object, whole: object) -> bool:
    """Whether everything that is said in one place is said in the other."""
    match some, whole:
        case dict(), dict():
            return all(name in whole and _within(some[name], whole[name]) for name in some)
        case list(), list():
            pairs = zip(some, whole, strict=False)
            return len(some) == len(whole) and all(_within(*pair) for pair in pairs)
        case _:
            return some == whole


def _bytes(stored: bytes | str) -> bytes:
    """SQLite keeps whatever somebody put into a column, also a text."""
    return stored.encode() if isinstance(stored, str) else bytes(stored)


def _readable(image: bytes) -> Aggregate | None:
    try:
        return aggregates_of([(image,)])[0]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
