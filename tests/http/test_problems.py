"""Every error as a problem document with the status that means it."""

import msgspec
import pytest
from litestar import get, post

from protocols.commands import MoveOrder, ReleaseOrder, SetQuantity
from protocols.rejections import (
    DependencyFailed,
    Forbidden,
    Gap,
    GateFailed,
    Invalid,
    InvalidAfterMerge,
    NotFound,
    NothingToUndo,
    NoTransition,
    Rejection,
    RejectionCode,
    Retired,
    Stale,
    Superseded,
    WipExceeded,
)
from protocols.vocabulary import AggregateId, LineId, Number, OrderId, StageId, Version
from server.application.pace import LOOKUPS_BURST
from server.application.ports import StorageBusy
from server.http.problems import refused, respond
from server.http.site import Reach
from tests.support.nodes import an_order_placed
from tests.support.rules import rule
from tests.support.site import NORTH, Site

EVERY: dict[Rejection, int] = {
    Stale(aggregate_id=AggregateId("o"), current_version=Version(2), conflicts=()): 409,
    NoTransition(from_stage=StageId("a"), to_stage=StageId("b"), allowed=()): 409,
    GateFailed(gates=()): 409,
    Invalid(problems=()): 422,
    InvalidAfterMerge(current_version=Version(2), problems=(), conflicts=()): 422,
    WipExceeded(stage_id=StageId("a"), limit=1, count=1): 409,
    Superseded(epoch=2): 409,
    Forbidden(permission="order.edit"): 403,
    NotFound(aggregate_id=AggregateId("o")): 404,
    Gap(expected=Number(1)): 409,
    NothingToUndo(undone=Number(1)): 409,
    DependencyFailed(depends_on=Number(1)): 409,
    Retired(kept_from=Number(2)): 409,
}


@rule("HT1")
@pytest.mark.parametrize("rejection", EVERY, ids=lambda r: str(r.__struct_config__.tag))
def test_a_refusal_is_a_problem_that_carries_it_whole(rejection: Rejection):
    answer = respond(refused(rejection))

    body = msgspec.json.decode(answer.content)
    code = rejection.__struct_config__.tag
    assert answer.status_code == body["status"] == EVERY[rejection]
    assert answer.media_type == "application/problem+json"
    assert (body["code"], body["type"]) == (code, f"urn:kanvoy:problem:{code}")
    assert msgspec.convert(body["rejection"], Rejection) == rejection


def test_no_rejection_is_forgotten():
    covered = {str(rejection.__struct_config__.tag) for rejection in EVERY}

    assert covered == set(RejectionCode.__args__)


@rule("HT3", "HT1")
@pytest.mark.asyncio
async def test_a_refused_command_says_what_stands_in_the_way(site: Site):
    client = await site.signed_in()
    headers = {"x-kanvoy-client": "client-9"}
    await client.post("/v1/commands", json=_body(1, an_order_placed()), headers=headers)
    move = MoveOrder(
        order_id=OrderId("order-1"),
        from_stage=StageId("new"),
        to_stage=StageId("delivered"),
    )

    refused_ = await client.post("/v1/commands", json=_body(2, move), headers=headers)

    assert (refused_.status_code, refused_.json()["code"]) == (409, "no_transition")
    assert "confirmed" in refused_.json()["rejection"]["allowed"]


@rule("HT3")
@pytest.mark.asyncio
async def test_the_same_number_is_the_same_command_and_gets_the_same_answer(site: Site):
    client = await site.signed_in()
    headers = {"x-kanvoy-client": "client-9"}

    first = await client.post("/v1/commands", json=_body(1, an_order_placed()), headers=headers)
    again = await client.post("/v1/commands", json=_body(1, an_order_placed()), headers=headers)
    quantity = SetQuantity(order_id=OrderId("order-1"), line_id=LineId("order-1-l1"), quantity=9)
    ahead = await client.post("/v1/commands", json=_body(7, quantity), headers=headers)

    assert first.json()["outcome"] == "applied"
    assert first.content == again.content
    assert (ahead.status_code, ahead.json()["rejection"]["expected"]) == (409, 2)


@rule("LM12")
@pytest.mark.asyncio
async def test_commands_over_http_come_no_faster_than_over_a_socket(site: Site):
    client = await site.signed_in()
    headers = {"x-kanvoy-client": "client-9"}
    ahead = _body(7, ReleaseOrder(order_id=OrderId("order-1")))
    for _ in range(60):
        await client.post("/v1/commands", json=ahead, headers=headers)

    hasty = await client.post("/v1/commands", json=ahead, headers=headers)
    site.clock.advance(1)
    patient = await client.post("/v1/commands", json=ahead, headers=headers)

    assert (hasty.status_code, hasty.json()["code"]) == (429, "rate")
    assert hasty.headers["retry-after"] == "1"
    assert patient.status_code == 409


