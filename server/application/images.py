"""The aggregates of one journal in memory, at a known place of the journal."""

from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from protocols.struct import Struct
from protocols.values import Address, Point
from protocols.vocabulary import (
    AggregateId,
    AggregateKind,
    CustomerId,
    DeliveryId,
    DriverId,
    OrderId,
    PersonId,
    ProductId,
    Rank,
    StageId,
    TenantId,
    WorkflowId,
)
from server.application.columns import Columns, Place
from server.application.gazetteer import locate
from server.application.ports import Aggregate, Head, Loaded, Row
from server.application.runs import Runs
from server.domain.fleet import Driver
from server.domain.orders.events import OrderEvent
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Order, Touch
from server.domain.records import Customer, Person, Product, Record, RecordSaved, Settings
from server.domain.records_evolve import evolve_record
from server.domain.workflow.state import Workflow
from server.domain.world import Bounds

R = TypeVar("R")


class Change(Struct, frozen=True):
    """What one row did: the aggregate before and after it."""

    row: Row
    before: Aggregate | None
    after: Aggregate


class Reading:
    """The lookups a rule may make, over open orders, records and columns. See `domain.world`."""

    def __init__(
        self,
        head: Head,
        orders: Mapping[OrderId, Order],
        records: Mapping[AggregateId, Record],
        columns: Columns,
        runs: Runs,
    ) -> None:
        """Read from these; the caller keeps them consistent with `head`."""
        self.head = head
        self._orders = orders
        self._records = records
        self._columns = columns
        self._runs = runs

    @property
    def settings(self) -> Settings:
        """What holds for the whole tenant."""
        found = self._record(AggregateId("settings"), Settings)
        assert found is not None, "every tenant is created with its settings"
        return found

    @property
    def next_number(self) -> int:
        """The number the next order gets."""
        return self.head.next_number

    def order(self, order_id: OrderId) -> Order | None:
        """An order that is open, or was loaded for this decision."""
        return self._orders.get(order_id)

    def workflow(self, workflow_id: WorkflowId) -> Workflow:
        """The workflow an order is in."""
        found = self._record(workflow_id, Workflow)
        assert found is not None, "an order's workflow is never deleted"
        return found

    def default_workflow(self) -> Workflow:
        """The workflow new orders start in."""
        return next(w for w in self.records(Workflow) if w.default)

    def customer(self, customer_id: CustomerId) -> Customer | None:
        """A customer record."""
        return self._record(customer_id, Customer)

    def product(self, product_id: ProductId) -> Product | None:
        """A catalogue entry."""
        return self._record(product_id, Product)

    def driver(self, driver_id: DriverId) -> Driver | None:
        """A driver."""
        return self._record(driver_id, Driver)

    def person(self, person_id: PersonId) -> Person | None:
        """A colleague."""
        return self._record(person_id, Person)

    def records(self, kind: type[R]) -> Iterator[R]:
        """All records of one kind."""
        return (r for r in self._records.values() if isinstance(r, kind))

    def aggregate(self, aggregate_id: AggregateId) -> Aggregate | None:
        """An order or a record by its id."""
        found = self._orders.get(cast("OrderId", aggregate_id))
        return found if found is not None else self._records.get(aggregate_id)

    def record_of(self, record_id: AggregateId) -> Record | None:
        """Any record by its id."""
        return self._records.get(record_id)

    def count(self, stage_id: StageId) -> int:
        """How many open orders the stage holds."""
        return self._columns.count(stage_id)

    def top(self, stage_id: StageId) -> Rank | None:
        """The smallest rank in the stage; None when it is empty."""
        return self._columns.top(stage_id)

    def bounds(
        self,
        stage_id: StageId,
        *,
        after_id: OrderId | None,
        before_id: OrderId | None,
        moving: OrderId | None,
    ) -> Bounds:
        """The ranks around the asked place; see `World.bounds`."""
        after = self._place(after_id, stage_id) if after_id != moving else None
        before = self._place(before_id, stage_id) if before_id != moving else None
        return self._columns.around(stage_id, after, before, skip=moving)

    def stop_bounds(
        self,
        driver_id: DriverId,
        *,
        after_id: DeliveryId | None,
        before_id: DeliveryId | None,
        moving: DeliveryId,
    ) -> Bounds:
        """The ranks around the asked place in a driver's run; see `World.stop_bounds`."""
        return self._runs.around(driver_id, after_id, before_id, moving)

    def locate(self, address: Address) -> Point | None:
        """Where an address is; see `World.locate`."""
        return locate(address)

    def _place(self, order_id: OrderId | None, stage_id: StageId) -> Place | None:
        order = self.order(order_id) if order_id is not None else None
        if order is None or not order.open or order.stage_id != stage_id:
            return None
        return (order.rank, order.id)

    def _record(self, record_id: str, kind: type[R]) -> R | None:
        found = self._records.get(AggregateId(record_id))
        return found if isinstance(found, kind) else None


