"""`kanvoy demo` as a process: sign in, watch, move a card, sign out, stop."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.support.process import Running, running
from tests.support.rules import rule

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A freshly filled demo."""
    folder = tmp_path_factory.mktemp("demo")
    with running("demo", folder=folder, KANVOY_DRAIN_SECONDS="2") as server:
        yield server


def _browser(demo: Running) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=demo.address, headers={"origin": demo.address}, trust_env=False
    )


async def _signed_in(browser: httpx.AsyncClient, email: str) -> dict[str, Any]:
    proof = {"email": email, "password": "password"}
    answer = await browser.post("/v1/session", json=proof)
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    browser.headers["x-kanvoy-csrf"] = session["csrf"]
    return session


def _socket(demo: Running, browser: httpx.AsyncClient) -> Any:
    return websockets.connect(
        f"{demo.address.replace('http', 'ws')}/v1/realtime",
        origin=demo.address,
        additional_headers={"cookie": f"kanvoy={browser.cookies['kanvoy']}"},
        subprotocols=["kanvoy.v1.json"],
        max_size=2**24,
        proxy=None,
    )


async def _hello(socket: ClientConnection, csrf: str, client_id: str) -> dict[str, Any]:
    hello = {
        "type": "hello",
        "protocol": [1, 1],
        "client_id": client_id,
        "app": {"kind": "sdk"},
        "csrf": csrf,
        "subscriptions": [{"channel": "board"}],
    }
    await socket.send(json.dumps(hello))
    return await _next(socket, "welcome")


async def _next(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this kind; others are passed over."""
    while True:
        message: dict[str, Any] = json.loads(await socket.recv())
        if message["type"] == kind:
            return message


async def _board(socket: ClientConnection) -> dict[str, dict[str, Any]]:
    """All cards of the snapshot by id."""
    cards: dict[str, dict[str, Any]] = {}
    while True:
        message = json.loads(await socket.recv())
        if message["type"] == "snapshot_chunk":
            for item in message["items"]:
                if item["kind"] == "order":
                    cards[item["id"]] = item["view"]
        if message["type"] == "snapshot_end":
            return cards


@pytest.mark.asyncio
async def test_two_operators_see_the_real_orders_and_each_others_move(demo: Running):
    async with _browser(demo) as nancy, _browser(demo) as steven:
        hers = await _signed_in(nancy, "nancy@northwind.example")
        his = await _signed_in(steven, "steven@northwind.example")
        async with _socket(demo, nancy) as left, _socket(demo, steven) as right:
            welcome = await _hello(left, hers["csrf"], "client-left")
            cards = await _board(left)
            await _hello(right, his["csrf"], "client-right")
            await _board(right)
            order_id = next(i for i, card in cards.items() if card["stage_id"] == "new")
            move = {
                "kind": "move_order",
                "order_id": order_id,
                "from_stage": "new",
                "to_stage": "confirmed",
            }
            await left.send(json.dumps({"type": "command", "number": 1, "command": move}))
            receipt = await _next(left, "receipt")
            seen = await _next(right, "changes")

    assert welcome["user"]["tenant"] == "Northwind Traders"
    assert len(cards) >= 800
    assert receipt["outcome"] == "applied"
    assert seen["ops"][0]["id"] == order_id
    assert seen["ops"][0]["fields"]["stage_id"] == "confirmed"


@pytest.mark.asyncio
async def test_the_other_tenant_sees_only_its_own(demo: Running):
    async with _browser(demo) as greta:
        session = await _signed_in(greta, "greta@kornblume.example")
        async with _socket(demo, greta) as socket:
            await _hello(socket, session["csrf"], "client-greta")
            cards = await _board(socket)

    assert len(cards) == 40
    assert {card["currency"] for card in cards.values()} == {"EUR"}


@rule("AU9")
@pytest.mark.asyncio
async def test_signing_out_closes_the_live_socket(demo: Running):
    async with _browser(demo) as laura:
        session = await _signed_in(laura, "laura@northwind.example")
        async with _socket(demo, laura) as socket:
            await _hello(socket, session["csrf"], "client-laura")
            gone = await laura.delete("/v1/session")
            with pytest.raises(websockets.ConnectionClosed):
                await _next(socket, "nothing is said any more")

    assert gone.status_code == 204
    assert socket.close_code == 4004


@pytest.mark.asyncio
async def test_a_timeline_of_the_demo_tells_several_hands(demo: Running):
    async with _browser(demo) as nancy:
        await _signed_in(nancy, "nancy@northwind.example")
        timeline = (await nancy.get("/v1/orders/nw-10900/timeline")).json()
        found = (await nancy.get("/v1/customers", params={"q": "alfreds"})).json()

    assert len({item["by_name"] for item in timeline["items"]}) >= 2
    assert found["items"][0]["customer"]["name"] == "Alfreds Futterkiste"


def test_a_warm_start_keeps_what_was_done_and_a_stop_is_clean(tmp_path: Path):
    with running("demo", folder=tmp_path, KANVOY_DRAIN_SECONDS="1") as cold:
        first = cold.stop()
        cold_output = cold.output.read_text()
    with running("demo", folder=tmp_path, KANVOY_DRAIN_SECONDS="1") as warm:
        second = warm.stop()
        warm_output = warm.output.read_text()

    assert (first, second) == (0, 0)
    assert "Filled" in cold_output
    assert "Filled" not in warm_output
    assert "nancy@northwind.example" in warm_output


@pytest.mark.asyncio
async def test_a_stopping_server_asks_its_sockets_to_move_first(tmp_path: Path):
    with running("demo", folder=tmp_path, KANVOY_DRAIN_SECONDS="4") as server:
        async with _browser(server) as nancy:
            session = await _signed_in(nancy, "nancy@northwind.example")
            async with _socket(server, nancy) as socket:
                await _hello(socket, session["csrf"], "client-nancy")
                stopping = asyncio.create_task(asyncio.to_thread(server.stop))
                asked = await _next(socket, "drain")
                with pytest.raises(websockets.ConnectionClosed):
                    await _next(socket, "nothing is said any more")
        code = await stopping

    assert asked["after_ms"] >= 0
    assert (socket.close_code, code) == (4200, 0)