@rule("LM15")
@pytest.mark.asyncio
async def test_who_reads_all_there_is_is_slowed_down_and_nobody_else(site: Site):
    client = await site.signed_in()
    for _ in range(LOOKUPS_BURST):
        await client.get("/v1/session")

    hasty = await client.get("/v1/orders/order-1")
    command = await client.post("/v1/commands", json={}, headers={"x-kanvoy-client": "client-9"})
    site.clock.advance(1)
    patient = await client.get("/v1/orders/order-1")

    assert (hasty.status_code, hasty.json()["code"]) == (429, "rate")
    assert hasty.headers["retry-after"] == "1"
    assert (command.status_code, patient.status_code) == (400, 404)


@rule("LM13")
@pytest.mark.asyncio
async def test_commands_over_http_count_for_what_the_tenants_sockets_share(site: Site):
    client = await site.signed_in()
    reach: Reach = site.app.state.reach
    share, now = reach.paces.of_tenant(NORTH), site.clock.monotonic()
    while not share.wait(now):
        pass
    ahead = _body(7, ReleaseOrder(order_id=OrderId("order-1")))

    crowded = await client.post("/v1/commands", json=ahead, headers={"x-kanvoy-client": "c-9"})
    site.clock.advance(1)
    patient = await client.post("/v1/commands", json=ahead, headers={"x-kanvoy-client": "c-9"})

    assert (crowded.status_code, crowded.json()["code"]) == (429, "rate")
    assert crowded.headers["retry-after"] == "1"
    assert patient.status_code == 409


@rule("HT4")
@pytest.mark.asyncio
async def test_a_bug_tells_its_incident_and_nothing_else(site: Site):
    @get("/v1/bug", sync_to_thread=False)
    def bug() -> None:
        raise RuntimeError("secret of the house")

    site.app.register(bug)

    answer = await site.browser().get("/v1/bug")

    assert (answer.status_code, answer.json()["incident"]) == (500, "request-1")
    assert "secret" not in answer.text
    assert "Runtime" not in answer.text


@rule("HT5")
@pytest.mark.asyncio
async def test_a_fault_says_when_to_come_back(site: Site):
    @post("/v1/fault", sync_to_thread=False)
    def fault() -> None:
        raise StorageBusy(1.2)

    site.app.register(fault)

    answer = await site.browser().post("/v1/fault")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["code"] == "busy"


@rule("HT1")
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"number":1}', 400, "malformed"),
        (b'{"type":"command","number":0,"command":{}}', 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b'{"type":"ping"}', 400, "malformed"),
        (b"x" * 600_000, 413, "too_large"),
    ],
    ids=["empty", "cut", "list", "partial", "zero", "deep", "bytes", "other", "large"],
)
async def test_bodies_that_are_no_command_are_refused(
    site: Site, body: bytes, status: int, code: str
):
    client = await site.signed_in()

    answer = await client.post(
        "/v1/commands",
        content=body,
        headers={"x-kanvoy-client": "client-9", "content-type": "application/json"},
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"].startswith("application/problem+json")


@rule("HT1")
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nowhere", 404),
        ("GET", "/v1/orders/x/y/z", 404),
        ("PUT", "/v1/session", 405),
        ("GET", "/missing.js", 404),
        ("GET", "/../../etc/passwd.txt", 404),
    ],
)
async def test_addresses_nobody_knows_are_problems_too(
    site: Site, method: str, path: str, status: int
):
    answer = await site.browser().request(method, path)

    assert (answer.status_code, answer.json()["status"]) == (status, status)


@rule("HT1")
@pytest.mark.asyncio
async def test_what_is_missing_is_named(site: Site):
    bearer = {"authorization": f"Bearer {await site.token()}"}

    bodiless = await site.browser().post("/v1/tokens")
    unnumbered = await site.browser().post("/v1/commands", json={}, headers=bearer)
    truncated = await site.browser().post("/v1/tokens", content=b"{")

    assert bodiless.json()["detail"] == "a JSON body is expected"
    assert "X-Kanvoy-Client" in unnumbered.json()["detail"]
    assert truncated.json()["detail"]


@rule("HT1")
@pytest.mark.asyncio
async def test_a_pattern_is_shown_as_it_is_written(site: Site):
    proof = {"email": "bob", "password": "x"}

    refused = await site.browser().post("/v1/tokens", json=proof)

    assert r"'^[^\x00\s]+@[^\x00\s]+$'" in refused.json()["detail"]


def _body(number: int, command: msgspec.Struct) -> dict[str, object]:
    """A `command` message as it goes over the socket."""
    built = msgspec.to_builtins(command)
    return {"type": "command", "number": number, "command": built}
