"""Kornblume: a small bakery that brings bread to cafés every morning, with three stages."""

from collections.abc import Iterator

from protocols.commands import AddNote, CreateOrder, MoveOrder, NewLine
from protocols.deliveries import AssignDriver
from protocols.facts import AcknowledgeStop
from protocols.values import Address, Label, Load, Party, Point, Shift, Source
from protocols.vocabulary import (
    Category,
    Currency,
    CustomerId,
    DeliveryId,
    DriverId,
    HubId,
    Instant,
    LabelId,
    LineId,
    Minor,
    NoteId,
    OrderId,
    PersonId,
    ProductId,
    StageId,
    TenantId,
    VehicleId,
    Version,
    ViewId,
    ZoneId,
)
from server.demo.script import DAY, MINUTE, Dice, Script, Step, in_order, window
from server.domain.fleet import Display, Driver, FleetRecord, Hub, Vehicle, Zone
from server.domain.records import Customer, Person, Product, Settings
from server.domain.workflow.presets import simple_3
from server.domain.workflow.state import Workflow

_ORDERS = 40

_COUNTER = PersonId("greta")
_OVEN = PersonId("anton")

_PEOPLE = (
    Person(
        id=_COUNTER,
        email="greta@kornblume.example",
        name="Greta Lindner",
        roles=("user", "owner", "csr"),
    ),
    Person(
        id=_OVEN, email="anton@kornblume.example", name="Anton Weiß", roles=("csr", "dispatcher")
    ),
)

_BAKEHOUSE = Hub(
    id=HubId("bakehouse"),
    name="Bakehouse",
    address=Address(
        name="Kornblume Bakery",
        street="Mühlenweg 2",
        postcode="12300",
        city="Neustadt",
        country="Germany",
        point=Point(lat=53.0712, lon=8.7895),
    ),
)

_ZONES = (
    Zone(
        id=ZoneId("zone-town"),
        name="Altstadt & Neustadt",
        polygon=tuple(
            Point(lat=lat, lon=lon)
            for lat, lon in ((53.095, 8.76), (53.095, 8.83), (53.055, 8.83), (53.055, 8.76))
        ),
        hub_id=_BAKEHOUSE.id,
    ),
    Zone(
        id=ZoneId("zone-lake"),
        name="Seedorf",
        countries=("Germany",),
        postcodes=("12303", "12306"),
        hub_id=_BAKEHOUSE.id,
    ),
)

_DAILY = (Shift(days=(0, 1, 2, 3, 4, 5, 6), opens=240, closes=1_320),)

_DRIVERS = (
    Driver(
        id=DriverId("leni-koch"),
        name="Leni Koch",
        call_sign="Bike 1",
        zones=("zone-town",),
        hub_id=_BAKEHOUSE.id,
        vehicle_id=VehicleId("bike-1"),
        shifts=_DAILY,
    ),
    Driver(
        id=DriverId("tarik-aydin"),
        name="Tarik Aydın",
        call_sign="Bike 2",
        zones=("zone-town", "zone-lake"),
        hub_id=_BAKEHOUSE.id,
        vehicle_id=VehicleId("bike-2"),
        shifts=_DAILY,
    ),
)

_BIKES = (
    Vehicle(
        id=VehicleId("bike-1"),
        name="Cargo bike",
        capacity=Load(weight_g=120_000, volume_ml=400_000),
    ),
    Vehicle(
        id=VehicleId("bike-2"),
        name="Electric cargo bike",
        capacity=Load(weight_g=200_000, volume_ml=600_000),
    ),
)

_COUNTER_VIEW = Display(id=ViewId("counter"), name="Counter", layout="table")

_FLEET: tuple[FleetRecord, ...] = (_BAKEHOUSE, *_ZONES, *_BIKES, *_DRIVERS, _COUNTER_VIEW)

_LABELS = (
    Label(id="standing", name="Standing order", tint=2),
    Label(id="nuts", name="Contains nuts", tint=1),
)

_GOODS: tuple[tuple[str, str, int, int], ...] = (
    ("rye", "Rye loaf 1 kg", 520, 1_000),
    ("spelt", "Spelt loaf 750 g", 560, 750),
    ("sourdough", "Sourdough 1 kg", 640, 1_000),
    ("roll", "Bread roll", 55, 60),
    ("seeded-roll", "Seeded roll", 85, 70),
    ("pretzel", "Pretzel", 95, 80),
    ("croissant", "Croissant", 160, 60),
    ("nut-spiral", "Nut spiral", 240, 110),
    ("cheesecake", "Cheesecake, whole", 2_900, 1_800),
    ("apple-cake", "Apple cake, tray", 3_400, 2_200),
)

_CAFES: tuple[tuple[str, str, str, float, float], ...] = (
    ("Café Morgenrot", "Lindenweg 4", "Neustadt", 53.0668, 8.7921),
    ("Bistro am Markt", "Marktplatz 1", "Altstadt", 53.0760, 8.8072),
    ("Kita Regenbogen", "Schulstraße 12", "Neustadt", 53.0631, 8.8010),
    ("Hotel Seeblick", "Uferpromenade 30", "Seedorf", 53.1040, 8.8480),
    ("Kantine Stadtwerke", "Industriestraße 8", "Neustadt", 53.0840, 8.7705),
    ("Teehaus Mimosa", "Gartengasse 3", "Altstadt", 53.0731, 8.8163),
    ("Pflegeheim Abendsonne", "Bergstraße 21", "Seedorf", 53.1102, 8.8551),
    ("Weinstube Rebstock", "Kellergasse 9", "Altstadt", 53.0782, 8.8120),
)


