"""A batch on its way into the tables: encoded before it queues, so that the writer only binds."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, update

from protocols.vocabulary import ClientId, Number
from server.application.journal_chain import broken_link
from server.application.ports import Batch
from server.application.stride import ROWS, Stride
from server.storage.records import (
    Record,
    aggregate_record,
    client_records,
    first_numbers,
    journal_record,
    verdict_record,
)
from server.storage.tables import clients, heads


@dataclass(frozen=True, slots=True)
class BatchRecords:
    """What one batch writes into each table, and the values of its fence."""

    fence: dict[str, Any]
    journal: list[Record]
    aggregates: list[Record]
    verdicts: list[Record]
    clients: list[Record]
    firsts: dict[ClientId, Number]
    """The lowest number of each client: none may be answered yet, nor forgotten since."""


def records_of(batch: Batch) -> BatchRecords:
    """Encode a batch. A batch that would break the journal's chain is a bug of its maker."""
    return _records(
        batch,
        [journal_record(row) for row in batch.rows],
        [aggregate_record(batch.tenant_id, one) for one in batch.aggregates],
    )


async def records_in_strides(batch: Batch) -> BatchRecords:
    """The same, with room for others between the parts of a long one. [FQ6]"""
    stride = Stride(ROWS)
    rows, images = [], []
    for row in batch.rows:
        rows.append(journal_record(row))
        await stride.step()
    for one in batch.aggregates:
        images.append(aggregate_record(batch.tenant_id, one))
        await stride.step()
    return _records(batch, rows, images)


def _records(batch: Batch, rows: list[Record], images: list[Record]) -> BatchRecords:
    if wrong := broken_link(batch):
        raise ValueError(wrong)
    base, head = batch.base, batch.head
    return BatchRecords(
        fence={
            "of_tenant": batch.tenant_id,
            "seen_epoch": base.epoch,
            "seen_sequence": base.sequence,
            "seen_nonce": base.nonce,
            "new_sequence": head.sequence,
            "new_nonce": head.nonce,
            "new_hash": head.hash,
            "new_next_number": head.next_number,
        },
        journal=rows,
        aggregates=images,
        verdicts=[verdict_record(batch.tenant_id, answer) for answer in batch.verdicts],
        clients=client_records(batch),
        firsts=first_numbers(batch),
    )


def still_seen() -> tuple[ColumnElement[bool], ...]:
    """Whether a row of `heads` is the tenant's, and still as it was seen."""
    return (
        heads.c.tenant_id == bindparam("of_tenant"),
        heads.c.epoch == bindparam("seen_epoch"),
        heads.c.sequence == bindparam("seen_sequence"),
        heads.c.nonce == bindparam("seen_nonce"),
    )


def move_head() -> Any:
    """The UPDATE that moves one head, iff it is still the one that was seen."""
    return (
        update(heads)
        .where(*still_seen())
        .values(
            sequence=bindparam("new_sequence"),
            nonce=bindparam("new_nonce"),
            hash=bindparam("new_hash"),
            next_number=bindparam("new_next_number"),
        )
        .returning(heads.c.tenant_id)
    )


def replace_aggregate(insert: Any) -> Any:
    """Complete an INSERT into `aggregates`: a newer image takes the place of the older one."""
    newer = ("version", "open", "number", "image")
    return insert.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={name: insert.excluded[name] for name in newer},
    )


def raise_last_number(insert: Any) -> Any:
    """Complete an INSERT into `clients`: the last number may rise, never go back."""
    return insert.on_conflict_do_update(
        index_elements=["tenant_id", "client_id"],
        set_={"last_number": insert.excluded.last_number},
        where=clients.c.last_number < insert.excluded.last_number,
    )