class Images(Reading):
    """All records and open orders of a tenant as of `head`; only committed rows get in here."""

    def __init__(self, tenant_id: TenantId, loaded: Loaded) -> None:
        """Hold what was loaded."""
        self.tenant_id = tenant_id
        self.open_orders: dict[OrderId, Order] = {}
        self.all_records: dict[AggregateId, Record] = {}
        self.columns = Columns()
        self.runs = Runs()
        super().__init__(loaded.head, self.open_orders, self.all_records, self.columns, self.runs)
        self.reload(loaded)

    def reload(self, loaded: Loaded) -> None:
        """Forget everything and hold this instead."""
        self.head = loaded.head
        self.open_orders.clear()
        self.all_records.clear()
        for aggregate in loaded.aggregates:
            if isinstance(aggregate, Order):
                self.open_orders[aggregate.id] = aggregate
            else:
                self.all_records[AggregateId(aggregate.id)] = aggregate
        self._columns = self.columns = Columns.of(self.open_orders.values())
        self._runs = self.runs = Runs.of(self.open_orders.values())

    def aggregates(self) -> Iterator[Aggregate]:
        """Everything held, records first."""
        yield from self.all_records.values()
        yield from self.open_orders.values()

    def tops(self, most: int) -> list[Order]:
        """The first so many cards of every stage."""
        return [self.open_orders[order_id] for order_id in self.columns.tops(most)]

    def apply(self, row: Row, after: Aggregate | None = None) -> Change:
        """Take in the next committed row. The caller has checked that it is the next.

        `after` is the aggregate after the row, from whoever wrote it and so knows it already.
        """
        before = self.aggregate(row.aggregate_id)
        if after is None:
            after = after_row(before, row)
        self._keep(after, before)
        number = after.number + 1 if isinstance(after, Order) else 1
        self.head = Head(
            epoch=self.head.epoch,
            sequence=row.sequence,
            nonce=row.nonce,
            hash=row.hash,
            next_number=max(self.head.next_number, number),
        )
        return Change(row, before, after)

    def _keep(self, after: Aggregate, before: Aggregate | None) -> None:
        if not isinstance(after, Order):
            self.all_records[AggregateId(after.id)] = after
            return
        was = before if isinstance(before, Order) else None
        self.columns.replace(was, after)
        self.runs.replace(was, after)
        if after.open:
            self.open_orders[after.id] = after
        else:
            self.open_orders.pop(after.id, None)


def kind_of(aggregate: Aggregate) -> AggregateKind:
    """The kind of an aggregate: the tag it is stored under."""
    return cast("AggregateKind", aggregate.__struct_config__.tag)


def after_row(before: Aggregate | None, row: Row) -> Aggregate:
    """The aggregate after a row: its image when it carries one, else the fold of its events."""
    if row.image is not None:
        return row.image
    saved = tuple(event for event in row.events if isinstance(event, RecordSaved))
    if saved:
        return evolve_record(saved, row.version)
    assert before is None or isinstance(before, Order), "an order's row follows an order"
    return evolve(before, cast("tuple[OrderEvent, ...]", row.events), stamp(row))


def stamp(row: Row) -> Touch:
    """Who did the row, when, and to which version."""
    return Touch(
        version=row.version, by_id=PersonId(row.actor_id), by_name=row.actor_name, at=row.at
    )
