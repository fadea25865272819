"""Phones and displays over HTTP: paired, renewed, listed, and shown the door."""

import httpx
import msgspec
import pytest

from protocols.vocabulary import ViewId
from server.domain.fleet import Display, Driver
from server.domain.records import SaveRecord
from server.http.qr import path_of
from tests.support.nodes import Speaker, an_actor
from tests.support.rules import rule
from tests.support.site import NORTH, SOUTH, Site

pytestmark = pytest.mark.asyncio

DORA = {"kind": "driver", "driver_id": "driver-1"}
AS_DISPLAY = {"x-kanvoy-as": "display"}


async def save_view(site: Site, tenant_id=NORTH, view: str = "hall") -> None:
    actor = an_actor("System", tenant_id=tenant_id)
    speaker = Speaker(site.node, actor, f"views-{tenant_id}")
    await speaker.do(SaveRecord(record=Display(id=ViewId(view), name="Hall")))


async def a_code(site: Site, **asked: str) -> str:
    owner = await site.signed_in()
    answer = await owner.post("/v1/pairings", json=asked or DORA)
    assert answer.status_code == 201, answer.text
    return answer.json()["code"]


async def a_phone(site: Site, driver_id: str = "driver-1") -> dict:
    answer = await site.browser().post(
        "/v1/pairings/claim",
        json={"code": await a_code(site, kind="driver", driver_id=driver_id), "name": "Pixel"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearing(site: Site, token: str) -> httpx.AsyncClient:
    return site.browser(authorization=f"Bearer {token}")


async def test_a_code_comes_with_a_link_that_no_server_sees_and_a_drawing(site: Site):
    owner = await site.signed_in()

    made = (await owner.post("/v1/pairings", json=DORA)).json()

    assert made["url"] == f"{site.settings.page_address}/driver#pair={made['code']}"
    assert made["qr"].startswith("M")
    assert made["qr_size"] > 20


@rule("DV15")
async def test_a_phone_knows_what_its_driver_is_called(site: Site):
    actor = an_actor("System", tenant_id=NORTH)
    images = await site.node.images(NORTH)
    (dora,) = (each for each in images.records(Driver) if each.id == "driver-1")
    await Speaker(site.node, actor, "fleet").do(
        SaveRecord(record=msgspec.structs.replace(dora, call_sign="Van 3"))
    )

    phone = await a_phone(site)
    session = (await bearing(site, phone["access_token"]).get("/v1/session")).json()

    assert (phone["user"]["name"], phone["user"]["call_sign"]) == (dora.name, "Van 3")
    assert session["user"]["call_sign"] == "Van 3"


async def test_a_phone_speaks_for_its_driver_and_sees_nothing_of_the_office(site: Site):
    phone = await a_phone(site)
    client = bearing(site, phone["access_token"])

    me = (await client.get("/v1/session")).json()

    assert (me["driver_id"], me["user"]["roles"]) == ("driver-1", ["driver"])
    assert (await client.get("/v1/devices")).status_code == 403
    assert (await client.get("/v1/customers?q=a")).status_code == 403


@rule("DV3")
async def test_wrong_used_and_old_codes_get_the_same_answer(site: Site):
    code = await a_code(site)
    await site.browser().post("/v1/pairings/claim", json={"code": code})
    old = await a_code(site)
    site.clock.advance(601)

    answers = [
        await site.browser(f"203.0.113.{n}").post("/v1/pairings/claim", json={"code": each})
        for n, each in enumerate(("BCDF-GHJK", code, old))
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


@rule("DV4")
async def test_wrong_codes_from_one_address_make_it_wait(site: Site):
    stranger = site.browser()
    for _ in range(5):
        await stranger.post("/v1/pairings/claim", json={"code": "BCDF-GHJK"})

    refused = await stranger.post("/v1/pairings/claim", json={"code": await a_code(site)})

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_attempts"


@rule("DV4")
async def test_a_house_that_types_wrong_codes_waits_and_no_other_does(site: Site):
    await save_view(site)
    shown = (await site.browser().post("/v1/displays/codes", json={})).json()
    right = {"user_code": shown["user_code"]}
    south, north = await site.signed_in("zoe"), await site.signed_in()
    for _ in range(5):
        wrong = await south.post("/v1/displays/lookup", json={"user_code": "BCDF-GHJK"})
        assert wrong.status_code == 404

    refused = await south.post("/v1/displays/lookup", json=right)
    allowed = await north.post("/v1/displays/lookup", json=right)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert allowed.status_code == 200


async def test_one_address_that_invents_secrets_is_told_to_slow_down(site: Site):
    stranger = site.browser()
    answers = [
        await stranger.post("/v1/displays/token", json={"device_code": f"{number:064}"})
        for number in range(61)
    ]

    assert {answer.status_code for answer in answers[:60]} == {410}
    assert answers[60].status_code == 429


@rule("DV1")
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"kind": "driver", "driver_id": "nobody"}, 404),
        ({"kind": "display", "view_id": "nowhere"}, 404),
        ({"kind": "driver"}, 422),
        ({"kind": "robot"}, 400),
    ],
)
async def test_there_is_no_code_for_what_is_not_there(site: Site, asked, status):
    owner = await site.signed_in()

    answer = await owner.post("/v1/pairings", json=asked)

    assert answer.status_code == status
    assert answer.json()["type"].startswith("urn:kanvoy:problem:")


