"""Who came in, who tried and what was refused, in the security log."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

import httpx
import msgspec
import pytest
from litestar import get
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from protocols.commands import BulkItem, DeleteOrder, RunBulk
from protocols.vocabulary import TenantId, ViewId
from server.domain.fleet import Display
from server.domain.records import SaveRecord
from server.http.sessions import Me
from server.settings import Settings
from server.telemetry.security import mark_of
from tests.support.nodes import Speaker, an_actor, an_order_placed
from tests.support.site import NORTH, OURS, PASSWORD, SOUTH, Site, a_site, person, sign_in

pytestmark = pytest.mark.asyncio

HERE = "203.0.113.7"
DORA = {"kind": "driver", "driver_id": "driver-1"}


@contextmanager
def told() -> Iterator[list[dict[str, Any]]]:
    """The lines of the security log, without what all of them have."""
    found: list[dict[str, Any]] = []
    with capture_logs([merge_contextvars]) as lines:
        yield found
    for line in lines:
        if line.pop("log", "") == "security":
            del line["log_level"]
            found.append({key: v for key, v in line.items() if key != "request_id"})
            assert line["request_id"] == "request-1"


def of_anna(device_id: object, **more: object) -> dict[str, object]:
    return {
        "address": HERE,
        "tenant_id": NORTH,
        "person_id": "anna",
        "device_id": device_id,
        **more,
    }


async def devices_of(site: Site, who: str = "anna", tenant_id: TenantId = NORTH) -> list[str]:
    kept = await site.accounts.sign_ins_of(tenant_id, person(who).id, site.clock.now())
    return [each.id for each in kept]


async def test_coming_in_and_going_out_are_told_with_the_device(site: Site):
    with told() as lines:
        browser = await site.signed_in()
        (device_id,) = await devices_of(site)
        await browser.delete("/v1/session")

    assert lines == [
        of_anna(device_id, event="signed_in", way="cookie"),
        of_anna(device_id, event="signed_out"),
    ]


async def test_a_wrong_proof_names_the_account_by_id_and_an_unknown_one_by_its_mark(site: Site):
    await site.save(NORTH, person("cleo", active=False))

    with told() as lines:
        await sign_in(site.browser(), "anna", "not hers")
        await sign_in(site.browser(), "nobody", PASSWORD)
        await sign_in(site.browser(), "cleo", PASSWORD)

    common = {"event": "sign_in_failed", "why": "wrong_proof", "address": HERE}
    marks = [mark_of(f"{who}@example.org") for who in ("anna", "nobody", "cleo")]
    assert lines == [
        {**common, "account": marks[0], "tenant_id": NORTH, "person_id": "anna"},
        {**common, "account": marks[1]},
        {**common, "account": marks[2], "tenant_id": NORTH, "person_id": "cleo"},
    ]


async def test_a_proof_that_is_wrong_in_two_houses_is_told_to_both(site: Site):
    await site.entrance.set_password(SOUTH, person("zoe").id, "anna@example.org", PASSWORD)

    with told() as lines:
        await sign_in(site.browser(), "anna", "not hers")
        await sign_in(site.browser(), "anna")

    assert [(line["tenant_id"], line["person_id"]) for line in lines[:-1]] == [
        (NORTH, "anna"),
        (SOUTH, "zoe"),
    ]
    assert (lines[-1]["why"], lines[-1].get("person_id")) == ("several_tenants", None)


async def test_a_guesser_is_told_ten_times_a_minute_and_then_counted(site: Site):
    with told() as lines:
        for _ in range(40):
            await sign_in(site.browser(), "anna", "guess")
        site.clock.advance(60)
        for _ in range(2):
            await sign_in(site.browser(), "anna", "guess")

    names = [line["event"] for line in lines]
    account = mark_of("anna@example.org")
    assert names[:15] == ["sign_in_failed"] * 5 + ["throttled"] * 10
    assert names[15:] == ["sign_in_failed", "throttled"]
    assert lines[5] == {
        "event": "throttled",
        "what": "sign_in",
        "account": account,
        "address": HERE,
    }
    assert lines[-1]["unsaid"] == 25


async def test_a_phone_is_followed_from_its_invitation_to_its_end(site: Site):
    with told() as lines:
        owner = await site.signed_in()
        code = (await owner.post("/v1/pairings", json=DORA)).json()["code"]
        phone = (await site.browser().post("/v1/pairings/claim", json={"code": code})).json()
        await site.browser().post("/v1/pairings/claim", json={"code": code})
        await owner.delete(f"/v1/devices/{phone['device_id']}")

    (device_id,) = await devices_of(site)
    assert lines[1:] == [
        of_anna(device_id, event="device_invited", how="code", subject="driver-1"),
        {
            "event": "device_paired",
            "kind": "driver",
            "subject": "driver-1",
            "address": HERE,
            "tenant_id": NORTH,
            "person_id": phone["user"]["id"],
            "device_id": phone["device_id"],
        },
        {"event": "code_refused", "what": "pairing", "address": HERE},
        of_anna(device_id, event="device_revoked", why="asked", revoked_id=phone["device_id"]),
    ]


async def test_a_display_is_told_of_with_who_let_it_in(site: Site):
    actor = an_actor("System", tenant_id=NORTH)
    await Speaker(site.node, actor, "views").do(
        SaveRecord(record=Display(id=ViewId("hall"), name="Hall"))
    )
    owner, wall = await site.signed_in(), site.browser("198.51.100.4")
    shown = (await wall.post("/v1/displays/codes", json={})).json()

    with told() as lines:
        for code in ("BCDF-GHJK", shown["user_code"]):
            answer = {"user_code": code, "view_id": "hall", "name": "Ramp"}
            await owner.post("/v1/displays/approve", json=answer)
        await wall.post("/v1/displays/token", json={"device_code": shown["device_code"]})

    (device_id,) = await devices_of(site)
    refused, invited, paired = lines
    assert refused == of_anna(device_id, event="code_refused", what="display")
    assert invited == of_anna(device_id, event="device_invited", how="approval", subject="hall")
    assert (paired["event"], paired["kind"], paired["subject"], paired["address"]) == (
        "device_paired",
        "display",
        "hall",
        "198.51.100.4",
    )


async def test_a_copied_refresh_token_is_told_with_the_device_it_ended(site: Site):
    owner = await site.signed_in()
    code = (await owner.post("/v1/pairings", json=DORA)).json()["code"]
    phone = (await site.browser().post("/v1/pairings/claim", json={"code": code})).json()
    old = {"refresh_token": phone["refresh_token"]}
    new = (await site.browser().post("/v1/tokens/refresh", json=old)).json()
    await site.browser(authorization=f"Bearer {new['access_token']}").get("/v1/session")

    with told() as lines:
        await site.browser("198.51.100.9").post("/v1/tokens/refresh", json=old)
        await site.browser().post("/v1/tokens/refresh", json=old)

    assert lines == [
        {
            "event": "refresh_reused",
            "address": "198.51.100.9",
            "tenant_id": NORTH,
            "device_id": phone["device_id"],
        },
        {"event": "credential_refused", "door": "http", "way": "bearer", "address": HERE},
    ]


async def test_what_roles_do_not_allow_is_told_with_what_was_asked(site: Site):
    wilma, cleo = await site.signed_in("wilma"), await site.signed_in("cleo")
    headers = {"x-kanvoy-client": "client-9"}
    placing = an_order_placed()
    delete = DeleteOrder(order_id=placing.order_id)
    bulk = RunBulk(items=[BulkItem(command=delete)])
    await cleo.post("/v1/commands", json=_command(1, placing), headers=headers)

    with told() as lines:
        await wilma.get("/v1/devices")
        await wilma.get("/v1/operations")
        await wilma.post("/v1/commands", json=_command(1, placing), headers=headers)
        in_part = await cleo.post("/v1/commands", json=_command(2, bulk), headers=headers)

    assert in_part.status_code == 200
    assert [(line["event"], line["what"], line["person_id"]) for line in lines] == [
        ("permission_refused", "/v1/devices", "wilma"),
        ("permission_refused", "/v1/operations", "wilma"),
        ("permission_refused", "order.create", "wilma"),
        ("permission_refused", "order.delete", "cleo"),
    ]


async def test_foreign_pages_are_told_with_their_origin_and_pages_without_the_nonce(site: Site):
    browser = await site.signed_in()
    browser.headers["x-kanvoy-csrf"] = "guess"
    (device_id,) = await devices_of(site)

    with told() as lines:
        await sign_in(site.browser(origin="https://evil.example"), "anna")
        await browser.delete("/v1/session")

    assert lines == [
        {
            "event": "page_refused",
            "door": "http",
            "code": "origin",
            "origin": "https://evil.example",
            "address": HERE,
        },
        of_anna(device_id, event="page_refused", door="http", code="csrf"),
    ]


async def test_a_credential_that_opens_nothing_is_told_and_none_at_all_is_not(site: Site):
    with told() as lines:
        await site.browser(authorization="Bearer guessed").get("/v1/session")
        await site.browser(cookie="__Host-kanvoy=guessed").get("/v1/session")
        await site.browser().get("/v1/session")

    assert [(line["event"], line["way"]) for line in lines] == [
        ("credential_refused", "bearer"),
        ("credential_refused", "cookie"),
    ]
    assert "guessed" not in str(lines)


async def test_whoever_hits_a_limit_is_told_once_a_minute(site: Site):
    cleo = await site.signed_in("cleo")
    headers = {"x-kanvoy-client": "client-9"}

    with told() as lines:
        for _ in range(70):
            await cleo.post("/v1/commands", json=_command(7, an_order_placed()), headers=headers)
        await cleo.post("/v1/commands", content=b"x" * 600_000, headers=headers)

    assert [(line["event"], line["limit"], line["person_id"]) for line in lines] == [
        ("limit_hit", "rate", "cleo"),
        ("limit_hit", "too_large", "cleo"),
    ]
    assert lines[1]["unsaid"] == 9


async def test_a_bug_is_told_with_whom_it_befell(site: Site):
    @get("/v1/bug", sync_to_thread=False)
    def bug(principal: Me) -> None:
        raise RuntimeError(str(principal))

    site.app.register(bug)
    browser = await site.signed_in()
    (device_id,) = await devices_of(site)

    with told() as lines:
        await browser.get("/v1/bug")

    assert lines == [
        of_anna(device_id, event="unexpected_error", door="http", incident="request-1")
    ]


async def test_the_address_is_the_one_behind_our_proxies():
    proxies = (ip_network("10.0.0.0/8"),)
    settings = Settings(origins=frozenset({OURS}), trusted_proxies=proxies)
    site = await a_site(settings=settings)
    said = {"x-forwarded-for": "198.51.100.7, 192.0.2.9"}

    with told() as lines:
        await sign_in(site.browser("10.0.0.3", **said), "anna", "wrong")
        await sign_in(site.browser("203.0.113.1", **said), "anna", "wrong")

    assert [line["address"] for line in lines] == ["192.0.2.9", "203.0.113.1"]


async def test_no_secret_and_no_name_of_a_whole_conversation_is_in_the_log(site: Site):
    with capture_logs([merge_contextvars]) as lines:
        owner = await site.signed_in()
        code = (await owner.post("/v1/pairings", json=DORA)).json()["code"]
        phone = (await site.browser().post("/v1/pairings/claim", json={"code": code})).json()
        await sign_in(site.browser(), "anna", "hunter2-hunter2")
        await site.browser(authorization="Bearer hunter3").get("/v1/session")
        await _leave(owner)

    assert len(lines) >= 6
    for secret in (
        PASSWORD,
        "hunter",
        "@example.org",
        code,
        phone["access_token"],
        phone["refresh_token"],
        owner.cookies.get("__Host-kanvoy") or "no cookie",
        owner.headers["x-kanvoy-csrf"],
        "Anna",
        phone["user"]["name"],
    ):
        assert secret not in str(lines)


async def _leave(owner: httpx.AsyncClient) -> None:
    await owner.delete("/v1/session")


def _command(number: int, command: msgspec.Struct) -> dict[str, object]:
    return {"type": "command", "number": number, "command": msgspec.to_builtins(command)}
