"""Which pages may speak for a person: 40 spellings of Origin, with every credential."""

import httpx
import pytest
from structlog.testing import capture_logs

from tests.support.rules import rule
from tests.support.site import OURS, PASSWORD, Site

pytestmark = pytest.mark.asyncio

FOREIGN = [
    "null",
    "",
    "https://orders.example.",
    "https://orders.example/",
    "https://orders.example:443",
    "https://orders.example:8443",
    "http://orders.example",
    "HTTPS://orders.example",
    "https://ORDERS.example",
    "https://Orders.Example",
    "https://evil.example",
    "https://orders.example.evil.example",
    "https://evil-orders.example",
    "https://evilorders.example",
    "https://orders.example@evil.example",
    "https://evil.example/https://orders.example",
    "https://evil.example?https://orders.example",
    "https://evil.example#https://orders.example",
    "https://sub.orders.example",
    "https://orders.example%00.evil.example",
    "https://orders.example%2eevil.example",
    "https://orders.examplé",
    "https://xn--orders-example.example",
    "https://orders\u00adexample",
    "https://orders.example\\.evil.example",
    "//orders.example",
    "orders.example",
    "file://",
    "chrome-extension://abcdef",
    "https://",
    "https://127.0.0.1",
    "https://localhost",
    "wss://orders.example",
    "https://orders.example,https://evil.example",
    "https://evil.example,https://orders.example",
    "https://orders.example https://evil.example",
    "https:// orders.example",
    "https:///orders.example",
]


async def _delete(site: Site, origins: list[str], **headers: str) -> httpx.Response:
    """Ask for something unsafe with these Origin headers."""
    sent = [(b"origin", origin.encode()) for origin in origins]
    sent += [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=OURS) as client:
        return await client.request("DELETE", "/v1/session", headers=sent)


@rule("AU6")
@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_origin_never_changes_anything(site: Site, origin: str):
    browser = await site.signed_in()
    cookie = f"__Host-kanvoy={browser.cookies['__Host-kanvoy']}"
    csrf, bearer = browser.headers["x-kanvoy-csrf"], f"Bearer {await site.token()}"

    with_cookie = await _delete(site, [origin], cookie=cookie, x_kanvoy_csrf=csrf)
    with_bearer = await _delete(site, [origin], authorization=bearer)
    with_nothing = await _delete(site, [origin])

    assert {with_cookie.status_code, with_bearer.status_code, with_nothing.status_code} == {403}
    assert with_cookie.json()["code"] == "origin"
    assert (await browser.get("/v1/session")).status_code == 200


@rule("AU6")
async def test_two_origins_are_no_origin(site: Site):
    browser = await site.signed_in()
    cookie = f"__Host-kanvoy={browser.cookies['__Host-kanvoy']}"

    twice = await _delete(
        site, [OURS, OURS], cookie=cookie, x_kanvoy_csrf=browser.headers["x-kanvoy-csrf"]
    )

    assert twice.status_code == 403


@rule("AU6")
async def test_without_an_origin_a_bearer_may_and_a_cookie_may_not(site: Site):
    browser = await site.signed_in()
    cookie = f"__Host-kanvoy={browser.cookies['__Host-kanvoy']}"
    csrf, bearer = browser.headers["x-kanvoy-csrf"], f"Bearer {await site.token()}"

    with_cookie = await _delete(site, [], cookie=cookie, x_kanvoy_csrf=csrf)
    with_bearer = await _delete(site, [], authorization=bearer)

    assert (with_cookie.status_code, with_bearer.status_code) == (403, 204)


async def test_the_log_names_a_refused_origin_once(site: Site):
    with capture_logs() as lines:
        for _ in range(3):
            await _delete(site, ["https://typed.example"])

    told = [line for line in lines if line["event"] == "foreign origin refused"]
    assert [(line["origin"], line["log_level"]) for line in told] == [
        ("https://typed.example", "warning")
    ]
    assert "KANVOY_ORIGINS" in told[0]["mend"]


@rule("AU7")
@pytest.mark.parametrize("nonce", ["", "guess", "é"])
async def test_a_page_that_does_not_repeat_the_nonce_is_not_ours(site: Site, nonce: str):
    browser = await site.signed_in()
    browser.headers.pop("x-kanvoy-csrf")

    refused = await browser.delete("/v1/session", headers={"x-kanvoy-csrf": nonce.encode()})

    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert (await browser.get("/v1/session")).status_code == 200


@rule("AU7")
async def test_another_sessions_nonce_is_a_wrong_one(site: Site):
    browser, other = await site.signed_in(), await site.signed_in("cleo")

    refused = await browser.delete(
        "/v1/session", headers={"x-kanvoy-csrf": other.headers["x-kanvoy-csrf"]}
    )

    assert refused.status_code == 403


@rule("AU8")
async def test_no_foreign_page_signs_a_browser_in(site: Site):
    proof = {"email": "anna@example.org", "password": PASSWORD}
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=OURS) as client:
        without = await client.post("/v1/session", json=proof)
        foreign = await client.post(
            "/v1/session", json=proof, headers={"origin": "https://evil.example"}
        )

    assert (without.status_code, foreign.status_code) == (403, 403)
    assert "set-cookie" not in without.headers


async def test_two_authorization_headers_are_no_credential(site: Site):
    bearer = f"Bearer {await site.token()}".encode()
    transport = httpx.ASGITransport(app=site.app)
    headers = [(b"authorization", bearer), (b"authorization", bearer)]
    async with httpx.AsyncClient(transport=transport, base_url=OURS) as client:
        answer = await client.get("/v1/session", headers=headers)

    assert answer.status_code == 401


async def test_a_credential_in_the_address_is_never_looked_at(site: Site):
    token = await site.token()

    answer = await site.browser().get(f"/v1/session?token={token}&access_token={token}")

    assert answer.status_code == 401
