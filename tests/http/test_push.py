"""How a phone is woken, over HTTP: its own subscription and nobody else's."""

import pytest

from tests.http.test_devices import a_phone, bearing
from tests.support.rules import rule
from tests.support.site import Site

pytestmark = pytest.mark.asyncio

ADDRESS = "/v1/push-subscription"
OFFERED = {"endpoint": "https://push.example/one", "p256dh": "B" * 87, "auth": "a" * 22}


@rule("WU1")
async def test_a_phone_reads_the_key_and_keeps_replaces_and_drops_its_own_subscription(site: Site):
    phone = bearing(site, (await a_phone(site))["access_token"])
    before = (await phone.get(ADDRESS)).json()

    first = await phone.put(ADDRESS, json=OFFERED)
    second = await phone.put(ADDRESS, json={**OFFERED, "endpoint": "https://push.example/two"})
    shown = (await phone.get(ADDRESS)).json()
    dropped = [await phone.delete(ADDRESS) for _ in range(2)]

    assert before == {"key": "B" * 87, "endpoint": ""}
    assert (first.status_code, second.status_code) == (200, 200)
    assert shown == {"key": "B" * 87, "endpoint": "https://push.example/two"}
    assert [each.status_code for each in dropped] == [204, 204]
    assert (await phone.get(ADDRESS)).json()["endpoint"] == ""


@rule("WU1")
async def test_a_phone_sees_and_changes_no_other_phones_subscription(site: Site):
    one = bearing(site, (await a_phone(site))["access_token"])
    other = bearing(site, (await a_phone(site))["access_token"])
    await one.put(ADDRESS, json=OFFERED)

    assert (await other.get(ADDRESS)).json()["endpoint"] == ""
    await other.delete(ADDRESS)

    assert (await one.get(ADDRESS)).json()["endpoint"] == OFFERED["endpoint"]


@rule("WU1")
async def test_the_office_is_not_woken(site: Site):
    owner = await site.signed_in()

    answers = [
        await owner.get(ADDRESS),
        await owner.put(ADDRESS, json=OFFERED),
        await owner.delete(ADDRESS),
    ]

    assert {(each.status_code, each.json()["code"]) for each in answers} == {(403, "no_phone")}


@rule("WU3")
@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"endpoint": "https://internal.example/x"}, 422, "endpoint_refused"),
        ({"endpoint": "http://push.example/x"}, 400, "malformed"),
        ({"endpoint": "https://push.example/" + "x" * 1_024}, 400, "malformed"),
        ({"p256dh": "short"}, 400, "malformed"),
        ({"auth": "?" * 22}, 400, "malformed"),
        ({"more": "x"}, 400, "malformed"),
    ],
)
async def test_what_is_no_subscription_is_refused_and_changes_nothing(
    site: Site, changed, status, code
):
    phone = bearing(site, (await a_phone(site))["access_token"])
    await phone.put(ADDRESS, json=OFFERED)

    answer = await phone.put(ADDRESS, json={**OFFERED, **changed})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await phone.get(ADDRESS)).json()["endpoint"] == OFFERED["endpoint"]


async def test_a_phone_that_subscribes_all_the_time_is_told_to_wait(site: Site):
    phone = bearing(site, (await a_phone(site))["access_token"])

    answers = [await phone.put(ADDRESS, json=OFFERED) for _ in range(11)]

    assert [each.status_code for each in answers] == [200] * 10 + [429]
    assert "retry-after" in answers[-1].headers
