"""The index of drivers' stops: always what the orders say, whoever wrote it and took it back."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.vocabulary import DeliveryId, DriverId, Rank
from server.application.runs import Runs
from server.domain.orders.state import Order
from server.domain.world import Bounds
from tests.support.builders import a_delivery, an_order
from tests.support.rules import rule

ANA, TOM = DriverId("ana"), DriverId("tom")

_stops = st.lists(
    st.tuples(st.sampled_from([None, ANA, TOM]), st.sampled_from(["a0", "a1", "a2", "a2V"])),
    min_size=1,
    max_size=3,
)
_days = st.lists(st.tuples(st.integers(0, 3), _stops, st.booleans()), max_size=12)


def an_order_with(number: int, stops: list[tuple[DriverId | None, str]], *, closed: bool) -> Order:
    deliveries = tuple(
        a_delivery(f"d{number}-{n}", position=n, driver_id=driver, stop_rank=driver and Rank(rank))
        for n, (driver, rank) in enumerate(stops)
    )
    return replace(an_order(f"ord-{number}", deliveries=deliveries), archived=closed)


def everything(runs: Runs) -> list[Bounds]:
    """What the index answers about every place of every run."""
    ids = [DeliveryId(f"d{number}-{n}") for number in range(4) for n in range(3)]
    elsewhere = DeliveryId("elsewhere")
    return [
        runs.around(driver, after, before, elsewhere)
        for driver in (ANA, TOM)
        for after, before in ((None, None), *((i, None) for i in ids), *((None, i) for i in ids))
    ]


@rule("DL12")
@given(_days)
def test_the_index_is_what_the_orders_say_and_a_fork_leaves_it_alone(day):
    runs, orders = Runs(), {}
    for number, stops, closed in day:
        after = an_order_with(number, stops, closed=closed)
        before = everything(runs)
        fork = runs.fork()
        fork.replace(orders.get(number), after)
        assert everything(runs) == before
        fork.replace(after, orders.get(number))
        assert everything(fork) == before, "taken back"

        runs.replace(orders.get(number), after)
        orders[number] = after

        assert everything(runs) == everything(Runs.of(orders.values()))


@rule("DL12")
def test_a_place_is_between_neighbours_that_are_stops_of_that_driver():
    orders = [
        an_order_with(n, [(ANA, rank)], closed=False) for n, rank in enumerate(["a0", "a1", "a2"])
    ]
    orders.append(an_order_with(3, [(TOM, "a5")], closed=False))
    runs = Runs.of(orders)
    moving = DeliveryId("d1-0")

    def around(after: str | None, before: str | None) -> tuple[str | None, str | None]:
        found = runs.around(ANA, after and DeliveryId(after), before and DeliveryId(before), moving)
        return (found.low, found.high)

    assert around("d0-0", None) == ("a0", "a2")
    assert around(None, "d0-0") == (None, "a0")
    assert around(None, None) == ("a2", None)
    assert around("d3-0", None) == ("a2", None), "a stop of somebody else is no neighbour"
    assert around("d3-0", "d2-0") == ("a0", "a2")
