"""Phones and displays against the product's own process: in, on a socket, and out again.

The log runs at its most talkative, and nothing that lets anybody in may be in it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.support.process import Running, kanvoy, running
from tests.support.rules import rule

pytestmark = [
    pytest.mark.system,
    pytest.mark.asyncio,
    pytest.mark.xdist_group("demo"),
    pytest.mark.timeout(180),
]

_PASSWORD = "a long enough one"
_EMAIL = "anna@acme.example"
_AS_DISPLAY = "kanvoy.as.display"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installation lives."""
    return tmp_path_factory.mktemp("devices")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    """A tenant with an owner, served with everything in the log."""
    for step in (
        ("create-tenant", "acme", "--name", "Acme"),
        ("create-user", "acme", _EMAIL, "--role", "owner"),
    ):
        done = kanvoy(*step, folder=folder, KANVOY_PASSWORD=_PASSWORD)
        assert done.returncode == 0, done.stderr
    with running("serve", folder=folder, KANVOY_LOG_LEVEL="debug") as serving:
        yield serving


def _client(server: Running, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server.address, headers={"origin": server.address, **headers}, trust_env=False
    )


@asynccontextmanager
async def _owner(server: Running) -> AsyncIterator[httpx.AsyncClient]:
    """Anna, signed in, with a driver and a view to pair devices for."""
    async with _client(server) as anna:
        proof = {"email": _EMAIL, "password": _PASSWORD}
        session = await anna.post("/v1/session", json=proof)
        assert session.status_code == 200, session.text
        anna.headers["x-kanvoy-csrf"] = session.json()["csrf"]
        anna.headers["x-kanvoy-client"] = "anna-client"
        commands = [
            {"kind": "save_driver", "driver_id": "dora", "name": "Dora"},
            {"kind": "save_driver", "driver_id": "deniz", "name": "Deniz"},
            {"kind": "save_display", "view_id": "hall", "name": "Hall"},
        ]
        for number, command in enumerate(commands, start=1):
            done = await anna.post("/v1/commands", json={"number": number, "command": command})
            assert done.status_code == 200, done.text
        yield anna


async def _phone(
    server: Running, anna: httpx.AsyncClient, driver_id: str = "dora"
) -> dict[str, Any]:
    asked = {"kind": "driver", "driver_id": driver_id}
    made = (await anna.post("/v1/pairings", json=asked)).json()
    async with _client(server) as phone:
        claimed = await phone.post("/v1/pairings/claim", json={"code": made["code"]})
    assert claimed.status_code == 201, claimed.text
    return {**claimed.json(), "code": made["code"]}


async def _ticket(server: Running, token: str) -> str:
    async with _client(server, authorization=f"Bearer {token}") as phone:
        made = await phone.post("/v1/ws-tickets")
    assert made.status_code == 201, made.text
    ticket: str = made.json()["ticket"]
    return ticket


def _socket(server: Running, *subprotocols: str, query: str = "", **headers: str) -> Any:
    return websockets.connect(
        f"{server.address.replace('http', 'ws')}/v1/realtime{query}",
        origin=server.address,
        additional_headers=headers,
        subprotocols=["kanvoy.v1.json", *subprotocols],
        proxy=None,
    )


async def _hello(socket: ClientConnection, kind: str, *channels: str, csrf: str = "") -> None:
    hello = {
        "type": "hello",
        "protocol": [1, 1],
        "client_id": "a-device",
        "app": {"kind": kind},
        "csrf": csrf,
        "subscriptions": [{"channel": channel} for channel in channels],
    }
    await socket.send(json.dumps(hello))
    await _next(socket, "welcome")


