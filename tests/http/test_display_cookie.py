"""A display and a person in one browser: two cookies, and neither is the other's."""

import httpx
import pytest

from server.settings import Settings
from tests.http.test_devices import AS_DISPLAY, a_code, save_view
from tests.support.rules import rule
from tests.support.site import NORTH, OURS, Site, a_site, sign_in

pytestmark = pytest.mark.asyncio

_PERSONS, _DISPLAYS = "__Host-kanvoy", "__Host-kanvoy-display"


async def pair(site: Site, browser: httpx.AsyncClient) -> httpx.Response:
    """Open a display's link in this browser."""
    await save_view(site)
    code = await a_code(site, kind="display", view_id="hall")
    answer = await browser.post("/v1/pairings/claim", json={"code": code}, headers=AS_DISPLAY)
    assert answer.status_code == 201, answer.text
    return answer


async def both(site: Site) -> tuple[httpx.AsyncClient, str]:
    """A browser in which Anna is signed in and a display is paired, with the display's nonce."""
    browser = await site.signed_in()
    return browser, (await pair(site, browser)).json()["csrf"]


async def a_wall_of_before(site: Site) -> httpx.AsyncClient:
    """A browser whose display lies where older versions put it."""
    wall = site.browser()
    await pair(site, wall)
    token = wall.cookies[_DISPLAYS]
    wall.cookies.clear()
    wall.cookies.set(_PERSONS, token, domain="orders.example", path="/")
    return wall


