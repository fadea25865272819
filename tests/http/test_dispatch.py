"""Who could bring a delivery, over HTTP."""

import msgspec
import pytest

from protocols.commands import SetQuantity
from protocols.fleet import SaveDriver, SaveHub, SaveZone
from protocols.values import Address, Point
from protocols.vocabulary import AggregateId, DriverId, HubId, LineId, OrderId, ZoneId
from server.domain.fleet import Plan
from tests.support.nodes import Speaker, an_actor, an_order_placed
from tests.support.rules import rule
from tests.support.site import NORTH, SOUTH, Site

pytestmark = pytest.mark.asyncio

DRIVERS = "/v1/orders/order-1/deliveries/order-1-d1/drivers"
BERLIN = Point(lat=52.52, lon=13.405)


async def _placed(site: Site) -> Speaker:
    """An order of the northern tenant to Berlin, and two drivers, of whom Deniz goes elsewhere."""
    speaker = Speaker(site.node, an_actor(tenant_id=NORTH), "client-7")
    address = Address(city="Berlin", country="Germany", point=BERLIN)
    commands = (
        msgspec.structs.replace(an_order_placed(), shipping_address=address),
        SaveHub(hub_id=HubId("hub-1"), name="Depot", address=address),
        SaveZone(zone_id=ZoneId("zone-1"), name="France", countries=("France",)),
    )
    for command in commands:
        await speaker.do(command)
    for driver_id, name, zones in (("driver-1", "Dora", ()), ("driver-2", "Deniz", ("zone-1",))):
        saved = SaveDriver(
            driver_id=DriverId(driver_id), name=name, zones=zones, hub_id=HubId("hub-1")
        )
        await speaker.do(saved, base_version=1)
    return speaker


@rule("PL8")
async def test_the_available_driver_comes_first_and_the_other_with_why_not(site: Site):
    await _placed(site)
    client = await site.signed_in()

    answer = await client.get(DRIVERS)

    assert answer.status_code == 200, answer.text
    dora, deniz = answer.json()["items"]
    assert (dora["driver_id"], dora["available"], dora["reasons"]) == ("driver-1", True, [])
    assert (deniz["available"], deniz["reasons"]) == (False, ["zone_not_served"])
    assert (dora["stops"], dora["name"]) == (0, "Dora")


@rule("PL11")
async def test_who_has_nothing_in_the_vehicle_starts_from_the_hub_wherever_the_phone_is(site: Site):
    await _placed(site)
    client = await site.signed_in()
    before = (await client.get(DRIVERS)).json()["items"][0]["metres"]
    site.whereabouts.points[DriverId("driver-1")] = Point(lat=0, lon=0)

    after = (await client.get(DRIVERS)).json()["items"][0]["metres"]

    assert before == after == 0


@rule("PL9")
async def test_foreign_and_unknown_deliveries_answer_alike(site: Site):
    await _placed(site)
    south, north = await site.signed_in("zoe"), await site.signed_in()

    answers = [
        await south.get(DRIVERS),
        await north.get(DRIVERS.replace("-d1", "-d9")),
        await north.get(DRIVERS.replace("order-1/", "order-7/")),
        await north.get(DRIVERS.replace("order-1/", "%00/")),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert SOUTH != NORTH


@rule("PL9")
async def test_who_may_not_assign_drivers_is_not_told_about_them(site: Site):
    await _placed(site)
    client = await site.signed_in("wilma")

    answer = await client.get(DRIVERS)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def _plan(site: Site, client, **asked) -> str:
    """A plan that is proposed or failed."""
    answer = await client.post("/v1/plans", json=asked)
    assert answer.status_code == 202, answer.text
    await site.planner.idle()
    plan_id: str = answer.json()["id"]
    return plan_id


async def _state(site: Site, plan_id: str) -> Plan:
    found = (await site.node.images(NORTH)).record_of(AggregateId(plan_id))
    assert isinstance(found, Plan)
    return found


@rule("PL18", "PL23")
async def test_a_plan_is_asked_for_proposed_and_given_out(site: Site):
    await _placed(site)
    client = await site.signed_in()

    plan_id = await _plan(site, client, seconds=1, scope="unassigned", driver_ids=["driver-1"])
    proposed = await _state(site, plan_id)
    answer = await client.post(f"/v1/plans/{plan_id}/commit", json={})

    assert proposed.state == "proposed"
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "items": [{"order_id": "order-1", "delivery_id": "order-1-d1", "outcome": "applied"}],
        "plan_id": None,
    }
    order = (await site.node.images(NORTH)).order(OrderId("order-1"))
    assert order is not None
    assert order.deliveries[0].driver_id == "driver-1"
    again = await client.post(f"/v1/plans/{plan_id}/commit", json={})
    assert (again.status_code, again.json()["code"]) == (409, "plan_over")


