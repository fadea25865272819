"""Writes batches as the application would, without its rules: for tests of stores."""

import random
from collections.abc import Iterable

import msgspec

from protocols.rejections import NotFound
from protocols.values import Party
from protocols.vocabulary import (
    AggregateId,
    AggregateKind,
    ClientId,
    Currency,
    DeliveryId,
    Instant,
    Minor,
    Nonce,
    Number,
    OrderId,
    PersonId,
    ProductId,
    Rank,
    Sequence,
    StageId,
    TenantId,
    Version,
    WorkflowId,
)
from server.application.journal_chain import seal_all
from server.application.ports import (
    Aggregate,
    Batch,
    CommitOutcome,
    Committed,
    Event,
    Head,
    Row,
    Store,
    StoredVerdict,
)
from server.application.verdict import Denied, Done
from server.domain.orders.delivery import Delivery
from server.domain.orders.events import OrderArchived, OrderPlaced, PriorityChanged
from server.domain.orders.state import Order, Touch
from server.domain.records import Product, RecordSaved

_FIRST = 1_700_000_000_000


def an_order(name: str, *, number: int = 1, customer: str = "Ada") -> Order:
    """A new order on the board."""
    now = Instant(_FIRST)
    return Order(
        id=OrderId(name),
        number=number,
        workflow_id=WorkflowId("wf-1"),
        stage_id=StageId("new"),
        category="new",
        stage_since=now,
        rank=Rank("a0"),
        customer=Party(name=customer),
        currency=Currency("EUR"),
        price_mode="net",
        tax_rounding="line",
        deliveries=(Delivery(id=DeliveryId(f"{name}-d1"), position=1),),
        created_at=now,
        created_by="Ann",
        updated_at=now,
        updated_by="Ann",
    )


def a_product(name: str, *, price: int = 100) -> Product:
    """A catalogue entry."""
    return Product(id=ProductId(name), sku=name.upper(), name=name, unit_price=Minor(price))


def later(aggregate: Aggregate, **changes: object) -> Aggregate:
    """The aggregate one version on."""
    following = {"version": Version(aggregate.version + 1), **changes}
    return msgspec.structs.replace(aggregate, **following)


def moved_on(order: Aggregate) -> Aggregate:
    """The order as `evolve` makes it of the event that `Scribe` writes about it."""
    assert isinstance(order, Order)
    at, version = Instant(order.updated_at + 1), Version(order.version + 1)
    touched = Touch(version=version, by_id=PersonId("ann"), by_name="Ann", at=at)
    return later(order, touches={"priority": touched}, updated_at=at)


def archived(order: Order) -> Aggregate:
    """The order, off the board."""
    return later(order, archived=True)


class Scribe:
    """Knows the head of one journal and writes what follows it."""

    def __init__(self, tenant_id: str, *, seed: int = 0, head: Head | None = None) -> None:
        """Begin at a head, at the journal's beginning by default."""
        self.tenant_id = TenantId(tenant_id)
        self.head = head or Head()
        self._random = random.Random(seed)

    def batch(self, *changed: Aggregate, answers: Iterable[StoredVerdict] = ()) -> Batch:
        """One row for each aggregate, in this order; the answers beside them."""
        answered = tuple(answers)
        command = answered[0] if answered else None
        rows: list[Row] = []
        sequence, nonce = self.head.sequence, self.head.nonce
        for aggregate in changed:
            sequence, previous_nonce = Sequence(sequence + 1), nonce
            nonce = Nonce(self._random.getrandbits(48) or 1)
            row = a_row(self.tenant_id, aggregate, sequence, nonce, previous_nonce)
            rows.append(
                msgspec.structs.replace(
                    row,
                    epoch=self.head.epoch,
                    client_id=command.client_id if command else None,
                    number=command.number if command else None,
                )
            )
        sealed = seal_all(rows, self.head.hash)
        head = msgspec.structs.replace(
            self.head,
            sequence=sequence,
            nonce=nonce,
            hash=sealed[-1].hash if sealed else self.head.hash,
            next_number=self.head.next_number + len(rows),
        )
        newest = {aggregate.id: aggregate for aggregate in changed}
        return Batch(
            tenant_id=self.tenant_id,
            base=self.head,
            head=head,
            rows=sealed,
            aggregates=tuple(newest.values()),
            verdicts=answered,
        )

    async def write(
        self, store: Store, *changed: Aggregate, answers: Iterable[StoredVerdict] = ()
    ) -> CommitOutcome:
        """Commit a batch, and go on from it when it was stored."""
        batch = self.batch(*changed, answers=answers)
        outcome = await store.commit(batch)
        if isinstance(outcome, Committed):
            self.head = batch.head
        return outcome


def a_row(
    tenant_id: TenantId, aggregate: Aggregate, sequence: Sequence, nonce: Nonce, previous: Nonce
) -> Row:
    """An unsealed row about an aggregate."""
    kind: AggregateKind = aggregate.__struct_config__.tag  # type: ignore[assignment]
    extra = () if isinstance(aggregate, Order) is False else (f"order:{aggregate.id}",)
    return Row(
        tenant_id=tenant_id,
        sequence=sequence,
        epoch=Head().epoch,
        nonce=nonce,
        previous_nonce=previous,
        kind=kind,
        aggregate_id=AggregateId(aggregate.id),
        version=aggregate.version,
        keys=("board", *extra),
        events=_events(aggregate),
        actor_id="ann",
        actor_name="Ann",
        via="socket",
        at=aggregate.updated_at if isinstance(aggregate, Order) else Instant(_FIRST + sequence),
    )


def _events(aggregate: Aggregate) -> tuple[Event, ...]:
    if not isinstance(aggregate, Order):
        return (RecordSaved(record=aggregate),)
    if aggregate.version == 1:
        return (OrderPlaced(order=aggregate),)
    if aggregate.archived:
        return (OrderArchived(),)
    return (PriorityChanged(priority=aggregate.priority, was=1),)


def done(client: str, number: int, *, sequence: int = 0) -> StoredVerdict:
    """The answer to a command that happened."""
    verdict = Done(number=Number(number), changed=True, sequence=Sequence(sequence))
    return StoredVerdict(
        client_id=ClientId(client), number=Number(number), verdict=verdict, at=Instant(5)
    )


def denied(client: str, number: int) -> StoredVerdict:
    """The answer to a command that was refused."""
    rejection = NotFound(aggregate_id=AggregateId("o-nowhere"))
    verdict = Denied(number=Number(number), rejection=rejection)
    return StoredVerdict(
        client_id=ClientId(client), number=Number(number), verdict=verdict, at=Instant(5)
    )


def touch(order: Order, group: str) -> Touch:
    """Who last changed a group: Ann, at this version."""
    return Touch(version=order.version, by_id=PersonId("ann"), by_name="Ann", at=Instant(5))