@rule("DV6")
async def test_a_copied_refresh_token_shows_itself_and_ends_the_device(site: Site):
    phone = await a_phone(site)
    renewed = await site.browser().post(
        "/v1/tokens/refresh", json={"refresh_token": phone["refresh_token"]}
    )
    await bearing(site, renewed.json()["access_token"]).get("/v1/session")

    copied = await site.browser().post(
        "/v1/tokens/refresh", json={"refresh_token": phone["refresh_token"]}
    )
    after = await site.browser().post(
        "/v1/tokens/refresh", json={"refresh_token": renewed.json()["refresh_token"]}
    )

    assert site.sockets.closed == [(NORTH, phone["device_id"])]
    assert (copied.status_code, copied.json()["code"]) == (401, "refresh_reused")
    assert (after.status_code, after.json()["code"]) == (401, "device_revoked")


@rule("DV7")
async def test_a_revoked_phone_is_out_before_its_sockets_are_closed(site: Site):
    phone = await a_phone(site)
    owner = await site.signed_in()
    (listed,) = (await owner.get("/v1/devices")).json()["items"]

    gone = await owner.delete(f"/v1/devices/{listed['id']}")

    assert (listed["name"], listed["driver_id"]) == ("Pixel", "driver-1")
    assert gone.status_code == 204
    assert site.sockets.closed == [(NORTH, listed["id"])]
    assert (await bearing(site, phone["access_token"]).get("/v1/session")).status_code == 401
    assert (await owner.delete(f"/v1/devices/{listed['id']}")).status_code == 404


async def test_the_list_says_which_devices_are_online(site: Site):
    here, away = await a_phone(site), await a_phone(site, "driver-2")
    site.sockets.online[NORTH] = [here["device_id"]]
    owner = await site.signed_in()

    items = (await owner.get("/v1/devices")).json()["items"]

    online = {item["id"]: item.get("online", False) for item in items}
    assert online == {here["device_id"]: True, away["device_id"]: False}


@rule("HT11")
@pytest.mark.parametrize(
    "address", ["/v1/devices/a%00b", "/v1/uploads/%00", "/v1/orders/%00", "/a%00b"]
)
async def test_an_address_with_a_nul_is_not_found(site: Site, address):
    owner = await site.signed_in()
    method = "DELETE" if "devices" in address else "GET"

    answer = await owner.request(method, address)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_foreign_device_is_not_there(site: Site):
    await a_phone(site)
    north, south = await site.signed_in(), await site.signed_in("zoe")
    (listed,) = (await north.get("/v1/devices")).json()["items"]

    assert (await south.get("/v1/devices")).json()["items"] == []
    assert (await south.delete(f"/v1/devices/{listed['id']}")).status_code == 404


@rule("DV8")
async def test_a_display_shows_a_code_and_comes_in_when_it_was_typed(site: Site):
    await save_view(site)
    wall, owner = site.browser("198.51.100.4"), await site.signed_in()
    shown = (await wall.post("/v1/displays/codes", json={"name": "Ramp 2"})).json()
    waiting = await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})

    seen = await owner.post("/v1/displays/lookup", json={"user_code": shown["user_code"]})
    approve = {"user_code": shown["user_code"], "view_id": "hall", "name": "Ramp"}
    first = await owner.post("/v1/displays/approve", json=approve)
    second = await owner.post("/v1/displays/approve", json=approve)
    site.clock.advance(3)
    entered = await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})
    site.clock.advance(3)
    again = await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})

    assert waiting.status_code == 202
    assert (seen.json()["name"], seen.json()["address"]) == ("Ramp 2", "198.51.100.4")
    assert (first.status_code, second.status_code) == (200, 404)
    assert (entered.status_code, entered.json()["view_id"]) == (201, "hall")
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert (again.status_code, again.json()["code"]) == (410, "code_expired")
    assert (await wall.get("/v1/session", headers=AS_DISPLAY)).json()["view_id"] == "hall"


@rule("DV16")
async def test_what_a_display_shows_can_be_scanned_and_lets_nobody_in_by_itself(site: Site):
    await save_view(site)
    wall, owner = site.browser(), await site.signed_in()

    shown = (await wall.post("/v1/displays/codes", json={})).json()

    page, _, fragment = shown["url"].partition("#")
    assert page == f"{site.settings.page_address}/settings/devices"
    assert fragment == f"approve={shown['user_code']}"
    assert (shown["qr"], shown["qr_size"]) == path_of(shown["url"])
    # Whoever opens the page has only typed: looking is allowed, and the display still waits.
    await owner.post("/v1/displays/lookup", json={"user_code": shown["user_code"]})
    waiting = await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})
    assert waiting.status_code == 202


