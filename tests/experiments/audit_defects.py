"""Blind eyes put into X11, one at a time: the experiment must notice that they do not see."""

import functools

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocols.vocabulary import TenantId
from server.anchoring.anchor import Anchor, SignedAnchor
from server.anchoring.check import Breach
from server.application.ports import Head, Row, Store
from server.storage.database import Database
from server.storage.records import Record
from server.storage.verify import Finding, Verification
from tests.experiments.audit import Watch


class SkipsChain(Verification):
    """Looks at the state only."""

    async def _walk(self, head: Head) -> None:
        await super()._walk(head)
        self._findings.clear()


class SkipsHashes(Verification):
    """Believes that a row is what its hash was made of."""

    def _is_intact(self, hashed: bytes, body: bytes) -> bool:
        del hashed, body
        return True


class SkipsPrevious(Verification):
    """Does not ask which row a row follows."""

    def _check_links(self, row: Row, record: Record) -> None:
        self._last = msgspec.structs.replace(
            self._last, nonce=row.previous_nonce, hash=row.previous_hash
        )
        super()._check_links(row, record)


class SkipsStates(Verification):
    """Does not compare what is stored with what the events make."""

    def _compare(self, images: list[Record], head: Head) -> None:
        del images, head

    async def _miss_none(self) -> None:
        return


async def _with(kind: type[Verification], database: Database, tenant_id: TenantId) -> list[Finding]:
    try:
        return await kind(database, tenant_id).run()
    except Exception as error:  # noqa: BLE001 - as the product does
        return [Finding(code="unreadable", sequence=0, detail=repr(error))]


def _looking(kind: type[Verification]) -> Watch:
    return Watch(verify=functools.partial(_with, kind))


async def _sees_nothing(store: Store, tenant_id: TenantId, anchors: list[Anchor]) -> list[Breach]:
    del store, tenant_id, anchors
    return []


def _believes(lines: list[bytes], key: Ed25519PublicKey) -> tuple[list[Anchor], list[str]]:
    """Read anchors without asking who signed them."""
    del key
    anchors, wrong = [], []
    for line in lines:
        try:
            anchors.append(msgspec.json.decode(line, type=SignedAnchor).anchor)
        except (msgspec.DecodeError, UnicodeDecodeError):
            wrong.append("no anchor")
    return anchors, wrong


BLIND: dict[str, tuple[Watch, str]] = {
    "skips the chain": (_looking(SkipsChain), "row_forged"),
    "skips the hashes": (_looking(SkipsHashes), "row_altered"),
    "skips what a row follows": (_looking(SkipsPrevious), "row_forged"),
    "skips the states": (_looking(SkipsStates), "state_flipped"),
    "has no anchors": (Watch(check=_sees_nothing), "tail_cut"),
    "believes every anchor": (Watch(read=_believes), "anchor_flipped"),
}
"""What each does not do, and a family that must then go unnoticed."""
