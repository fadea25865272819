"""A made-up order book that looks like a real one: Northwind's words, random ids, every stage."""

import random
from collections.abc import Iterator

from msgspec.structs import replace

from protocols.values import Window
from protocols.vocabulary import (
    Category,
    Currency,
    DeliveryId,
    DriverId,
    Instant,
    LineId,
    NoteId,
    OrderId,
    PersonId,
    Rank,
    StageId,
    TenantId,
)
from server.application.draft import Cause, Draft
from server.application.images import Images
from server.application.ports import Aggregate, Batch, Head, Ids, Loaded
from server.demo import book
from server.domain.actor import Actor
from server.domain.fleet import Driver
from server.domain.orders.delivery import Delivery
from server.domain.orders.events import OrderPlaced
from server.domain.orders.state import Line, Note, Order
from server.domain.orders.totals import price
from server.domain.records import Person, Record, RecordSaved, Settings
from server.domain.roles import ALL
from server.domain.workflow.presets import full_7

NOW = Instant(1_795_000_000_000)
_HOUR = 3_600_000
_PART = 500
"""Orders of one stored batch."""

_STAGES: tuple[tuple[str, Category], ...] = (
    ("new", "new"),
    ("confirmed", "confirmed"),
    ("preparing", "preparing"),
    ("ready", "ready"),
    ("in-transit", "in_transit"),
    ("delivered", "done"),
)


def an_operator(tenant_id: TenantId, identity: str) -> Actor:
    """Somebody who may do everything."""
    return Actor(
        tenant_id=tenant_id,
        id=PersonId(identity),
        name=identity.title(),
        roles=("owner", "superadmin"),
        permissions=ALL,
    )


def records() -> tuple[Record, ...]:
    """What a tenant has besides its orders."""
    people = (
        Person(id=identity, email=f"{identity}@example.org", name=name, roles=("csr",))
        for identity, name in book.employees().items()
    )
    drivers = (Driver(id=DriverId(f"driver-{n}"), name=f"Driver {n}") for n in range(8))
    # Soft and hard limits of columns are for people, not for tens of thousands of cards.
    stages = tuple(replace(stage, soft=None, hard=None) for stage in full_7().stages)
    return (
        Settings(name="Northwind", currency=Currency("EUR")),
        replace(full_7(), stages=stages),
        *people,
        *drivers,
        *book.products(),
        *book.customers(),
    )


def order_id(tenant: int, at: int) -> OrderId:
    """An id that a load can guess: as long as a UUID."""
    return OrderId(f"0193a000-{tenant:04x}-7000-8000-{at:012x}")


def orders(tenant: int, count: int, *, movable: bool) -> Iterator[Order]:
    """So many open orders; movable ones all stand in the first stage and have ids to guess."""
    dice = random.Random(tenant)
    customers, products = book.customers(), book.products()
    people = list(book.employees())
    for at in range(count):
        stage, category = _STAGES[0] if movable else dice.choice(_STAGES)
        customer = dice.choice(customers)
        created = NOW - dice.randrange(30 * 24 * _HOUR)
        identity = order_id(tenant, at) if movable else OrderId(_uuid7(created, dice))
        opens = (NOW + dice.randrange(-24, 72) * _HOUR) // _HOUR * _HOUR
        lines = tuple(
            Line(
                id=LineId(_uuid7(created, dice)),
                product_id=product.id,
                sku=product.sku,
                name=product.name,
                quantity=dice.randrange(1, 40),
                unit_price=product.unit_price,
                list_price=product.unit_price,
            )
            for product in dice.sample(products, dice.choice((1, 2, 2, 3, 4)))
        )
        order = Order(
            id=identity,
            number=1_001 + at,
            workflow_id=full_7().id,
            stage_id=StageId(stage),
            category=category,
            stage_since=Instant(created + dice.randrange(24 * _HOUR)),
            rank=Rank(f"a{at:06d}V"),
            customer=customer.customer,
            shipping_address=customer.shipping_address,
            currency=Currency("EUR"),
            price_mode="net",
            tax_rounding="line",
            lines=lines,
            priority=dice.choice((0, 1, 1, 1, 1, 1, 2, 3)),
            csr_id=dice.choice(people),
            deliveries=(
                Delivery(
                    id=DeliveryId(_uuid7(created, dice)),
                    position=1,
                    category=category,
                    window=Window(opens=Instant(opens), closes=Instant(opens + 4 * _HOUR)),
                    driver_id=DriverId(f"driver-{dice.randrange(8)}"),
                ),
            ),
            notes=_notes(created, dice),
            created_at=Instant(created),
            created_by="Nancy Davolio",
            updated_at=Instant(created),
            updated_by="Nancy Davolio",
        )
        yield replace(order, totals=price(order).totals)


def batches(tenant_id: TenantId, tenant: int, count: int, ids: Ids) -> Iterator[Batch]:
    """The tenant's whole past as batches to store one after the other."""
    yield from as_batches(tenant_id, [*records(), *orders(tenant, count, movable=True)], ids)


def as_batches(tenant_id: TenantId, placed: list[Aggregate], ids: Ids) -> Iterator[Batch]:
    """These things as the first rows of a tenant's journal, to store one after the other."""
    images = Images(tenant_id, Loaded(head=Head(), aggregates=()))
    cause = Cause(actor=an_operator(tenant_id, "seed"), at=NOW, client_id=None, number=None)
    for start in range(0, len(placed), _PART):
        draft = Draft(images, ids)
        for one in placed[start : start + _PART]:
            event = OrderPlaced(order=one) if isinstance(one, Order) else RecordSaved(record=one)
            kind = one.__struct_config__.tag
            draft.record(kind, None, one.id, (event,), cause)
        yield draft.batch()
        images.head = draft.head


def loaded(count: int) -> Loaded:
    """A tenant with so many orders, as a store would give it."""
    head = Head(sequence=1, nonce=1, next_number=1_001 + count)
    return Loaded(head=head, aggregates=[*records(), *orders(0, count, movable=False)])


def _notes(created: int, dice: random.Random) -> tuple[Note, ...]:
    if dice.random() < 0.7:
        return ()
    text = dice.choice(("Ring the bell twice.", "Pallet exchange.", "Call before delivery."))
    identity = NoteId(_uuid7(created, dice))
    return (Note(id=identity, text=text, by_id=PersonId("nancy"), by_name="Nancy", at=NOW),)


def _uuid7(at: int, dice: random.Random) -> str:
    bits = f"{at:012x}7{dice.getrandbits(12):03x}{dice.getrandbits(62) | 1 << 63:016x}"
    return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
