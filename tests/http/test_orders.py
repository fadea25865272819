"""Reading orders, their history and the pickers' lists."""

from typing import get_args

import pytest

from protocols.commands import AddNote, DeleteOrder, MoveOrder, SetPrice, SetQuantity
from protocols.vocabulary import LineId, NoteId, OrderId, StageId
from server.application.look_up import fold
from server.domain.orders.events import OrderEvent
from server.http.timeline import SHOWN
from tests.support.nodes import Speaker, an_actor, an_order_placed
from tests.support.rules import rule
from tests.support.site import NORTH, SOUTH, Site


async def _placed(site: Site) -> Speaker:
    """An order of the northern tenant, as `order-1`."""
    speaker = Speaker(site.node, an_actor(tenant_id=NORTH), "client-7")
    await speaker.do(an_order_placed())
    return speaker


@pytest.mark.asyncio
async def test_an_order_is_shown_in_full_with_its_version(site: Site):
    await _placed(site)
    client = await site.signed_in()

    answer = (await client.get("/v1/orders/order-1")).json()

    assert (answer["id"], answer["version"]) == ("order-1", 1)
    assert answer["view"]["lines"][0]["total"] == 6 * 1_800


@rule("HT2")
@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/v1/orders/{}", "/v1/orders/{}/timeline"])
async def test_foreign_unknown_and_impossible_orders_answer_in_the_same_bytes(
    site: Site, path: str
):
    await _placed(site)
    client = await site.signed_in("zoe")

    answers = [
        await client.get(path.format(order_id))
        for order_id in ("order-1", "order-2", "x", "ORDER-1", "%00", "'--", "a" * 200)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(_stable(answer.headers))) for answer in answers}) == 1


@rule("HT2")
@pytest.mark.asyncio
async def test_a_deleted_order_is_not_there_for_who_cannot_restore_it(site: Site):
    speaker = await _placed(site)
    await speaker.do(DeleteOrder(order_id=OrderId("order-1")))
    client = await site.signed_in("cleo")

    deleted = await client.get("/v1/orders/order-1")
    unknown = await client.get("/v1/orders/order-9")

    assert (deleted.status_code, deleted.content) == (404, unknown.content)


@rule("HT9")
@pytest.mark.asyncio
async def test_who_may_not_see_prices_gets_the_order_and_its_history_without_amounts(site: Site):
    speaker = await _placed(site)
    await speaker.do(
        SetPrice(order_id=OrderId("order-1"), line_id=LineId("order-1-l1"), unit_price=4_711)
    )
    client = await site.signed_in("wilma")

    order = await client.get("/v1/orders/order-1")
    timeline = await client.get("/v1/orders/order-1/timeline")
    products = await client.get("/v1/products")

    assert [order.status_code, timeline.status_code, products.status_code] == [200, 200, 403]
    assert "unit_price" not in order.json()["view"]["lines"][0]
    assert order.json()["view"]["lines"][0]["quantity"] == 6
    (change,) = timeline.json()["items"][0]["changes"]
    assert change["kind"] == "order.price_changed"
    assert "before" not in change
    assert "after" not in change
    assert "4711" not in order.text + timeline.text


@rule("HT9")
@pytest.mark.asyncio
async def test_a_timeline_tells_who_made_what_of_what(site: Site):
    speaker = await _placed(site)
    await speaker.do(
        SetQuantity(order_id=OrderId("order-1"), line_id=LineId("order-1-l1"), quantity=9)
    )
    await speaker.do(
        MoveOrder(
            order_id=OrderId("order-1"), from_stage=StageId("new"), to_stage=StageId("confirmed")
        )
    )
    client = await site.signed_in()

    items = (await client.get("/v1/orders/order-1/timeline")).json()["items"]

    assert [item["version"] for item in items] == [3, 2, 1]
    assert {item["by_name"] for item in items} == {"Anna"}
    moved, counted, placed = (item["changes"][0] for item in items)
    assert (moved["kind"], moved["what"]) == ("order.stage_changed", "stage")
    assert (moved["before"], moved["after"]) == ("new", "confirmed")
    assert (counted["what"], counted["before"], counted["after"]) == (
        "quantity:order-1-l1",
        6,
        9,
    )
    assert placed["what"] == "life"


@rule("HT9")
@pytest.mark.asyncio
async def test_a_long_timeline_comes_in_pages_without_gap_or_overlap(site: Site):
    speaker = await _placed(site)
    for n in range(120):
        await speaker.do(
            AddNote(order_id=OrderId("order-1"), note_id=NoteId(f"note-{n}"), text=f"{n}")
        )
    client = await site.signed_in()

    versions, before = [], ""
    while True:
        page = (await client.get(f"/v1/orders/order-1/timeline{before}")).json()
        versions += [item["version"] for item in page["items"]]
        if page["before"] is None:
            break
        before = f"?before={page['before']}"

    assert versions == list(range(121, 0, -1))


@rule("HT9")
def test_every_event_has_its_line_in_a_timeline():
    assert set(SHOWN) == set(get_args(OrderEvent))


@pytest.mark.parametrize("event", SHOWN, ids=lambda event: event.__name__)
def test_a_timeline_shows_fields_that_the_event_has(event: type[OrderEvent]):
    shown = {name for name in SHOWN[event] if name}

    assert shown <= set(event.__struct_fields__)


@rule("HT10")
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Alfreds Futterkiste"]),
        ("alf", ["Alfreds Futterkiste"]),
        ("ÁLFREDS", ["Alfreds Futterkiste"]),
        ("futter berlin", ["Alfreds Futterkiste"]),
        ("12209", ["Alfreds Futterkiste"]),
        ("futter paris", []),
        ("zzz", []),
    ],
)
async def test_customers_are_found_by_every_word(site: Site, query: str, found: list[str]):
    client = await site.signed_in("cleo")

    answer = (await client.get("/v1/customers", params={"q": query})).json()

    assert [item["customer"]["name"] for item in answer["items"]] == found


@rule("HT10")
@pytest.mark.asyncio
async def test_products_come_with_their_price_and_currency(site: Site):
    client = await site.signed_in("cleo")

    (chai,) = (await client.get("/v1/products?q=cha")).json()["items"]

    assert (chai["name"], chai["unit_price"], chai["currency"]) == ("Chai", 1_800, "EUR")


@pytest.mark.parametrize(("text", "folded"), [("Größe", "grosse"), ("Café", "cafe")])
def test_a_search_ignores_case_and_accents(text: str, folded: str):
    assert fold(text) == folded


@pytest.mark.asyncio
async def test_a_command_over_http_reaches_the_askers_tenant_only(site: Site):
    await _placed(site)
    client = await site.signed_in("zoe")
    body = {
        "type": "command",
        "number": 1,
        "command": {"kind": "set_priority", "order_id": "order-1", "priority": 3},
    }

    answer = await client.post("/v1/commands", json=body, headers={"x-kanvoy-client": "client-9"})

    assert answer.status_code == 404
    assert (await site.node.images(SOUTH)).order(OrderId("order-1")) is None
    order = (await site.node.images(NORTH)).order(OrderId("order-1"))
    assert order is not None
    assert order.priority == 1


def _stable(headers: object) -> list[tuple[str, str]]:
    """Headers without those that tell the time."""
    return [(k, v) for k, v in headers.items() if k != "date"]  # type: ignore[attr-defined]