@rule("PL24")
async def test_what_is_stale_comes_back_with_the_next_plan(site: Site):
    speaker = await _placed(site)
    client = await site.signed_in()
    plan_id = await _plan(site, client)
    changed = SetQuantity(order_id=OrderId("order-1"), line_id=LineId("order-1-l1"), quantity=50)
    await speaker.do(changed)

    answer = (await client.post(f"/v1/plans/{plan_id}/commit", json={"resolve": True})).json()
    await site.planner.idle()

    assert [item["outcome"] for item in answer["items"]] == ["stale"]
    assert (await _state(site, answer["plan_id"])).state == "proposed"


@rule("PL15", "PL20")
async def test_a_plan_in_the_making_is_the_only_one_and_can_be_cancelled(site: Site):
    await _placed(site)
    client = await site.signed_in()
    site.solver.may_answer.clear()
    plan_id = (await client.post("/v1/plans", json={})).json()["id"]
    await site.solver.asked.wait()

    second = await client.post("/v1/plans", json={})
    ended = await client.delete(f"/v1/plans/{plan_id}")

    assert (second.status_code, second.json()["code"]) == (409, "plan_busy")
    assert ended.status_code == 204
    assert (await _state(site, plan_id)).state == "discarded"
    over = await client.delete(f"/v1/plans/{plan_id}")
    assert (over.status_code, over.json()["code"]) == (409, "plan_over")


@rule("PL26")
async def test_a_dead_solver_is_a_failed_plan_and_never_a_fault_of_the_server(site: Site):
    await _placed(site)
    client = await site.signed_in()
    site.solver.fault = "the solver broke off"

    plan = await _state(site, await _plan(site, client))

    assert (plan.state, plan.problem) == ("failed", "the solver broke off")


@rule("PL9")
async def test_foreign_and_unknown_plans_answer_alike(site: Site):
    await _placed(site)
    north, south = await site.signed_in(), await site.signed_in("zoe")
    plan_id = await _plan(site, north)

    answers = [
        await south.delete(f"/v1/plans/{plan_id}"),
        await south.post(f"/v1/plans/{plan_id}/commit", json={}),
        await north.delete("/v1/plans/nothing"),
        await north.delete("/v1/plans/order-1"),
        await north.post("/v1/plans/settings/commit", json={}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert (await _state(site, plan_id)).state == "proposed"


@rule("PL9")
async def test_who_may_not_assign_drivers_makes_no_plans_over_http(site: Site):
    client = await site.signed_in("wilma")

    answers = [
        await client.post("/v1/plans", json={}),
        await client.delete("/v1/plans/plan-1"),
        await client.post("/v1/plans/plan-1/commit", json={}),
    ]

    assert {answer.status_code for answer in answers} == {403}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"seconds": 0}, 400),
        ({"seconds": 11}, 400),
        ({"scope": "everything"}, 400),
        ({"more": 1}, 400),
        ({"zone_id": "zone-9"}, 422),
        ({"driver_ids": ["driver-1", "nobody"]}, 422),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(site: Site, body: dict, status: int):
    await _placed(site)
    client = await site.signed_in()

    answer = await client.post("/v1/plans", json=body)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_items_that_the_plan_does_not_have_are_refused_and_nothing_is_given_out(site: Site):
    await _placed(site)
    client = await site.signed_in()
    plan_id = await _plan(site, client)

    body = {"items": ["order-1-d1", "order-7-d1"]}
    answer = await client.post(f"/v1/plans/{plan_id}/commit", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await _state(site, plan_id)).items[0].outcome == "proposed"
