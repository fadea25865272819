"""What a rule may look up besides the order it judges. Pure reads of one journal's state."""

from typing import Protocol

from protocols.struct import Struct
from protocols.values import Address, Point
from protocols.vocabulary import (
    AggregateId,
    CustomerId,
    DeliveryId,
    DriverId,
    OrderId,
    PersonId,
    ProductId,
    Rank,
    StageId,
    WorkflowId,
)
from server.domain.fleet import Driver
from server.domain.orders.state import Order
from server.domain.records import Customer, Person, Product, Record, Settings
from server.domain.workflow.state import Workflow


class Bounds(Struct, frozen=True):
    """The ranks a card must fit between; None is the end of the column."""

    low: Rank | None
    high: Rank | None


class World(Protocol):
    """The state of one tenant's journal at the moment of the decision."""

    @property
    def settings(self) -> Settings:
        """What holds for the whole tenant."""

    @property
    def next_number(self) -> int:
        """The number the next order gets."""

    def aggregate(self, aggregate_id: AggregateId) -> Order | Record | None:
        """An order or a record by its id."""

    def order(self, order_id: OrderId) -> Order | None:
        """An order, open or closed."""

    def workflow(self, workflow_id: WorkflowId) -> Workflow:
        """The workflow an order is in; it exists as long as an order names it."""

    def default_workflow(self) -> Workflow:
        """The workflow new orders start in."""

    def customer(self, customer_id: CustomerId) -> Customer | None:
        """A customer record."""

    def product(self, product_id: ProductId) -> Product | None:
        """A catalogue entry, active or not."""

    def driver(self, driver_id: DriverId) -> Driver | None:
        """A driver, active or not."""

    def person(self, person_id: PersonId) -> Person | None:
        """A colleague, active or not."""

    def count(self, stage_id: StageId) -> int:
        """How many open orders the stage holds."""

    def top(self, stage_id: StageId) -> Rank | None:
        """The smallest rank in the stage, where new orders go above; None when it is empty."""

    def stop_bounds(
        self,
        driver_id: DriverId,
        *,
        after_id: DeliveryId | None,
        before_id: DeliveryId | None,
        moving: DeliveryId,
    ) -> Bounds:
        """The ranks around the asked place in a driver's run, as if `moving` were not in it.

        A neighbour that is no stop of this driver is ignored; without any, the place is the end.
        """

    def locate(self, address: Address) -> Point | None:
        """Where an address is, as far as the house knows; a pure look-up, never a request."""

    def bounds(
        self,
        stage_id: StageId,
        *,
        after_id: OrderId | None,
        before_id: OrderId | None,
        moving: OrderId | None,
    ) -> Bounds:
        """The ranks around the asked place in a stage, as if `moving` were not there.

        A neighbour that has left the stage meanwhile is ignored; when both have, or none is
        named, the place is the bottom. When `after_id` is there it decides, else `before_id`.
        """
