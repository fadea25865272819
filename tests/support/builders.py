"""Valid things for tests, one keyword away from what a test needs. No test knows all fields."""

from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from protocols.rejections import Rejection
from protocols.values import Address, Label, Party, PercentOff, Point, Reduction
from protocols.vocabulary import (
    AggregateId,
    Category,
    Currency,
    CustomerId,
    DeliveryId,
    DiscountId,
    DriverId,
    FieldGroup,
    Instant,
    LabelId,
    LineId,
    Minor,
    NoteId,
    OrderId,
    Permission,
    PersonId,
    ProductId,
    Rank,
    StageId,
    TenantId,
    Version,
    WorkflowId,
)
from server.application.runs import Runs
from server.domain.actor import Actor
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.fleet import Driver
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Discount, Line, Note, Order, Touch
from server.domain.orders.totals import price
from server.domain.records import Customer, Person, Product, Record, Settings
from server.domain.roles import ALL
from server.domain.workflow.presets import full_7
from server.domain.workflow.state import Workflow
from server.domain.world import Bounds

NOW = Instant(1_750_000_000_000)

T = TypeVar("T")


def an_actor(*, without: Iterable[Permission] = (), **fields: Any) -> Actor:
    """Mei of the back office, who may do everything unless told otherwise."""
    permissions = ALL.difference(without)
    given: dict[str, Any] = {
        "tenant_id": TenantId("acme"),
        "id": PersonId("mei"),
        "name": "Mei",
        "roles": ("owner",),
        "permissions": permissions,
    }
    return Actor(**(given | fields))


def asked(actor: Actor | None = None, **fields: Any) -> Asked:
    """A command asked by an actor who saw version 1 of the order."""
    given: dict[str, Any] = {"now": NOW, "base_version": Version(1)}
    return Asked(actor=actor or an_actor(), **(given | fields))


def a_line(identity: str = "line-1", **fields: Any) -> Line:
    """Two of something for 10.00 with 20 % tax."""
    given: dict[str, Any] = {
        "id": LineId(identity),
        "name": "Oak table",
        "quantity": 2,
        "unit_price": Minor(1_000),
        "list_price": Minor(1_000),
        "tax_rate": 2_000,
    }
    return Line(**(given | fields))


def a_discount(
    identity: str = "disc-1", reduction: Reduction | None = None, line: str | None = None
) -> Discount:
    """Ten percent off the order."""
    return Discount(
        id=DiscountId(identity),
        reduction=reduction or PercentOff(basis_points=1_000),
        line_id=None if line is None else LineId(line),
    )


def a_delivery(identity: str = "del-1", **fields: Any) -> Delivery:
    """The one delivery of an order, without driver and window."""
    given: dict[str, Any] = {"id": DeliveryId(identity), "position": 1}
    return Delivery(**(given | fields))


def a_note(identity: str = "note-1", **fields: Any) -> Note:
    """An internal note by Ben."""
    given: dict[str, Any] = {
        "id": NoteId(identity),
        "text": "Ring twice",
        "by_id": PersonId("ben"),
        "by_name": "Ben",
        "at": NOW,
    }
    return Note(**(given | fields))


def an_order(identity: str = "ord-1", **fields: Any) -> Order:
    """An order for Rosa in the first stage of `full-7`, with one line and right totals."""
    given: dict[str, Any] = {
        "id": OrderId(identity),
        "number": 1_001,
        "workflow_id": WorkflowId("full-7"),
        "stage_id": StageId("new"),
        "category": "new",
        "stage_since": NOW,
        "rank": Rank("a0"),
        "customer": Party(name="Rosa"),
        "shipping_address": Address(street="Main St 1", city="Lyon"),
        "currency": Currency("EUR"),
        "price_mode": "net",
        "tax_rounding": "line",
        "lines": (a_line(),),
        "deliveries": (a_delivery(),),
        "created_at": NOW,
        "created_by": "Mei",
        "updated_at": NOW,
        "updated_by": "Mei",
    }
    order = Order(**(given | fields))
    return order if "totals" in fields else replace(order, totals=price(order).totals)


def touched_by_ben(order: Order, *groups: str, version: int = 2) -> Order:
    """The order after Ben wrote these groups, at that version."""
    touch = Touch(version=Version(version), by_id=PersonId("ben"), by_name="Ben", at=NOW)
    marks = {FieldGroup(group): touch for group in groups}
    return replace(order, version=Version(version), touches={**order.touches, **marks})


def at_stage(order: Order, stage_id: str, category: Category) -> Order:
    """The order and its deliveries in another stage, as if they had always been there."""
    deliveries = tuple(replace(each, category=category) for each in order.deliveries)
    return replace(order, stage_id=StageId(stage_id), category=category, deliveries=deliveries)


def a_workflow(**fields: Any) -> Workflow:
    """The preset `full-7`, as the tenant's default."""
    return replace(full_7(), **fields)


def a_product(identity: str = "prod-1", **fields: Any) -> Product:
    """An oak table of the catalogue for 10.00."""
    given: dict[str, Any] = {
        "id": ProductId(identity),
        "sku": "OAK-1",
        "name": "Oak table",
        "unit_price": Minor(1_000),
        "tax_rate": 2_000,
    }
    return Product(**(given | fields))


def a_driver(identity: str = "ana", **fields: Any) -> Driver:
    """Ana, who drives."""
    return Driver(**({"id": DriverId(identity), "name": identity.title()} | fields))


def a_person(identity: str = "ben", **fields: Any) -> Person:
    """Ben of the back office."""
    given: dict[str, Any] = {
        "id": PersonId(identity),
        "email": f"{identity}@example.org",
        "name": identity.title(),
        "roles": ("backoffice",),
    }
    return Person(**(given | fields))


