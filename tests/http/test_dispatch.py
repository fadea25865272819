"""Who could bring a delivery, over HTTP."""

import msgspec
import pytest

from protocols.fleet import SaveDriver, SaveHub, SaveZone
from protocols.values import Address, Point
from protocols.vocabulary import DriverId, HubId, ZoneId
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
