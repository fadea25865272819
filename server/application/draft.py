"""What a batch of commands would write, on top of the images it was decided on."""

from collections import ChainMap
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import msgspec

from protocols.struct import Struct
from protocols.vocabulary import (
    AggregateId,
    AggregateKind,
    ClientId,
    Instant,
    Number,
    OrderId,
    Sequence,
    Version,
)
from server.application.images import Images, Reading, after_row
from server.application.journal_chain import seal
from server.application.ports import Aggregate, Batch, Event, Head, Ids, Row, StoredVerdict
from server.domain.actor import Actor
from server.domain.audience import keys
from server.domain.orders.state import Order
from server.domain.records import Record

K = TypeVar("K")
V = TypeVar("V")


class Cause(Struct, frozen=True, kw_only=True):
    """Who wrote a row, with which command, and when."""

    actor: Actor
    at: Instant
    client_id: ClientId | None
    number: Number | None
    cause: str = ""


class _Layers(ChainMap[K, V]):
    """Mappings over each other. A look-up asks each once; ChainMap's own asks twice, in Python."""

    def get(self, key: K, default: Any = None) -> Any:  # noqa: ANN401 - as Mapping has it
        """The value in the uppermost layer that has the key; no value is None."""
        for layer in self.maps:
            found = layer.get(key)
            if found is not None:
                return found
        return default


class Draft(Reading):
    """The images plus everything decided so far in this batch; nothing of it is durable yet.

    Later commands of a batch see what earlier ones did. `extra` holds closed orders that were
    loaded for this batch only.
    """

    def __init__(self, images: Images, ids: Ids, extra: Iterable[Order] = ()) -> None:
        """Start from the images; they must not change while the draft lives."""
        self._new_orders: dict[OrderId, Order] = {}
        self._new_records: dict[AggregateId, Record] = {}
        closed = {order.id: order for order in extra}
        super().__init__(
            images.head,
            _Layers(self._new_orders, images.open_orders, closed),
            _Layers(self._new_records, images.all_records),
            images.columns.fork(),
            images.runs.fork(),
        )
        self.base = images.head
        self.rows: list[Row] = []
        self.afters: list[Aggregate] = []
        """For each row the aggregate after it."""
        self.verdicts: list[StoredVerdict] = []
        self._tenant_id = images.tenant_id
        self._ids = ids
        self._log: list[tuple[AggregateId, Aggregate | None, Head]] = []

    def record(
        self,
        kind: AggregateKind,
        before: Aggregate | None,
        aggregate_id: AggregateId,
        events: tuple[Event, ...],
        cause: Cause,
    ) -> Row:
        """Write one row: these events happened to this aggregate."""
        row = Row(
            tenant_id=self._tenant_id,
            sequence=Sequence(self.head.sequence + 1),
            epoch=self.head.epoch,
            nonce=self._ids.nonce(),
            previous_nonce=self.head.nonce,
            kind=kind,
            aggregate_id=aggregate_id,
            version=Version(before.version + 1 if before is not None else 1),
            keys=(),
            events=events,
            actor_id=cause.actor.id,
            actor_name=cause.actor.name,
            via=cause.actor.via,
            cause=cause.cause,
            client_id=cause.client_id,
            number=cause.number,
            at=cause.at,
        )
        after = after_row(before, row)
        row = seal(
            msgspec.structs.replace(
                row, keys=_union(before, after), image=after if _was_closed(before) else None
            ),
            self.head.hash,
        )
        self._log.append((aggregate_id, before, self.head))
        self.rows.append(row)
        self.afters.append(after)
        self._keep(before, after)
        self._advance(row, after)
        return row

    def mark(self) -> int:
        """A point to roll back to."""
        return len(self._log)

    def roll_back(self, mark: int) -> None:
        """Forget all rows written since the mark."""
        while len(self._log) > mark:
            aggregate_id, before, self.head = self._log.pop()
            self.rows.pop()
            self.afters.pop()
            self._forget(aggregate_id, before)

    def batch(self) -> Batch:
        """Everything to be stored at once."""
        touched = dict.fromkeys(row.aggregate_id for row in self.rows)
        return Batch(
            tenant_id=self._tenant_id,
            base=self.base,
            head=self.head,
            rows=tuple(self.rows),
            aggregates=tuple(cast("Aggregate", self.aggregate(i)) for i in touched),
            verdicts=tuple(self.verdicts),
        )

    def _keep(self, before: Aggregate | None, after: Aggregate) -> None:
        if isinstance(after, Order):
            was = before if isinstance(before, Order) else None
            self._columns.replace(was, after)
            self._runs.replace(was, after)
            self._new_orders[after.id] = after
        else:
            self._new_records[AggregateId(after.id)] = after

    def _forget(self, aggregate_id: AggregateId, before: Aggregate | None) -> None:
        now = self.aggregate(aggregate_id)
        if isinstance(now, Order):
            was = before if isinstance(before, Order) else None
            self._columns.replace(now, was)
            self._runs.replace(now, was)
            self._new_orders.pop(now.id)
            if isinstance(before, Order):
                self._new_orders[before.id] = before
        else:
            self._new_records.pop(aggregate_id)
            if before is not None:
                self._new_records[aggregate_id] = cast("Record", before)

    def _advance(self, row: Row, after: Aggregate) -> None:
        number = after.number + 1 if isinstance(after, Order) else 1
        self.head = msgspec.structs.replace(
            self.head,
            sequence=row.sequence,
            nonce=row.nonce,
            hash=row.hash,
            next_number=max(self.head.next_number, number),
        )


def _union(before: Aggregate | None, after: Aggregate) -> tuple[str, ...]:
    was = keys(before) if before is not None else ()
    return tuple(dict.fromkeys((*was, *keys(after))))


def _was_closed(before: Aggregate | None) -> bool:
    """Whether other nodes may not hold the aggregate and need it whole: it was closed before."""
    return isinstance(before, Order) and not before.open