def names(answer: httpx.Response) -> list[str]:
    """The cookies that an answer sets or ends."""
    return [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")]


async def view_of(browser: httpx.AsyncClient, **headers: str) -> tuple[int, str | None]:
    """Who this browser is: 200 and the view of a display, None of a person."""
    answer = await browser.get("/v1/session", headers=headers)
    return answer.status_code, answer.json().get("view_id")


@rule("DV17")
async def test_the_displays_cookie_is_as_closed_as_the_persons(site: Site):
    (cookie,) = (await pair(site, site.browser())).headers.get_list("set-cookie")

    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith(f"{_DISPLAYS}=")
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


@rule("DV17")
async def test_without_tls_it_has_no_prefix_that_browsers_would_refuse():
    site = await a_site(settings=Settings(origins=frozenset({OURS}), secure_cookies=False))

    answer = await pair(site, site.browser())

    assert names(answer) == ["kanvoy-display"]


@rule("DV17", "DV18")
async def test_pairing_a_display_in_the_owners_browser_signs_nobody_out(site: Site):
    browser = await site.signed_in()
    before = browser.cookies[_PERSONS]

    paired = await pair(site, browser)

    assert names(paired) == [_DISPLAYS]
    assert browser.cookies[_PERSONS] == before
    assert await view_of(browser) == (200, None)
    assert await view_of(browser, **AS_DISPLAY) == (200, "hall")


@rule("DV17", "DV18")
async def test_signing_in_again_beside_a_display_leaves_the_display(site: Site):
    browser, _ = await both(site)

    again = await sign_in(browser)

    assert names(again) == [_PERSONS]
    assert await view_of(browser, **AS_DISPLAY) == (200, "hall")


@rule("DV17")
async def test_whoever_signs_out_takes_only_the_own_cookie_along(site: Site):
    browser, nonce = await both(site)
    other, _ = await both(site)

    display_out = await browser.delete(
        "/v1/session", headers={**AS_DISPLAY, "x-kanvoy-csrf": nonce}
    )
    person_out = await other.delete("/v1/session")

    assert (display_out.status_code, names(display_out)) == (204, [_DISPLAYS])
    assert await view_of(browser) == (200, None)
    assert await view_of(browser, **AS_DISPLAY) == (401, None)
    assert (person_out.status_code, names(person_out)) == (204, [_PERSONS])
    assert await view_of(other) == (401, None)
    assert await view_of(other, **AS_DISPLAY) == (200, "hall")


@rule("DV7", "DV17")
async def test_revoking_a_display_leaves_the_owner_signed_in(site: Site):
    browser, _ = await both(site)
    (device,) = (await browser.get("/v1/devices")).json()["items"]

    gone = await browser.delete(f"/v1/devices/{device['id']}")

    assert (gone.status_code, names(gone)) == (204, [])
    assert site.sockets.closed == [(NORTH, device["id"])]
    assert await view_of(browser) == (200, None)
    assert await view_of(browser, **AS_DISPLAY) == (401, None)


@rule("DV9", "DV17")
async def test_only_a_displays_own_request_renews_its_cookie(site: Site):
    browser, _ = await both(site)
    site.clock.advance(86_401)
    await sign_in(browser)

    by_person = await browser.get("/v1/session")
    by_display = await browser.get("/v1/session", headers=AS_DISPLAY)

    assert (names(by_person), names(by_display)) == ([], [_DISPLAYS])


@rule("DV18")
async def test_a_request_as_a_display_is_nobodys_where_only_a_person_is_signed_in(site: Site):
    browser = await site.signed_in()
    orders = await browser.get("/v1/customers?q=a")

    answers = [
        await browser.get("/v1/session", headers=AS_DISPLAY),
        await browser.get("/v1/customers?q=a", headers=AS_DISPLAY),
        await browser.post("/v1/ws-tickets", headers=AS_DISPLAY),
        await browser.delete("/v1/session", headers=AS_DISPLAY),
    ]

    assert orders.status_code == 200, "as themselves they may"
    assert [(each.status_code, names(each)) for each in answers] == [(401, [])] * 4
    assert await view_of(browser) == (200, None)


@rule("DV18")
async def test_a_persons_token_in_the_displays_cookie_opens_nothing(site: Site):
    token = (await site.signed_in()).cookies[_PERSONS]
    browser = site.browser(cookie=f"{_DISPLAYS}={token}")

    assert await view_of(browser) == (401, None)
    assert await view_of(browser, **AS_DISPLAY) == (401, None)


@rule("DV18")
@pytest.mark.parametrize("said", ["", "person", "Display", "display, display"])
async def test_without_saying_so_in_exactly_that_word_nobody_is_a_display(site: Site, said: str):
    browser, _ = await both(site)
    token = browser.cookies[_DISPLAYS]
    only_display = site.browser(cookie=f"{_DISPLAYS}={token}")

    assert await view_of(only_display) == (401, None)
    assert await view_of(browser, **{"x-kanvoy-as": said}) == (401, None)


@rule("DV18")
async def test_saying_it_twice_is_saying_nothing(site: Site):
    browser, _ = await both(site)

    answer = await browser.get(
        "/v1/session", headers=[("x-kanvoy-as", "display"), ("x-kanvoy-as", "display")]
    )

    assert answer.status_code == 401


@rule("AU6", "AU7", "DV18")
async def test_origin_and_nonce_are_asked_of_a_display_as_of_a_person(site: Site):
    browser, nonce = await both(site)
    persons = browser.headers["x-kanvoy-csrf"]
    right = {**AS_DISPLAY, "x-kanvoy-csrf": nonce}
    del browser.headers["x-kanvoy-csrf"]

    refused = [
        await browser.delete("/v1/session", headers={**right, "origin": "https://evil.example"}),
        await browser.delete("/v1/session", headers=AS_DISPLAY),
        await browser.delete("/v1/session", headers={**right, "x-kanvoy-csrf": persons}),
    ]
    del browser.headers["origin"]
    refused.append(await browser.delete("/v1/session", headers=right))

    codes = [(answer.status_code, answer.json()["code"]) for answer in refused]
    assert codes == [(403, "origin"), (403, "csrf"), (403, "csrf"), (403, "origin")]
    assert await view_of(browser, **AS_DISPLAY) == (200, "hall")


@rule("DV13", "DV18")
async def test_a_display_beside_the_owner_still_reads_nothing_but_its_view(site: Site):
    browser, nonce = await both(site)
    right = {**AS_DISPLAY, "x-kanvoy-csrf": nonce, "x-kanvoy-client": "wall-client"}
    move = {"kind": "move_order", "order_id": "order-1", "from_stage": "new", "to_stage": "ready"}

    commanded = await browser.post(
        "/v1/commands", json={"number": 1, "command": move}, headers=right
    )

    assert commanded.status_code in {403, 404}, commanded.text
    for address in ("/v1/customers?q=a", "/v1/devices", "/v1/orders/order-1"):
        assert (await browser.get(address, headers=right)).status_code == 403, address


@rule("DV19")
async def test_a_wall_of_before_gets_its_own_cookie_when_it_first_says_what_it_is(site: Site):
    wall = await a_wall_of_before(site)

    first = await wall.get("/v1/session", headers=AS_DISPLAY)
    again = await wall.get("/v1/session", headers=AS_DISPLAY)

    assert (first.status_code, first.json()["view_id"], names(first)) == (200, "hall", [_DISPLAYS])
    assert (again.status_code, names(again)) == (200, [])
    assert (await sign_in(wall)).status_code == 200
    assert await view_of(wall) == (200, None)
    assert await view_of(wall, **AS_DISPLAY) == (200, "hall")


@rule("DV19", "DV9")
async def test_a_wall_that_moves_when_its_cookie_is_due_gets_the_next_one(site: Site):
    wall = await a_wall_of_before(site)
    old = wall.cookies[_PERSONS]
    site.clock.advance(86_401)

    await wall.get("/v1/session", headers=AS_DISPLAY)

    assert wall.cookies[_DISPLAYS] != old
    assert await view_of(wall, **AS_DISPLAY) == (200, "hall")
    assert await view_of(wall) == (401, None), "what was left behind ended with it"


@rule("DV19")
async def test_the_page_of_an_older_build_goes_on_until_it_is_loaded_anew(site: Site):
    wall = await a_wall_of_before(site)
    site.clock.advance(86_401)

    answer = await wall.get("/v1/session")

    assert (answer.status_code, answer.json()["view_id"], names(answer)) == (200, "hall", [])


@rule("DV19")
async def test_two_windows_of_one_wall_move_at_the_same_time_and_both_stay(site: Site):
    wall = await a_wall_of_before(site)
    other = site.browser(cookie=f"{_PERSONS}={wall.cookies[_PERSONS]}")

    await wall.get("/v1/session", headers=AS_DISPLAY)
    late = await other.get("/v1/session", headers=AS_DISPLAY)

    # One jar: whichever answer comes last, the cookie is good.
    assert other.cookies[_DISPLAYS] == wall.cookies[_DISPLAYS]
    assert late.status_code == 200


@rule("DV19")
async def test_a_revoked_wall_of_before_does_not_come_back_through_the_old_place(site: Site):
    wall, owner = await a_wall_of_before(site), await site.signed_in()
    (device,) = (await owner.get("/v1/devices")).json()["items"]
    await owner.delete(f"/v1/devices/{device['id']}")

    assert await view_of(wall, **AS_DISPLAY) == (401, None)
    assert await view_of(wall) == (401, None)
