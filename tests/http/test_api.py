"""The whole HTTP side at once: who gets in where, and what nonsense does to it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from litestar.routes import HTTPRoute

from tests.support.rules import rule
from tests.support.site import OURS, Site, a_site

OPEN = {
    ("POST", "/v1/session"),
    ("POST", "/v1/tokens"),
    ("POST", "/v1/tokens/refresh"),
    ("POST", "/v1/pairings/claim"),
    ("POST", "/v1/displays/codes"),
    ("POST", "/v1/displays/token"),
}
"""Where people, phones and displays come in: what they bring is their credential."""


@rule("HT6")
@pytest.mark.asyncio
async def test_every_address_but_the_doors_needs_a_credential(site: Site):
    closed = [
        (method, route.path_format)
        for route in site.app.routes
        if isinstance(route, HTTPRoute)
        and route.path_format.startswith("/v1/")
        and not route.path_format.startswith("/v1/openapi")
        for method in route.methods - {"OPTIONS"}
        if (method, route.path_format) not in OPEN
    ]

    answers = [
        await site.browser().request(method, path.replace("{order_id}", "order-1"))
        for method, path in closed
    ]

    assert len(closed) >= 7
    assert {answer.status_code for answer in answers} == {401}


@rule("HT1")
@pytest.mark.asyncio
async def test_the_description_declares_every_refusal_as_a_problem_document(site: Site):
    described = (await site.browser().get("/v1/openapi")).json()["paths"]

    answers = {
        (method, path): operation["responses"]
        for path, operations in described.items()
        for method, operation in operations.items()
        if path != "/health"
    }
    refusals = [
        answer
        for declared in answers.values()
        for status, answer in declared.items()
        if status >= "400"
    ]
    submitting = set(answers["post", "/v1/commands"])
    assert {"400", "401", "403", "404", "409", "422", "429", "503"} <= submitting
    assert "429" in answers["post", "/v1/session"]
    assert all("503" in declared for declared in answers.values())
    assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals)


@pytest.mark.asyncio
async def test_health_is_open_and_says_little(site: Site):
    health = await site.browser().get("/health")
    ready = await site.browser().get("/ready")

    assert (health.status_code, ready.status_code) == (200, 200)
    assert set(health.json()) == {"status", "version", "uptime_seconds"}
    assert set(ready.json()) == {"status", "version", "uptime_seconds", "dependencies"}


@pytest.mark.timeout(400)
def test_no_request_that_the_description_allows_or_forbids_breaks_the_server():
    answered: dict[int, int] = {}
    with asyncio.Runner() as runner:
        site = runner.run(a_site())
        description = runner.run(site.browser().get("/v1/openapi")).json()
        schema = schemathesis.openapi.from_dict(description)
        for operation in schema.get_all_operations():
            for mode in schemathesis.GenerationMode:
                strategy = operation.ok().as_strategy(generation_mode=mode)
                _probe(strategy, lambda case: runner.run(_send(site, case)), answered)

    assert sum(answered.values()) >= 300
    assert {200, 400, 404} <= set(answered)
    assert not [status for status in answered if status >= 500]


def _probe(strategy: Any, send: Callable[[Any], int], answered: dict[int, int]) -> None:
    """Send what the strategy draws from a fixed seed, and count the answers."""

    @hypothesis.seed(20261121)
    @hypothesis.settings(
        max_examples=30,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def probe(case: Any) -> None:
        status = send(case)
        answered[status] = answered.get(status, 0) + 1

    # An address that takes nothing has nothing to be wrong about.
    with suppress(hypothesis.errors.Unsatisfiable):
        probe()


async def _send(site: Site, case: Any) -> int:
    """One request of somebody signed in; the one before may have signed out."""
    bearer = {"authorization": f"Bearer {await site.token()}"}
    sent = case.as_transport_kwargs(base_url=OURS)
    transport = httpx.ASGITransport(app=site.asgi)
    async with httpx.AsyncClient(transport=transport) as client:
        request = client.build_request(
            sent["method"],
            sent["url"],
            params=sent.get("params"),
            headers={**(sent.get("headers") or {}), **bearer},
            json=sent.get("json"),
            content=sent.get("data"),
        )
        return (await client.send(request)).status_code