async def _next(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next message of these kinds; others are passed over."""
    while True:
        message: dict[str, Any] = json.loads(await socket.recv())
        if message["type"] in kinds:
            return message


@rule("DV7", "DV11", "AU41")
async def test_a_phone_comes_in_with_a_ticket_once_and_is_out_when_it_is_revoked(server: Running):
    async with _owner(server) as anna:
        phone = await _phone(server, anna)
        ticket = f"kanvoy.ticket.{await _ticket(server, phone['access_token'])}"
        async with _socket(server, ticket) as live:
            await _hello(live, "driver", "driver:dora")
            began = await _next(live, "snapshot_begin")
            async with _socket(server, ticket) as second:
                refused = await _next(second, "error")
                await second.wait_closed()
            devices = (await anna.get("/v1/devices")).json()["items"]
            online = {each["id"]: each.get("online", False) for each in devices}

            revoked = await anna.delete(f"/v1/devices/{phone['device_id']}")
            await asyncio.wait_for(live.wait_closed(), 1.0)

    assert live.subprotocol == "kanvoy.v1.json"
    assert began["channel"] == "driver:dora"
    assert (refused["code"], second.close_code) == ("unauthenticated", 4007)
    assert online[phone["device_id"]] is True
    assert (revoked.status_code, live.close_code) == (204, 4004)


@rule("DV6")
async def test_a_copied_refresh_token_cuts_the_live_socket_of_the_phone(server: Running):
    async with _owner(server) as anna:
        phone = await _phone(server, anna)
    async with _client(server) as nobody:
        old = {"refresh_token": phone["refresh_token"]}
        renewed = (await nobody.post("/v1/tokens/refresh", json=old)).json()
        ticket = await _ticket(server, renewed["access_token"])
        async with _socket(server, f"kanvoy.ticket.{ticket}") as live:
            await _hello(live, "driver")
            copied = await nobody.post("/v1/tokens/refresh", json=old)
            await asyncio.wait_for(live.wait_closed(), 1.0)

    assert (copied.status_code, copied.json()["code"]) == (401, "refresh_reused")
    assert live.close_code == 4004


@rule("DV10", "DV12")
async def test_a_driver_who_is_made_inactive_is_cut_off_and_stays_out(server: Running):
    async with _owner(server) as anna:
        phone = await _phone(server, anna, "deniz")
        ticket = await _ticket(server, phone["access_token"])
        async with _socket(server, f"kanvoy.ticket.{ticket}") as live:
            await _hello(live, "driver", "driver:deniz", "board")
            refused = await _next(live, "unsubscribed")
            await _deniz(anna, number=1, active=False)
            await asyncio.wait_for(live.wait_closed(), 1.0)
        async with asyncio.timeout(20):
            # A round a second takes the phone off the list, for good.
            listed = {"deniz"}
            while "deniz" in listed:
                items = (await anna.get("/v1/devices")).json()["items"]
                listed = {item.get("driver_id") for item in items}
        await _deniz(anna, number=2, active=True)
        async with _client(server) as nobody:
            old = {"refresh_token": phone["refresh_token"]}
            again = await nobody.post("/v1/tokens/refresh", json=old)

    assert (refused["channel"], refused["cause"]) == ("board", "forbidden")
    assert live.close_code == 4004
    assert (again.status_code, again.json()["code"]) == (401, "device_revoked")


async def _deniz(anna: httpx.AsyncClient, *, number: int, active: bool) -> None:
    """Save Deniz's record, of which there are as many versions as this number says."""
    command = {"kind": "save_driver", "driver_id": "deniz", "name": "Deniz", "active": active}
    anna.headers["x-kanvoy-client"] = "personnel"
    asked = {"number": number, "command": command, "base_version": number}
    answer = await anna.post("/v1/commands", json=asked)
    assert answer.status_code == 200, answer.text


@rule("DV8", "DV13")
async def test_a_display_shows_its_own_view_and_may_do_nothing(server: Running):
    async with _owner(server) as anna, _client(server) as wall:
        shown = (await wall.post("/v1/displays/codes", json={"name": "Ramp"})).json()
        approve = {"user_code": shown["user_code"], "view_id": "hall", "name": "Ramp"}
        assert (await anna.post("/v1/displays/approve", json=approve)).status_code == 200
        poll = {"device_code": shown["device_code"]}
        session = (await wall.post("/v1/displays/token", json=poll)).json()
        cookie = f"kanvoy-display={wall.cookies['kanvoy-display']}"
        async with _socket(server, _AS_DISPLAY, cookie=cookie) as live:
            channels = ("board", "board~masked", "dispatch", "house", "display:yard")
            await _hello(live, "wallboard", "display:hall", *channels, csrf=session["csrf"])
            refused = [await _next(live, "unsubscribed") for _ in channels]
            began = await _next(live, "snapshot_begin")
            note = {"kind": "add_note", "order_id": "order-1", "note_id": "note-1", "text": "hi"}
            await live.send(json.dumps({"type": "command", "number": 1, "command": note}))
            answer = await _next(live, "rejected", "receipt")

    assert began["channel"] == "display:hall"
    assert {each["channel"] for each in refused} == set(channels)
    assert {each["cause"] for each in refused} == {"forbidden"}
    assert answer["type"] == "rejected"


@rule("DV17", "DV18", "DV19")
async def test_a_display_and_the_owner_in_one_browser_have_a_socket_each(server: Running):
    async with _owner(server) as anna:
        made = await anna.post("/v1/pairings", json={"kind": "display", "view_id": "hall"})
        entered = await anna.post("/v1/pairings/claim", json={"code": made.json()["code"]})
        nonces = {"person": anna.headers["x-kanvoy-csrf"], "display": entered.json()["csrf"]}
        jar = "; ".join(f"{name}={value}" for name, value in anna.cookies.items())
        persons = f"kanvoy={anna.cookies['kanvoy']}"
        of_before = f"kanvoy={anna.cookies['kanvoy-display']}"
        async with _socket(server, _AS_DISPLAY, cookie=persons) as nobody:
            refused = await _next(nobody, "error")
            await nobody.wait_closed()
        async with _socket(server, cookie=of_before) as old_page:
            await _hello(old_page, "wallboard", "display:hall", csrf=nonces["display"])
            assert (await _next(old_page, "snapshot_begin"))["channel"] == "display:hall"
        async with (
            _socket(server, cookie=jar) as board,
            _socket(server, _AS_DISPLAY, cookie=jar) as wall,
        ):
            await _hello(board, "board", "board", csrf=nonces["person"])
            assert (await _next(board, "snapshot_begin"))["channel"] == "board"
            await _hello(wall, "wallboard", "display:hall", csrf=nonces["display"])
            assert (await _next(wall, "snapshot_begin"))["channel"] == "display:hall"
            headers = {"x-kanvoy-as": "display", "x-kanvoy-csrf": nonces["display"]}
            assert (await anna.delete("/v1/session", headers=headers)).status_code == 204
            await asyncio.wait_for(wall.wait_closed(), 1.0)
            await board.send(json.dumps({"type": "ping"}))
            await _next(board, "pong")

    assert (board.subprotocol, wall.subprotocol) == ("kanvoy.v1.json", "kanvoy.v1.json")
    assert (refused["code"], nobody.close_code) == ("unauthenticated", 4007)
    assert wall.close_code == 4004


@rule("DV14", "AU34")
async def test_nothing_that_lets_anybody_in_is_in_an_address_or_in_the_log(
    server: Running, folder: Path
):
    async with _owner(server) as anna, _client(server) as wall:
        phone = await _phone(server, anna)
        made = await anna.post("/v1/pairings", json={"kind": "display", "view_id": "hall"})
        link = httpx.URL(made.json()["url"])
        entered = await wall.post("/v1/pairings/claim", json={"code": made.json()["code"]})
        shown = (await wall.post("/v1/displays/codes", json={})).json()
        old = {"refresh_token": phone["refresh_token"]}
        renewed = (await wall.post("/v1/tokens/refresh", json=old)).json()
        ticket = await _ticket(server, renewed["access_token"])
        async with _socket(server, f"kanvoy.ticket.{ticket}") as live:
            await _hello(live, "driver")
            fresh = {"type": "authenticate", "token": renewed["access_token"]}
            await live.send(json.dumps(fresh))
        cookie = f"kanvoy-display={wall.cookies['kanvoy-display']}"
        async with _socket(server, _AS_DISPLAY, cookie=cookie) as live:
            await _hello(live, "wallboard", csrf=entered.json()["csrf"])
        wrong = await wall.post("/v1/pairings/claim", json={"code": phone["code"], "x": 1})
        spare = await _ticket(server, renewed["access_token"])
        async with _socket(server, query=f"?ticket={spare}&access_token=x") as query:
            refused = await _next(query, "error")
        by_query = await _ask(server, f"/v1/devices?token={renewed['access_token']}")

    chore = kanvoy("pair-driver", "acme", "dora", folder=folder)
    log = server.output.read_text()
    secrets = {
        "password": _PASSWORD,
        "link": link.fragment.removeprefix("pair="),
        "phone": phone["code"],
        "user": shown["user_code"],
        "device": shown["device_code"],
        "access": phone["access_token"],
        "refresh": phone["refresh_token"],
        "next access": renewed["access_token"],
        "next refresh": renewed["refresh_token"],
        "ticket": ticket,
        "ticket in a query": spare,
        "cookie": anna.cookies["kanvoy"],
        "wall": wall.cookies["kanvoy-display"],
        "nonce": entered.json()["csrf"],
        "chore": chore.stdout.rsplit("pair=", 1)[1].strip(),
    }

    assert (str(link.query, "ascii"), link.path) == ("", "/wallboard")
    assert (refused["code"], by_query, wrong.status_code) == ("unauthenticated", 401, 400)
    assert phone["code"] not in wrong.text
    assert [name for name, secret in secrets.items() if secret in log] == []
    assert "Kanvoy serves" in log, "the log was read"


async def _ask(server: Running, address: str) -> int:
    async with _client(server) as nobody:
        return (await nobody.get(address)).status_code
