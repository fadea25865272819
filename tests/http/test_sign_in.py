"""Who may come in, and how long they stay."""

import asyncio

import msgspec
import pytest

from protocols.vocabulary import PersonId
from server.application.people import JournalPeople
from tests.support.rules import rule
from tests.support.site import NORTH, OURS, PASSWORD, SOUTH, Site, person, sign_in

pytestmark = pytest.mark.asyncio


@rule("AU1")
async def test_every_wrong_proof_gets_the_same_answer_after_the_same_work(site: Site):
    await site.save(NORTH, person("cleo", active=False))
    browser = site.browser()

    answers, work = [], []
    for who, password in (("anna", "wrong"), ("nobody", PASSWORD), ("cleo", PASSWORD)):
        before = site.passwords.looked_at
        answers.append(await sign_in(browser, who, password))
        work.append(site.passwords.looked_at - before)

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert work == [1, 1, 1]


@rule("AU2")
async def test_after_five_slips_each_further_one_doubles_the_wait(site: Site):
    browser = site.browser()
    for _ in range(5):
        assert (await sign_in(browser, password="wrong")).status_code == 401

    waits = []
    for _ in range(4):
        looked_at = site.passwords.looked_at
        refused = await sign_in(browser)
        assert refused.status_code == 429
        assert site.passwords.looked_at == looked_at
        waits.append(int(refused.headers["retry-after"]))
        site.clock.advance(waits[-1])
        await sign_in(browser, password="wrong")

    assert waits == [1, 2, 4, 8]
    assert refused.json()["code"] == "too_many_attempts"


@rule("AU2")
async def test_whoever_waits_and_then_knows_the_password_starts_afresh(site: Site):
    browser = site.browser()
    for _ in range(5):
        await sign_in(browser, password="wrong")
    site.clock.advance(1)

    assert (await sign_in(browser)).status_code == 200
    again = await sign_in(browser, password="wrong")

    assert again.status_code == 401


@rule("AU2")
async def test_somebody_elses_guesses_do_not_lock_a_person_out(site: Site):
    guesser = site.browser("198.51.100.1")
    for _ in range(20):
        await sign_in(guesser, password="wrong")
        site.clock.advance(1)

    answer = await sign_in(site.browser("203.0.113.9"))

    assert answer.status_code == 200


@rule("AU3")
async def test_a_thousand_guesses_at_once_get_no_more_than_the_free_ones(site: Site):
    browser = site.browser()

    answers = await asyncio.gather(*(sign_in(browser, password=f"w{n}") for n in range(1_000)))

    codes = [answer.status_code for answer in answers]
    assert codes.count(401) == 5
    assert codes.count(429) == 995


@rule("AU4")
async def test_a_token_is_stored_hashed_and_works_only_the_way_it_was_given(site: Site):
    browser = await site.signed_in()
    cookie = browser.cookies["__Host-kanvoy"]
    bearer = await site.token()

    as_bearer = await site.browser().get(
        "/v1/session", headers={"authorization": f"Bearer {cookie}"}
    )
    as_cookie = await site.browser(cookie=f"__Host-kanvoy={bearer}").get("/v1/session")

    kept = await site.accounts.sign_ins_of(NORTH, PersonId("anna"), site.clock.now())
    assert (as_bearer.status_code, as_cookie.status_code) == (401, 401)
    assert all(cookie.encode() not in msgspec.json.encode(device) for device in kept)
    assert len(bytes.fromhex(cookie)) == 32


@rule("AU5")
async def test_the_cookie_is_bound_to_host_tls_and_our_pages(site: Site):
    answer = await sign_in(site.browser())

    (cookie,) = answer.headers.get_list("set-cookie")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-kanvoy=")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


@rule("AU5")
async def test_without_tls_the_cookie_has_no_prefix_that_browsers_would_refuse(site: Site):
    plain = msgspec.structs.replace(site.settings, origins=frozenset({"http://localhost:8000"}))

    assert (plain.cookie_name, plain.secure) == ("kanvoy", False)


