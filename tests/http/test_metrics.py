"""What is told about a running node, and to whom."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from protocols.commands import SetQuantity
from protocols.vocabulary import LineId, OrderId
from server.settings import BadSetting, Settings, from_environment
from tests.support.nodes import Speaker, an_actor, an_order_placed
from tests.support.rules import rule
from tests.support.site import NORTH, OURS, SOUTH, Site, a_site

pytestmark = pytest.mark.asyncio

TOKEN = "a-token-for-prometheus"
CANARY = "qzcanaryqz"


async def _measured() -> Site:
    return await a_site(settings=Settings(origins=frozenset({OURS}), metrics_token=TOKEN))


async def _figures(site: Site) -> dict[tuple[str, ...], float]:
    answer = await site.browser(authorization=f"Bearer {TOKEN}").get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "le")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def _converse(site: Site, tenant_id=NORTH, order: str = "order-1") -> None:
    """An order, one change, the same change again, and one of an order that is not there."""
    speaker = Speaker(site.node, an_actor(tenant_id=tenant_id), f"client-{order}")
    await speaker.do(an_order_placed(order))
    line = LineId(f"{order}-l1")
    change = SetQuantity(order_id=OrderId(order), line_id=line, quantity=50)
    await speaker.do(change)
    await speaker.do(change)
    await speaker.do(SetQuantity(order_id=OrderId("nowhere"), line_id=line, quantity=50))


@rule("OB1")
async def test_without_a_token_of_the_installation_there_are_no_figures(site: Site):
    signed_in = await site.signed_in()

    answers = [await site.browser().get("/metrics"), await signed_in.get("/metrics")]

    assert {answer.status_code for answer in answers} == {404}


@rule("OB1")
async def test_who_does_not_know_the_token_gets_no_figures_an_owner_neither():
    site = await _measured()
    token = await site.token("anna")
    browsers = [
        site.browser(),
        await site.signed_in(),
        *(
            site.browser(authorization=given)
            for given in (f"Bearer {token}", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x")
        ),
    ]

    answers = [await browser.get("/metrics") for browser in browsers]

    assert {answer.status_code for answer in answers} == {401}
    assert all("kanvoy_" not in answer.text for answer in answers)


@rule("OB2")
async def test_the_verdicts_of_a_conversation_are_counted_each_once():
    site = await _measured()
    before = await _figures(site)

    await _converse(site)

    after = await _figures(site)
    name = "kanvoy_verdicts_total"
    grown = {
        key[1]: after[key] - before.get(key, 0)
        for key in after
        if key[0] == name and after[key] != before.get(key, 0)
    }
    assert grown == {"changed": 2, "unchanged": 1, "not_found": 1}
    waited = ("kanvoy_stage_seconds_count", "queue")
    assert after[waited] - before[waited] == 4
    assert after["kanvoy_journals",] == 2
    assert after["process_resident_memory_bytes",] > 0
    assert after["process_open_fds",] > 0


@rule("OB2")
async def test_a_journal_that_is_forgotten_takes_no_counts_with_it():
    site = await _measured()
    await _converse(site)
    before = await _figures(site)
    site.clock.advance(3_600)

    assert set(site.node.evict(frozenset())) == {NORTH, SOUTH}

    after = await _figures(site)
    assert after["kanvoy_journals",] == 0
    key = ("kanvoy_verdicts_total", "changed")
    assert after[key] == before[key] > 0


@rule("OB3")
async def test_more_orders_and_tenants_make_no_more_series_and_name_nobody():
    site = await _measured()
    await _converse(site)
    before = set(await _figures(site))

    for index in range(20):
        await _converse(site, SOUTH if index % 2 else NORTH, f"{CANARY}-{index}")

    answer = await site.browser(authorization=f"Bearer {TOKEN}").get("/metrics")
    assert set(await _figures(site)) == before
    assert len(before) < 200
    for word in (CANARY, NORTH, SOUTH, "anna", "order-1", TOKEN):
        assert word not in answer.text


@rule("OB4")
async def test_only_owners_see_how_they_are_served(site: Site):
    stranger = await site.browser().get("/v1/operations")
    operator = await (await site.signed_in("cleo")).get("/v1/operations")
    owner = await (await site.signed_in("anna")).get("/v1/operations")

    assert stranger.status_code == 401
    assert (operator.status_code, operator.json()["code"]) == (403, "forbidden")
    assert owner.status_code == 200
    assert owner.headers["cache-control"] == "no-store"


@rule("OB4")
async def test_an_owner_does_not_see_the_load_of_another_tenant(site: Site):
    south = await site.signed_in("zoe")
    before = (await south.get("/v1/operations")).json()

    await _converse(site)

    assert (await south.get("/v1/operations")).json() == before
    north = (await (await site.signed_in()).get("/v1/operations")).json()
    assert north["verdicts"]["not_found"] == 1
    assert next(s for s in north["stages"] if s["stage"] == "commit")["p99"] is not None


@pytest.mark.parametrize("token", ["short", "with a space in between", "ümlaute-sind-verboten"])
async def test_a_token_that_cannot_be_sent_or_is_guessed_is_refused_at_the_start(token: str):
    with pytest.raises(BadSetting) as refused:
        from_environment({"KANVOY_METRICS_TOKEN": token})

    assert token not in str(refused.value)
