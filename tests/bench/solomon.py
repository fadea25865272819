"""Instances in the manner of Solomon (1987): clustered, random and mixed, from a seed.

Deliveries around one depot with windows, loads and now and then a skill; vans with a pause, a
capacity and half of them with the skill. `python -m tests.bench.solomon KIND SEED` shows one.
"""

import random
import sys
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from protocols.commands import CreateOrder, NewLine
from protocols.values import Address, Break, Label, Load, Point, Shift, Window
from protocols.vocabulary import (
    CustomerId,
    DeliveryId,
    DriverId,
    HubId,
    Instant,
    LabelId,
    LineId,
    OrderId,
    ProductId,
    VehicleId,
)
from server.domain.fleet import Driver, FleetRecord, Hub, Vehicle

KINDS = ("clustered", "random", "mixed")

DEPOT = Point(lat=51.34, lon=12.37)

COLD = Label(id="cold-chain", name="Cold chain", skill=True)

_MINUTE = 60_000

_ACROSS = 0.18
"""Degrees north and south of the depot: some 20 km."""

_CLUSTERS = 8


def spots(kind: str, count: int, dice: random.Random) -> list[Point]:
    """Where to: around some villages, anywhere, or half and half."""
    villages = [_anywhere(dice) for _ in range(_CLUSTERS)]
    found = []
    for number in range(count):
        near = kind == "clustered" or (kind == "mixed" and number % 2 == 0)
        found.append(_near(villages[number % _CLUSTERS], dice) if near else _anywhere(dice))
    return found


def orders(kind: str, count: int, seed: int, now: Instant) -> Iterator[CreateOrder]:
    """So many orders that are wanted within the next ten hours."""
    dice = random.Random(f"{kind} {seed}")
    for number, point in enumerate(spots(kind, count, dice)):
        opens = now + dice.randrange(0, 7 * 60) * _MINUTE
        address = Address(street=f"Way {number}", city="Anywhere", country="DE", point=point)
        order = CreateOrder(
            order_id=OrderId(f"order-{number}"),
            delivery_id=DeliveryId(f"order-{number}-d1"),
            customer_id=CustomerId("alfreds"),
            lines=[
                NewLine(
                    line_id=LineId(f"order-{number}-l1"),
                    product_id=ProductId("chai"),
                    quantity=dice.randrange(1, 20),
                )
            ],
            labels=[LabelId(COLD.id)] if dice.random() < 0.1 else [],
            shipping_address=address,
            window=Window(
                opens=Instant(opens),
                closes=Instant(opens + dice.choice((2, 3, 4)) * 60 * _MINUTE),
            ),
        )
        yield order


def fleet(count: int, per_van: int) -> Iterator[FleetRecord]:
    """The depot and so many vans; each carries half as many again as it has to."""
    yield Hub(id=HubId("depot"), name="Depot", address=Address(city="Leipzig", point=DEPOT))
    shift = Shift(
        days=(0, 1, 2, 3, 4, 5, 6), opens=0, closes=1_440, breaks=(Break(opens=840, closes=870),)
    )
    for number in range(count):
        yield Vehicle(id=VehicleId(f"van-{number}"), name="Van", capacity=Load(pieces=per_van * 15))
        yield Driver(
            id=DriverId(f"driver-{number}"),
            name=f"Driver {number}",
            hub_id=HubId("depot"),
            vehicle_id=VehicleId(f"van-{number}"),
            skills=(COLD.id,) if number % 2 == 0 else (),
            shifts=(shift,),
        )


def _anywhere(dice: random.Random) -> Point:
    return _near(DEPOT, dice, _ACROSS)


def _near(point: Point, dice: random.Random, spread: float = _ACROSS / 12) -> Point:
    return replace(
        point,
        lat=round(point.lat + dice.uniform(-spread, spread), 6),
        lon=round(point.lon + dice.uniform(-spread, spread) * 1.6, 6),
    )


if __name__ == "__main__":
    made = orders(sys.argv[1], 200, int(sys.argv[2]), Instant(0))
    print("\n".join(msgspec.json.encode(each).decode() for each in made))