@rule("AU9")
async def test_signing_out_ends_the_token_and_its_sockets(site: Site):
    browser = await site.signed_in()
    cookie = browser.cookies["__Host-kanvoy"]
    (device,) = await site.accounts.sign_ins_of(NORTH, PersonId("anna"), site.clock.now())

    answer = await browser.delete("/v1/session")

    again = await site.browser(cookie=f"__Host-kanvoy={cookie}").get("/v1/session")
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert again.status_code == 401
    assert site.sockets.closed == [(NORTH, device.id)]


@rule("AU10")
async def test_a_changed_role_acts_at_once(site: Site):
    browser = await site.signed_in("cleo")
    before = (await browser.get("/v1/session")).json()["user"]

    await site.save(NORTH, person("cleo", roles=("warehouse",)))

    after = (await browser.get("/v1/session")).json()["user"]
    assert "price.read" in before["permissions"]
    assert after["roles"] == ["warehouse"]
    assert "price.read" not in after["permissions"]


@rule("AU10")
async def test_everybody_whose_standing_changed_is_told_of_at_once(site: Site):
    told: list[tuple[str, str, bool]] = []
    people = JournalPeople(
        site.node, "open-S2", lambda tenant, one: told.append((tenant, one.id, one.active))
    )
    await people.person(NORTH, PersonId("cleo"))

    await site.save(NORTH, person("cleo", name="Cleopatra"))
    await site.save(NORTH, person("cleo", roles=("warehouse",)))
    await site.save(NORTH, person("anna", active=False))
    await site.save(SOUTH, person("zoe", active=False))

    assert told == [(NORTH, "cleo", True), (NORTH, "anna", False)]


@rule("AU10")
async def test_an_inactive_person_is_signed_out(site: Site):
    browser = await site.signed_in("cleo")

    await site.save(NORTH, person("cleo", active=False))

    assert (await browser.get("/v1/session")).status_code == 401


@rule("AU11")
async def test_a_device_that_is_idle_too_long_is_signed_out(site: Site):
    browser = await site.signed_in()
    site.clock.advance(20 * 3_600)
    seen = await browser.get("/v1/session")
    site.clock.advance(20 * 3_600)
    seen_again = await browser.get("/v1/session")
    site.clock.advance(24 * 3_600)
    idle = await browser.get("/v1/session")

    assert [seen.status_code, seen_again.status_code, idle.status_code] == [200, 200, 401]


@rule("AU11")
async def test_a_device_in_daily_use_is_signed_out_after_a_week(site: Site):
    browser = await site.signed_in()

    codes = []
    for _ in range(14):
        site.clock.advance(12 * 3_600 + 1)
        codes.append((await browser.get("/v1/session")).status_code)

    assert codes == [200] * 13 + [401]


@rule("AU12")
async def test_one_password_for_two_tenants_asks_which(site: Site):
    await site.entrance.set_password(SOUTH, PersonId("zoe"), "anna@example.org", PASSWORD)
    browser = site.browser()

    asked = await sign_in(browser)
    chosen = await sign_in(browser, tenant="south")

    assert (asked.status_code, asked.json()["tenants"]) == (409, ["north", "south"])
    assert chosen.json()["user"]["tenant"] == "South"


@rule("AU13")
async def test_an_outdated_hash_is_made_anew_when_the_password_was_right(site: Site):
    credential = await site.accounts.credential(NORTH, PersonId("anna"))
    assert credential is not None
    outdated = msgspec.structs.replace(credential, password_hash=f"old:{PASSWORD}")
    await site.accounts.put_credential(outdated)

    await sign_in(site.browser())

    kept = await site.accounts.credential(NORTH, PersonId("anna"))
    assert kept is not None
    assert kept.password_hash == f"new:{PASSWORD}"


async def test_an_email_is_the_same_in_any_case(site: Site):
    proof = {"email": " ANNA@Example.org".strip(), "password": PASSWORD}

    answer = await site.browser().post("/v1/session", json=proof)

    assert answer.status_code == 200


async def test_a_bearer_is_signed_out_like_a_cookie(site: Site):
    token = await site.token()
    client = site.browser(authorization=f"Bearer {token}")

    gone = await client.delete("/v1/session")

    assert gone.status_code == 204
    assert "set-cookie" not in gone.headers
    assert (await client.get("/v1/session")).status_code == 401
    assert OURS not in gone.text