async def test_a_display_that_asks_too_often_is_told_to_wait(site: Site):
    wall = site.browser()
    shown = (await wall.post("/v1/displays/codes", json={})).json()
    poll = {"device_code": shown["device_code"]}

    answers = [await wall.post("/v1/displays/token", json=poll) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_code_that_nobody_typed_ends(site: Site):
    wall = site.browser()
    shown = (await wall.post("/v1/displays/codes", json={})).json()
    site.clock.advance(601)

    answer = await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})

    assert answer.status_code == 410


async def test_only_who_may_edit_settings_lets_displays_in(site: Site):
    await save_view(site)
    shown = (await site.browser().post("/v1/displays/codes", json={})).json()
    csr = await site.signed_in("cleo")

    answer = await csr.post(
        "/v1/displays/approve", json={"user_code": shown["user_code"], "view_id": "hall"}
    )

    assert answer.status_code == 403


async def test_no_view_of_another_tenant_is_shown(site: Site):
    await save_view(site, SOUTH, "secret")
    owner = await site.signed_in()
    shown = (await site.browser().post("/v1/displays/codes", json={})).json()

    answer = await owner.post(
        "/v1/displays/approve", json={"user_code": shown["user_code"], "view_id": "secret"}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_view")


async def test_a_display_that_was_approved_and_whose_view_is_gone_meanwhile_does_not_come_in(
    site: Site,
):
    await save_view(site)
    owner, wall = await site.signed_in(), site.browser()
    shown = (await wall.post("/v1/displays/codes", json={})).json()
    approve = {"user_code": shown["user_code"], "view_id": "hall"}
    assert (await owner.post("/v1/displays/approve", json=approve)).status_code == 200
    gone = Display(id=ViewId("hall"), name="Hall", active=False)
    speaker = Speaker(site.node, an_actor("System", tenant_id=NORTH), "another")
    await speaker.do(SaveRecord(record=gone))

    answer = await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})

    assert (answer.status_code, answer.json()["code"]) == (410, "code_expired")
    assert (await owner.get("/v1/devices")).json()["items"] == []


@rule("DV9", "DV17")
async def test_a_displays_cookie_is_replaced_every_day_and_the_old_one_ends_when_it_is_used(
    site: Site,
):
    await save_view(site)
    wall, name = site.browser(**AS_DISPLAY), site.settings.display_cookie_name
    entered = await wall.post(
        "/v1/pairings/claim", json={"code": await a_code(site, kind="display", view_id="hall")}
    )
    assert entered.status_code == 201
    first = wall.cookies[name]
    await wall.get("/v1/session")
    assert wall.cookies[name] == first

    site.clock.advance(86_401)
    await wall.get("/v1/session")
    second = wall.cookies[name]
    old = site.browser(cookie=f"{name}={first}", **AS_DISPLAY)

    assert second != first
    assert (await old.get("/v1/session")).status_code == 200
    await wall.get("/v1/session")
    assert (await old.get("/v1/session")).status_code == 401


async def test_a_display_gives_no_command(site: Site):
    await save_view(site)
    wall = site.browser(**AS_DISPLAY)
    entered = await wall.post(
        "/v1/pairings/claim", json={"code": await a_code(site, kind="display", view_id="hall")}
    )
    wall.headers["x-kanvoy-csrf"] = entered.json()["csrf"]
    wall.headers["x-kanvoy-client"] = "wall-client"
    commands = [
        {"kind": "move_order", "order_id": "order-1", "from_stage": "new", "to_stage": "ready"},
        {"kind": "add_note", "order_id": "order-1", "note_id": "note-9", "text": "hi"},
        {"kind": "save_hub", "hub_id": "hub-1", "name": "Hub"},
        {
            "kind": "collect_delivery",
            "order_id": "order-1",
            "delivery_id": "order-1-d1",
            "epoch": 1,
            "at": 1,
        },
    ]

    for number, command in enumerate(commands, start=1):
        answer = await wall.post("/v1/commands", json={"number": number, "command": command})
        assert answer.status_code in {403, 404}, answer.text


async def test_signing_out_ends_the_device(site: Site):
    phone = await a_phone(site)
    client = bearing(site, phone["access_token"])

    assert (await client.delete("/v1/session")).status_code == 204
    assert (await client.get("/v1/session")).status_code == 401


@rule("DV11")
async def test_a_ticket_is_no_credential_for_requests(site: Site):
    phone = await a_phone(site)
    made = await bearing(site, phone["access_token"]).post("/v1/ws-tickets")

    assert made.status_code == 201
    answer = await bearing(site, made.json()["ticket"]).get("/v1/session")
    assert answer.status_code == 401
