"""A node over a store in memory, with one tenant that has people, a workflow and a catalogue."""

from collections.abc import Callable

from protocols.commands import Command, CreateOrder, NewLine
from protocols.values import Address, Label, Party
from protocols.vocabulary import (
    ClientId,
    Currency,
    CustomerId,
    DeliveryId,
    DriverId,
    LineId,
    Minor,
    Number,
    OrderId,
    PersonId,
    ProductId,
    Role,
    TenantId,
    Version,
)
from server.application.node import Node
from server.application.ports import Fanout, Store
from server.application.submission import Submission
from server.application.verdict import Verdict
from server.domain.actor import Actor
from server.domain.fleet import Driver
from server.domain.records import Customer, Person, Product, Record, SaveRecord, Settings
from server.domain.roles import permissions
from server.domain.workflow.presets import full_7
from server.realtime.fanout_memory import MemoryBus
from tests.support.fakes import FakeClock, FakeIds

TENANT = TenantId("tenant-a")
LABELS = (Label(id="fragile", name="Fragile"), Label(id="urgent", name="Urgent"))
OWNER: tuple[Role, ...] = ("owner", "superadmin")


def an_actor(
    name: str = "Anna",
    roles: tuple[Role, ...] = OWNER,
    tenant_id: TenantId = TENANT,
    driver_id: DriverId | None = None,
) -> Actor:
    """A person of the tenant with these roles."""
    return Actor(
        tenant_id=tenant_id,
        id=PersonId(name.lower()),
        driver_id=driver_id,
        name=name,
        roles=roles,
        permissions=permissions(roles, "open-S2"),
    )


def raising(bug: Exception, submission: Submission) -> None:
    """Report a bug by failing the test that met it."""
    raise AssertionError(f"a rule failed on {submission.command}") from bug


def a_node(
    store: Store,
    *,
    clock: FakeClock | None = None,
    seed: int = 1,
    fanout: Fanout | None = None,
    report: Callable[[Exception, Submission], None] = raising,
) -> Node:
    """A node over this store."""
    return Node(store, clock or FakeClock(), FakeIds(seed), fanout or MemoryBus().fanout(), report)


def records() -> tuple[Record, ...]:
    """What a tenant has before its first order."""
    return (
        Settings(name="Northwind", currency=Currency("EUR"), labels=LABELS),
        full_7(),
        Person(id=PersonId("anna"), email="anna@example.org", name="Anna", roles=OWNER),
        Person(id=PersonId("ben"), email="ben@example.org", name="Ben", roles=OWNER),
        Driver(id=DriverId("driver-1"), name="Dora"),
        Driver(id=DriverId("driver-2"), name="Deniz"),
        Product(id=ProductId("chai"), sku="CH-1", name="Chai", unit_price=Minor(1_800)),
        Customer(
            id=CustomerId("alfreds"),
            customer=Party(name="Alfreds Futterkiste"),
            shipping_address=Address(street="Obere Str. 57", city="Berlin", postcode="12209"),
        ),
    )


class Speaker:
    """One client: numbers its commands and submits them to a node."""

    def __init__(self, node: Node, actor: Actor | None = None, client_id: str = "client-1") -> None:
        """Speak for this actor."""
        self.node = node
        self.actor = actor or an_actor()
        self.client_id = ClientId(client_id)
        self.number = Number(0)

    def next(self, command: Command | SaveRecord, **seen: object) -> Submission:
        """The next numbered command."""
        self.number = Number(self.number + 1)
        return self.numbered(self.number, command, **seen)

    def numbered(self, number: int, command: Command | SaveRecord, **seen: object) -> Submission:
        """A command under a number of its own choice."""
        return Submission(
            actor=self.actor,
            client_id=self.client_id,
            number=Number(number),
            command=command,
            **seen,  # type: ignore[arg-type]
        )

    async def do(self, command: Command | SaveRecord, **seen: object) -> Verdict:
        """Submit the next command and await its verdict; unless told, having seen the newest."""
        if "base_version" not in seen:
            images = await self.node.images(self.actor.tenant_id)
            order = images.order(getattr(command, "order_id", OrderId("")))
            seen["base_version"] = order.version if order is not None else Version(0)
        return await self.node.submit(self.next(command, **seen))


async def furnish(node: Node, tenant_id: TenantId = TENANT) -> None:
    """Give the tenant its records, through the one write path."""
    speaker = Speaker(node, an_actor("System", tenant_id=tenant_id), "furnisher")
    for record in records():
        await speaker.do(SaveRecord(record=record))


def an_order_placed(
    order_id: str = "order-1", *, quantity: int = 6, driver: str | None = None
) -> CreateOrder:
    """The command that places a small order of Chai."""
    return CreateOrder(
        order_id=OrderId(order_id),
        delivery_id=DeliveryId(f"{order_id}-d1"),
        customer_id=CustomerId("alfreds"),
        lines=[
            NewLine(
                line_id=LineId(f"{order_id}-l1"), product_id=ProductId("chai"), quantity=quantity
            )
        ],
        driver_id=DriverId(driver) if driver else None,
    )


VERSION_1 = Version(1)


async def two_nodes(store: Store) -> tuple[Speaker, Node]:
    """Somebody who writes on one node, and another node that holds the journal and hears nothing.

    Each has a bus of its own, so every hint is lost.
    """
    here, there = a_node(store), a_node(store, seed=2)
    await furnish(here)
    await there.images(TENANT)
    return Speaker(here), there
