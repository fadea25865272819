"""Comparing journals with what was anchored of them."""

from collections.abc import Iterable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocols.vocabulary import Sequence, TenantId
from server.anchoring.anchor import Anchor, SignedAnchor, hex_of, is_vouched_for
from server.application.ports import Head, StorageBusy, Store

_decode = msgspec.json.Decoder(SignedAnchor).decode


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was anchored and is so no more."""

    tenant_id: TenantId
    sequence: Sequence
    detail: str

    def __str__(self) -> str:
        """One line for people."""
        return f"sequence {self.sequence}: {self.detail}"


def read(lines: Iterable[bytes], key: Ed25519PublicKey) -> tuple[list[Anchor], list[str]]:
    """The anchors that this key vouches for, in order, and what is wrong with the other lines."""
    anchors: list[Anchor] = []
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            signed = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            wrong.append(f"line {number} is no anchor")
            continue
        if signed.line().strip() != line.strip():
            wrong.append(f"line {number} is not as we write anchors")
        elif signed.key != hex_of(key) or not is_vouched_for(signed, key):
            wrong.append(f"line {number} was not signed with this installation's key")
        else:
            anchors.append(signed.anchor)
    return anchors, wrong


def standing(anchors: Iterable[Anchor]) -> dict[TenantId, list[Anchor]]:
    """What each journal still has to hold: without what was given up by a restored backup."""
    held: dict[TenantId, list[Anchor]] = {}
    for anchor in anchors:
        before = held.get(anchor.tenant_id, [])
        if anchor.settles:
            before = [each for each in before if _precedes(each, anchor)]
        held[anchor.tenant_id] = [*before, anchor]
    return held


def _precedes(anchor: Anchor, settled: Anchor) -> bool:
    return anchor.sequence <= settled.sequence and anchor.epoch <= settled.epoch


async def check(store: Store, tenant_id: TenantId, anchors: list[Anchor]) -> list[Breach]:
    """What a journal does not hold of its anchors. [JN]"""
    # JN24
    try:
        return await _breaches(store, tenant_id, anchors)
    except StorageBusy:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        detail = f"the journal cannot be read: {error!r}"
        return [Breach(tenant_id=tenant_id, sequence=Sequence(0), detail=detail)]


async def _breaches(store: Store, tenant_id: TenantId, anchors: list[Anchor]) -> list[Breach]:
    head = await store.head(tenant_id)
    first = await store.first_kept(tenant_id)
    found = [
        Breach(tenant_id=tenant_id, sequence=anchor.sequence, detail=detail)
        for anchor in anchors
        if (detail := await _missing(store, anchor, head, first))
    ]
    newest = max((anchor.sequence for anchor in anchors), default=Sequence(0))
    if newest and newest < first - 1:
        # Retention drops what is days old, anchors are an hour old.
        detail = f"nothing that was anchored is kept, the oldest row is {first}"
        found.append(Breach(tenant_id=tenant_id, sequence=newest, detail=detail))
    return found


async def _missing(store: Store, anchor: Anchor, head: Head, first: Sequence) -> str:
    """What is wrong with one anchored row; nothing when it is there, or was trimmed."""
    if anchor.sequence > head.sequence:
        return f"was anchored, and the journal ends at {head.sequence}"
    if anchor.epoch > head.epoch:
        return f"was anchored in epoch {anchor.epoch}, and the journal is in epoch {head.epoch}"
    if anchor.sequence == 0 or anchor.sequence < first - 1:
        return ""
    after = Sequence(max(anchor.sequence, first) - 1)
    rows = await store.rows_after(anchor.tenant_id, after, limit=1)
    if anchor.sequence < first:
        # The last one that was trimmed: the first kept row says what it was.
        hashed = rows[0].previous_hash if rows else head.hash
    else:
        hashed = rows[0].hash if rows and rows[0].sequence == anchor.sequence else b""
    return "" if hashed == anchor.hash else "is another row than the one that was anchored"
