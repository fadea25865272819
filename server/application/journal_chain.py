"""The audit chain: every row of a journal carries the hash of the row before it."""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from server.application.ports import Batch, Row

# Dictionaries in sorted order: equal rows have equal bytes, whoever wrote them.
_canonical = msgspec.json.Encoder(order="deterministic").encode


def canonical(row: Row) -> bytes:
    """The bytes that are hashed and stored: the whole row, but for its own hash."""
    return _canonical(msgspec.structs.replace(row, hash=b"") if row.hash else row)


def seal(row: Row, previous_hash: bytes) -> Row:
    """The row, linked to the one before it. The first row of a journal follows `b""`."""
    linked = msgspec.structs.replace(row, previous_hash=previous_hash, hash=b"")
    return msgspec.structs.replace(linked, hash=sha256(_canonical(linked)).digest())


def seal_all(rows: Iterable[Row], previous_hash: bytes) -> tuple[Row, ...]:
    """The rows, linked to each other; the last one's hash is the new head's."""
    sealed: list[Row] = []
    for row in rows:
        sealed.append(seal(row, previous_hash))
        previous_hash = sealed[-1].hash
    return tuple(sealed)


def broken_link(batch: Batch) -> str | None:
    """What is wrong with the chain from `base` over the rows to `head`; None when it holds.

    A store refuses such a batch as a bug of its caller: a gap, once stored, cannot be mended.
    """
    tenant_id, epoch = batch.tenant_id, batch.base.epoch
    at = (batch.base.sequence, batch.base.nonce, batch.base.hash)
    for row in batch.rows:
        if (row.sequence - 1, row.previous_nonce, row.previous_hash) != at:
            return f"row {row.sequence} does not follow sequence {at[0]}"
        if row.tenant_id != tenant_id or row.epoch != epoch or not row.hash:
            return f"row {row.sequence} is of another journal or not sealed"
        at = (row.sequence, row.nonce, row.hash)
    head = batch.head
    if (head.sequence, head.nonce, head.hash) != at or head.epoch != epoch:
        return f"head {head.sequence} is not the last row, {at[0]}"
    return None
