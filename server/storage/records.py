"""How our Structs become table rows, and back. The order of each tuple is its table's."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from protocols.vocabulary import (
    AggregateId,
    ClientId,
    Number,
    TenantId,
)
from server.application.journal_chain import canonical
from server.application.ports import Aggregate, Batch, Head, Row, StoredVerdict
from server.application.verdict import Verdict
from server.domain.orders.state import Order

Record = tuple[Any, ...]
"""One row of a table, as a driver gives or takes it."""

HEAD = ("epoch", "sequence", "nonce", "hash", "next_number")
"""The columns `head_of` expects."""

_KEY_MARK = "\n"

_encode = msgspec.json.Encoder(order="deterministic").encode
_aggregate = msgspec.json.Decoder(Aggregate).decode
_row = msgspec.json.Decoder(Row).decode
_verdict: Callable[[bytes], Verdict] = msgspec.json.Decoder(Verdict).decode


def named(struct: type[msgspec.Struct], record: Record) -> dict[str, Any]:
    """The record under the names of a Struct: fields and columns stand in the same order."""
    return dict(zip(struct.__struct_fields__, record, strict=True))


def aggregate_record(tenant_id: TenantId, aggregate: Aggregate) -> Record:
    """The newest image of an aggregate. A record, unlike an order, is always open."""
    kind = aggregate.__struct_config__.tag
    image = _encode(aggregate)
    if isinstance(aggregate, Order):
        is_open = aggregate.open
        return (tenant_id, aggregate.id, kind, aggregate.version, is_open, aggregate.number, image)
    return (tenant_id, aggregate.id, kind, aggregate.version, True, None, image)


def journal_record(row: Row) -> Record:
    """A journal row: what we search by in columns of their own, and all of it in the body."""
    return (
        row.tenant_id,
        row.sequence,
        row.nonce,
        row.kind,
        row.aggregate_id,
        row.version,
        key_text(row.keys),
        row.client_id,
        row.number,
        row.at,
        row.hash,
        canonical(row),
    )


def verdict_record(tenant_id: TenantId, answer: StoredVerdict) -> Record:
    """A kept verdict."""
    verdict = _encode(answer.verdict)
    return (tenant_id, answer.client_id, answer.number, answer.at, verdict)


def client_records(batch: Batch) -> list[Record]:
    """Each client of the batch with its highest number."""
    highest: dict[ClientId, Number] = {}
    for answer in batch.verdicts:
        if answer.number > highest.get(answer.client_id, 0):
            highest[answer.client_id] = answer.number
    return [(batch.tenant_id, client_id, number) for client_id, number in highest.items()]


def first_numbers(batch: Batch) -> dict[ClientId, Number]:
    """Each client of the batch with its lowest number, in the order of `client_records`."""
    lowest: dict[ClientId, Number] = {}
    for answer in batch.verdicts:
        lowest[answer.client_id] = min(answer.number, lowest.get(answer.client_id, answer.number))
    return lowest


def key_text(keys: Iterable[str]) -> str:
    """Membership keys as one text in which each is found whole."""
    return _KEY_MARK + "".join(key + _KEY_MARK for key in keys)


def head_of(record: Record) -> Head:
    """A head from the columns `HEAD`."""
    epoch, sequence, nonce, hashed, next_number = record
    return Head(
        epoch=epoch, sequence=sequence, nonce=nonce, hash=bytes(hashed), next_number=next_number
    )


def row_of(hashed: bytes, body: bytes) -> Row:
    """A journal row from its hash and its body."""
    return msgspec.structs.replace(_row(body), hash=bytes(hashed))


def rows_of(records: Iterable[Record]) -> list[Row]:
    """Journal rows from (hash, body)."""
    return [row_of(hashed, body) for hashed, body in records]


def aggregates_of(records: Iterable[Record]) -> list[Aggregate]:
    """Aggregates from (image,)."""
    return [_aggregate(image) for (image,) in records]


def aggregates_by_id(records: Iterable[Record]) -> dict[AggregateId, Aggregate]:
    """Aggregates from (image,), by their id."""
    return {AggregateId(one.id): one for one in aggregates_of(records)}


def verdict_of(verdict: bytes) -> Verdict:
    """A kept verdict."""
    return _verdict(verdict)