def bakery(now: Instant, time_zone: str) -> Script:
    """The whole tenant as of now."""
    workflow = simple_3()
    settings = Settings(
        name="Kornblume Bakery",
        currency=Currency("EUR"),
        locale="de-DE",
        time_zone=time_zone,
        number_prefix="B-",
        price_mode="gross",
        labels=_LABELS,
    )
    customers = (_customer(place) for place in range(len(_CAFES)))
    # 7 %: bread and cake to take away.
    products = (
        Product(
            id=ProductId(i),
            sku=i.upper(),
            name=name,
            unit_price=Minor(price),
            tax_rate=700,
            weight_g=grams,
            volume_ml=grams * 4,
        )
        for i, name, price, grams in _GOODS
    )
    return Script(
        tenant_id=TenantId("kornblume"),
        slug="kornblume",
        name=settings.name,
        records=(settings, workflow, *_PEOPLE, *_FLEET, *customers, *products),
        people=_PEOPLE,
        drivers=_DRIVERS,
        steps=in_order([step for place in range(_ORDERS) for step in _told(place, workflow, now)]),
    )


def _told(place: int, workflow: Workflow, now: Instant) -> Iterator[Step]:
    dice = Dice(f"kornblume {place}")
    placed = Instant(now - 2 * DAY + place * 68 * MINUTE + dice.below(40, "placed") * MINUTE)
    taker = dice.one_of((_COUNTER, _OVEN), "taken by")
    order = _order(place, taker, dice, now)
    yield Step(at=placed, by=taker, command=order)
    noted = dice.chance(20, "note")
    if noted:
        note = AddNote(
            order_id=order.order_id,
            note_id=NoteId(f"{order.order_id}-n1"),
            text=dice.one_of(("Side entrance.", "No seeds, please.", "Sliced."), "text"),
            for_driver=True,
        )
        yield Step(at=Instant(placed + 3 * MINUTE), by=_COUNTER, command=note)
    if place % 3:
        driver = dice.one_of(_DRIVERS, "driver").id
        command = AssignDriver(order_id=order.order_id, from_driver=None, to_driver=driver)
        yield Step(at=Instant(placed + 9 * MINUTE), by=_COUNTER, command=command)
        if dice.chance(85, "read"):
            read = Instant(placed + 10 * MINUTE)
            acknowledged = AcknowledgeStop(
                order_id=order.order_id,
                delivery_id=order.delivery_id,
                epoch=1,
                version=Version(2 + noted),
                receipt="acknowledged",
                at=read,
            )
            yield Step(at=read, by=PersonId(driver), command=acknowledged)
    yield from _moves(order.order_id, place, workflow, placed)


def _moves(order_id: OrderId, place: int, workflow: Workflow, placed: Instant) -> Iterator[Step]:
    """The older half is delivered, the next ten are in work, the newest wait."""
    path = [stage.id for stage in workflow.stages if stage.category not in _ENDS]
    done = next(stage.id for stage in workflow.stages if stage.category == "done")
    path = [*path, done]
    goal = len(path) - 1 if place < 18 else min(1, len(path) - 1) if place < 30 else 0
    for position in range(goal):
        yield Step(
            at=Instant(placed + (position + 1) * 11 * MINUTE),
            by=_OVEN,
            command=_move(order_id, path[position], path[position + 1]),
        )


_ENDS: frozenset[Category] = frozenset({"done", "failed", "cancelled"})


def _move(order_id: OrderId, from_stage: StageId, to_stage: StageId) -> MoveOrder:
    return MoveOrder(order_id=order_id, from_stage=from_stage, to_stage=to_stage)


def _order(place: int, taker: PersonId, dice: Dice, now: Instant) -> CreateOrder:
    order_id = OrderId(f"kb-{place:03}")
    opens = now + ((place - 22) * 55 + dice.below(30, "window")) * MINUTE
    return CreateOrder(
        order_id=order_id,
        delivery_id=DeliveryId(f"{order_id}-d1"),
        customer_id=CustomerId(f"cafe-{dice.below(len(_CAFES), 'customer')}"),
        lines=[
            NewLine(
                line_id=LineId(f"{order_id}-{n}"),
                product_id=ProductId(_GOODS[(place * 3 + n * 2) % len(_GOODS)][0]),
                quantity=1 + dice.below(24, f"quantity {n}"),
            )
            for n in range(1, 2 + dice.below(4, "lines"))
        ],
        window=window(opens, 1),
        payment_method="on_account",
        priority=2 if dice.chance(12, "priority") else 1,
        labels=[LabelId("standing")] if dice.chance(45, "label") else [],
        source=Source(channel=dice.one_of(("phone", "web", "standing order"), "source")),
        csr_id=taker,
    )


def _customer(place: int) -> Customer:
    name, street, city, lat, lon = _CAFES[place]
    customer_id = f"cafe-{place}"
    return Customer(
        id=CustomerId(customer_id),
        customer=Party(name=name, customer_id=customer_id, debtor=f"D{1000 + place}"),
        shipping_address=Address(
            name=name,
            street=street,
            postcode=f"123{place:02}",
            city=city,
            country="Germany",
            point=Point(lat=lat, lon=lon),
        ),
    )