def a_customer(identity: str = "cust-1", **fields: Any) -> Customer:
    """Rosa as a record, living in Lyon."""
    given: dict[str, Any] = {
        "id": CustomerId(identity),
        "customer": Party(name="Rosa"),
        "shipping_address": Address(street="Main St 1", city="Lyon"),
    }
    return Customer(**(given | fields))


def some_settings(**fields: Any) -> Settings:
    """A tenant in euro with the labels `urgent` and `fragile`."""
    given: dict[str, Any] = {
        "name": "Acme",
        "currency": Currency("EUR"),
        "labels": (Label(id="fragile", name="Fragile"), Label(id="urgent", name="Urgent")),
    }
    return Settings(**(given | fields))


class DictWorld:
    """A `World` over dicts: what one tenant's journal says, and nothing else."""

    def __init__(
        self,
        *orders: Order,
        settings: Settings | None = None,
        workflows: Iterable[Workflow] | None = None,
        records: Iterable[Person | Driver | Customer | Product] | None = None,
        next_number: int = 1_002,
    ) -> None:
        """Hold these orders and records; without records the ones the builders make."""
        self.orders = {order.id: order for order in orders}
        self._settings = settings or some_settings()
        self._workflows = {
            each.id: each for each in (workflows if workflows is not None else (a_workflow(),))
        }
        made = (
            records
            if records is not None
            else (a_person(), a_driver(), a_driver("tom"), a_customer(), a_product())
        )
        self._records = {(type(each).__name__, str(each.id)): each for each in made}
        self._next_number = next_number

    def put(self, order: Order) -> None:
        """Replace or add an order."""
        if order.id not in self.orders:
            self._next_number = max(self._next_number, order.number + 1)
        self.orders[order.id] = order

    @property
    def settings(self) -> Settings:
        """The tenant's settings."""
        return self._settings

    @property
    def next_number(self) -> int:
        """The number of the next order."""
        return self._next_number

    def order(self, order_id: OrderId) -> Order | None:
        """An order, open or closed."""
        return self.orders.get(order_id)

    def workflow(self, workflow_id: WorkflowId) -> Workflow:
        """A workflow that must exist."""
        return self._workflows[workflow_id]

    def default_workflow(self) -> Workflow:
        """The workflow marked as default, else the first one."""
        workflows = list(self._workflows.values())
        return next((each for each in workflows if each.default), workflows[0])

    def aggregate(self, aggregate_id: AggregateId) -> Order | Record | None:
        """An order or a record by its id."""
        everything: dict[str, Order | Record] = {
            **{str(order.id): order for order in self.orders.values()},
            **{str(each.id): each for each in self._workflows.values()},
            **{identity: each for (_, identity), each in self._records.items()},
            str(self._settings.id): self._settings,
        }
        return everything.get(aggregate_id)

    def customer(self, customer_id: CustomerId) -> Customer | None:
        """A customer record."""
        return self._find(Customer, customer_id)

    def product(self, product_id: ProductId) -> Product | None:
        """A catalogue entry."""
        return self._find(Product, product_id)

    def driver(self, driver_id: DriverId) -> Driver | None:
        """A driver."""
        return self._find(Driver, driver_id)

    def person(self, person_id: PersonId) -> Person | None:
        """A colleague."""
        return self._find(Person, person_id)

    def _find(self, kind: type[T], identity: str) -> T | None:
        found = self._records.get((kind.__name__, identity))
        return found if isinstance(found, kind) else None

    def count(self, stage_id: StageId) -> int:
        """How many open orders the stage holds."""
        return len(self._column(stage_id, moving=None))

    def top(self, stage_id: StageId) -> Rank | None:
        """The smallest rank of the stage."""
        column = self._column(stage_id, moving=None)
        return column[0].rank if column else None

    def stop_bounds(
        self,
        driver_id: DriverId,
        *,
        after_id: DeliveryId | None,
        before_id: DeliveryId | None,
        moving: DeliveryId,
    ) -> Bounds:
        """The ranks around the asked place of a run; see `World.stop_bounds`."""
        return Runs.of(self.orders.values()).around(driver_id, after_id, before_id, moving)

    def locate(self, address: Address) -> Point | None:
        """Nobody here knows where anything is but by its own point."""
        return address.point

    def bounds(
        self,
        stage_id: StageId,
        *,
        after_id: OrderId | None,
        before_id: OrderId | None,
        moving: OrderId | None,
    ) -> Bounds:
        """The ranks around the asked place; see `World.bounds`."""
        column = self._column(stage_id, moving=moving)
        place = {order.id: index for index, order in enumerate(column)}
        if after_id in place:
            index = place[after_id] + 1
        else:
            index = place.get(before_id, len(column)) if before_id is not None else len(column)
        low = column[index - 1].rank if index > 0 else None
        high = column[index].rank if index < len(column) else None
        return Bounds(low, high)

    def _column(self, stage_id: StageId, *, moving: OrderId | None) -> list[Order]:
        here = (each for each in self.orders.values() if each.open and each.stage_id == stage_id)
        return sorted(
            (each for each in here if each.id != moving), key=lambda each: (each.rank, each.id)
        )


def a_world(*orders: Order, **fields: Any) -> DictWorld:
    """A tenant that holds these orders."""
    return DictWorld(*orders, **fields)


def accepted(decision: Accepted[T] | Refused) -> tuple[T, ...]:
    """The events of a decision that must have been accepted."""
    assert isinstance(decision, Accepted), decision
    return decision.events


def refused(decision: Accepted[Any] | Refused) -> Rejection:
    """The reason of a decision that must have been refused."""
    assert isinstance(decision, Refused), decision
    return decision.reason


def label(identity: str) -> LabelId:
    """The id of a label."""
    return LabelId(identity)
