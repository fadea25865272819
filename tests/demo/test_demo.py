"""The demo's two tenants: real orders, today's dates, no rule broken on the way."""

import asyncio
from collections import Counter

import pytest

from protocols.vocabulary import Instant, TenantId
from server.application.node import Node
from server.demo import book
from server.demo.bakery import bakery
from server.demo.northwind import northwind
from server.demo.play import Played, play
from server.demo.script import DAY, HOUR, Script
from server.domain.orders.state import Order
from server.realtime.fanout_memory import MemoryBus
from server.system import ScriptClock
from tests.support.fakes import MONDAY, FakeIds
from tests.support.memory_store import MemoryStore
from tests.support.nodes import raising

pytestmark = pytest.mark.asyncio


Stage = tuple[Node, Played, list[Order]]


@pytest.fixture(scope="module")
def northwind_played() -> Stage:
    """Northwind, played once for all tests that only look."""
    return asyncio.run(_played(northwind(MONDAY, "UTC")))


async def _played(script: Script) -> Stage:
    clock = ScriptClock(script.steps[0].at)
    store = MemoryStore(tenant_ids=[script.tenant_id])
    node = Node(store, clock, FakeIds(), MemoryBus().fanout(), raising)
    played = await play(node, clock, script, "open-S2")
    orders = list((await node.images(script.tenant_id)).open_orders.values())
    return node, played, orders


async def test_northwind_stands_with_all_its_orders_over_all_stages(northwind_played: Stage):
    _, played, orders = northwind_played

    stages = Counter(order.stage_id for order in orders)
    assert played.refused == ()
    assert len(orders) == 830
    assert set(stages) == {
        "new",
        "confirmed",
        "preparing",
        "ready",
        "in-transit",
        "delivered",
        "cancelled",
    }
    assert min(stages.values()) >= 10


async def test_the_newest_orders_are_todays_and_nothing_happened_in_the_future(
    northwind_played: Stage,
):
    _, _, orders = northwind_played

    assert max(order.created_at for order in orders) > MONDAY - HOUR
    assert max(order.updated_at for order in orders) <= MONDAY
    assert min(order.created_at for order in orders) > MONDAY - 43 * DAY


async def test_some_windows_are_late_and_more_are_later_today_or_tomorrow(northwind_played: Stage):
    _, _, orders = northwind_played

    under_way = [order for order in orders if order.category not in {"done", "cancelled"}]
    windows = [order.deliveries[0].window for order in under_way]
    late = [window for window in windows if window and window.closes < MONDAY]
    soon = [window for window in windows if window and MONDAY < window.opens < MONDAY + DAY]
    assert 5 <= len(late) <= 40
    assert len(soon) > 3 * len(late)
    assert any(window is None for window in windows)


async def test_there_is_trouble_to_look_at(northwind_played: Stage):
    _, _, orders = northwind_played

    assert sum(order.hold is not None for order in orders) >= 5
    assert sum(order.review is not None for order in orders) >= 5
    assert sum(bool(order.notes) for order in orders) >= 100
    assert sum(bool(order.labels) for order in orders) >= 200
    assert {order.priority for order in orders} == {0, 1, 2, 3}
    assert len({d.driver_id for order in orders for d in order.deliveries}) >= 12


async def test_every_row_happened_when_the_script_says_by_who_it_says(northwind_played: Stage):
    script = northwind(MONDAY, "UTC")
    node, _, _ = northwind_played

    rows = await node.store.rows_after(script.tenant_id, 0, limit=10_000)

    told = [(step.at, step.by) for step in script.steps]
    happened = [(row.at, row.actor_id) for row in rows if row.actor_id != "system"]
    # Steps that change nothing, such as a label that is there already, leave no row.
    rest = iter(told)
    assert all(any(step == row for step in rest) for row in happened)
    assert len(happened) > 0.99 * len(told)
    assert [at for at, _ in happened] == sorted(at for at, _ in happened)


async def test_a_history_has_several_hands(northwind_played: Stage):
    script = northwind(MONDAY, "UTC")
    node, _, orders = northwind_played
    order = next(order for order in orders if order.stage_id == "in-transit")

    rows = await node.store.rows_of(script.tenant_id, order.id, before=10**9, limit=100)

    assert len({row.actor_name for row in rows}) >= 3
    assert len(rows) >= 6


async def test_the_same_moment_tells_the_same_story():
    assert northwind(MONDAY, "UTC") == northwind(MONDAY, "UTC")
    assert northwind(MONDAY, "UTC") != northwind(Instant(MONDAY + DAY), "UTC")


async def test_the_bakery_has_forty_orders_in_its_three_stages():
    _, played, orders = await _played(bakery(MONDAY, "UTC"))

    assert played.refused == ()
    assert len(orders) == 40
    assert min(Counter(order.stage_id for order in orders).values()) >= 8
    assert bakery(MONDAY, "UTC").tenant_id != TenantId("northwind")


async def test_the_book_is_whole():
    orders = book.orders()

    assert (len(orders), sum(len(order.lines) for order in orders)) == (830, 2_155)
    assert (len(book.customers()), len(book.products()), len(book.employees())) == (91, 77, 9)
