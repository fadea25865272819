"""The route on a real server: one suite for our uvicorn protocol and for any other ASGI server."""

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from protocols.closing import Close
from protocols.from_client import Bye, Ping
from protocols.from_server import Ping as PingOut
from protocols.handshake import Wanted
from protocols.vocabulary import Instant
from server.application.ports import StorageBusy
from server.realtime.socket import Entry
from server.realtime.uvicorn_protocol import SocketProtocol
from server.realtime.wire import Encoded
from tests.support.live_sockets import OtherServer, on_loop, served, until
from tests.support.origins import COOKIE, COOKIES, ORIGINS, STRANGERS
from tests.support.rules import rule
from tests.support.sockets import TENANT, a_command, a_hello, a_principal, a_verdict

OURS = "Origin: https://board.example"
SIGNED_IN = f"Cookie: {COOKIE}=token-2"
BEARER = "Authorization: Bearer token-1"

SERVERS = [
    pytest.param(SocketProtocol, "uvloop", id="ours-uvloop"),
    pytest.param(SocketProtocol, "asyncio", id="ours-asyncio"),
    pytest.param(OtherServer, "asyncio", id="other"),
]

pytestmark = pytest.mark.parametrize(("ws", "loop"), SERVERS)


def test_a_hello_is_welcomed_and_a_command_gets_its_receipt(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(a_hello())
            welcome = await client.message()
            client.send(a_command(1))
            await until(lambda: len(node.commands.asked) == 1)
            node.commands.asked[0][1].set_result(a_verdict(1))
            receipt = await client.message()
            client.leave()
            await until(lambda: len(node.roster) == 0)
            return welcome, receipt, node.bugs

    welcome, receipt, bugs = on_loop(loop, scene())

    assert (welcome["type"], welcome["build"]) == ("welcome", "build-1")
    assert (receipt["type"], receipt["number"]) == ("receipt", 1)
    assert bugs == []


def test_frames_that_come_with_the_upgrade_are_not_lost(ws, loop):
    async def scene():
        async with served(ws) as node:
            node.keys.gate.clear()
            dialling = asyncio.create_task(node.operator())
            await until(lambda: node.keys.asked == 1)
            node.keys.gate.set()
            client = await dialling
            client.send(a_hello())
            client.send(Ping())
            return [(await client.message())["type"] for _ in range(2)]

    assert on_loop(loop, scene()) == ["welcome", "pong"]


@rule("AU31", "AU32")
def test_forty_foreign_origins_with_cookie_bearer_or_nothing_are_refused_before_the_upgrade(
    ws, loop
):
    # An HTTP parser strips white space around a value, so these two are other origins on the wire.
    origins = [o for o in STRANGERS if o not in {(" ",), ("https://board.example\t",)}]
    credentials = [(), (SIGNED_IN,), (BEARER,)]

    async def scene():
        refused = []
        async with served(ws) as node:
            for origin in origins:
                for credential in credentials:
                    headers = [f"Origin: {value}" for value in origin]
                    client = await node.dial(*headers, *credential)
                    refused.append(client.status)
                    client.leave()
            for credential in [(), (SIGNED_IN,)]:
                client = await node.dial(*credential)
                refused.append(client.status)
                client.leave()
            return refused, node.keys.asked

    refused, asked = on_loop(loop, scene())

    # Some servers refuse doubled headers by themselves, with 400.
    assert len(refused) == len(origins) * 3 + 2
    assert set(refused) <= {403, 400}
    assert refused.count(400) <= 4 * 3
    assert asked == 0


@rule("AU31")
def test_a_refused_upgrade_says_why_and_the_log_names_the_origin(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.dial("Origin: https://typed.example", SIGNED_IN)
            body = await asyncio.wait_for(client.reader.readuntil(b"}"), 5)
            client.leave()
            return client.status, client.head.lower(), body

    with capture_logs() as lines:
        status, head, body = on_loop(loop, scene())

    assert (status, msgspec.json.decode(body)["code"]) == (403, "origin")
    assert b"application/problem+json" in head
    told = [line for line in lines if line["event"] == "foreign origin refused"]
    assert [line["origin"] for line in told] == ["https://typed.example"]
    assert "KANVOY_ORIGINS" in told[0]["mend"]


@rule("AU31", "AU32", "AU33", "AU34", "AU35")
@pytest.mark.parametrize(
    ("headers", "path", "outcome"),
    [
        ((OURS, SIGNED_IN), "/v1/realtime", "welcome"),
        ((OURS, BEARER), "/v1/realtime", "welcome"),
        ((BEARER,), "/v1/realtime", "welcome"),
        (("Origin: http://localhost:8000", SIGNED_IN), "/v1/realtime", "welcome"),
        ((OURS,), "/v1/realtime", "unauthenticated"),
        ((OURS, f"Cookie: {COOKIE}=token-9"), "/v1/realtime", "unauthenticated"),
        ((OURS, SIGNED_IN, "Authorization: Bearer token-9"), "/v1/realtime", "unauthenticated"),
        ((OURS,), "/v1/realtime?token=token-1&access_token=token-1", "unauthenticated"),
    ],
)
def test_who_comes_in_and_who_is_told_to_sign_in(ws, loop, headers, path, outcome):
    async def scene():
        async with served(ws) as node:
            client = await node.dial(*headers, path=path)
            client.send(a_hello())
            first = await client.message()
            ended = None if first["type"] == "welcome" else await client.closing()
            return first.get("code", first["type"]), ended

    first, ended = on_loop(loop, scene())

    assert first == outcome
    assert ended == (None if outcome == "welcome" else ([], 4007))


@rule("HS10")
def test_the_subprotocol_is_answered_and_an_unknown_one_is_refused_with_a_reason(ws, loop):
    async def scene():
        async with served(ws) as node:
            chosen = await node.dial(
                OURS, SIGNED_IN, "Sec-WebSocket-Protocol: chat, kanvoy.v1.msgpack"
            )
            chosen.frame(2, msgspec.msgpack.encode(a_hello()))
            packed = await chosen.next()
            unknown = await node.dial(OURS, SIGNED_IN, "Sec-WebSocket-Protocol: kanvoy.v9.json")
            nobody = await node.dial(OURS, "Sec-WebSocket-Protocol: kanvoy.v1.msgpack")
            told = await nobody.next()
            return chosen.head, packed, await unknown.closing(), told

    head, packed, refusal, told = on_loop(loop, scene())

    assert b"sec-websocket-protocol: kanvoy.v1.msgpack" in head.lower()
    assert b"sec-websocket-extensions" not in head.lower()
    assert packed[0] == 2
    assert msgspec.msgpack.decode(packed[1][1:])["type"] == "welcome"
    assert refusal == (["version_unsupported"], 4001)
    assert msgspec.msgpack.decode(told[1][1:])["code"] == "unauthenticated"


@rule("HS2", "HS3", "HS4", "HS5", "LM8")
@pytest.mark.parametrize(
    ("opcode", "payload", "errors", "code"),
    [
        (1, b'{"type":"ping"}', ["hello_first"], 4000),
        (1, b"{", ["malformed"], 4000),
        (1, b"", ["malformed"], 4000),
        (1, b'{"type":"no_such"}', ["malformed"], 4000),
        (1, b'{"type":"ping","more":1}', ["malformed"], 4000),
        (1, b'{"x":' + b"[" * 50_000, ["malformed"], 4000),
        (2, b'{"type":"ping"}', ["malformed"], 4000),
        (1, msgspec.json.encode(a_hello(csrf="wrong")), ["csrf"], 4007),
        (1, msgspec.json.encode(a_hello(protocol=(7, 9))), ["version_unsupported"], 4001),
    ],
)
def test_bad_first_frames_get_their_documented_answer(ws, loop, opcode, payload, errors, code):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.frame(opcode, payload)
            ended = await client.closing()
            await until(lambda: len(node.roster) == 0)
            return ended, node.bugs

    assert on_loop(loop, scene()) == ((errors, code), [])


@rule("LM8")
def test_text_that_is_no_utf_8_ends_the_socket(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.frame(1, b"\xff\xfe")
            return await client.closing()

    # RFC 6455 has a code of its own for it, which servers that decode text themselves use.
    assert on_loop(loop, scene()) in [(["malformed"], 4000), ([], 1007)]


@rule("LM1")
@pytest.mark.parametrize("size", [65_537, 70_000, 200_000])
def test_an_oversized_frame_is_answered_with_4002(ws, loop, size):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(a_hello())
            await client.message()
            client.frame(1, b'{"type":"ping"}' + b" " * size)
            return await client.closing()

    assert on_loop(loop, scene()) == (["too_large"], 4002)


@rule("LM1")
def test_a_frame_in_many_pieces_is_measured_as_a_whole(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(a_hello())
            await client.message()
            client.frame(1, b'{"type":', fin=False)
            client.frame(0, b'"ping"', fin=False)
            client.frame(0, b"}")
            pong = await client.message()
            client.frame(1, b" " * 40_000, fin=False)
            client.frame(0, b" " * 40_000)
            return pong["type"], await client.closing()

    assert on_loop(loop, scene()) == ("pong", (["too_large"], 4002))


def test_a_driver_may_send_16_kib(ws, loop):
    async def scene():
        async with served(ws) as node:
            principal = a_principal()
            actor = msgspec.structs.replace(principal.actor, roles=("driver",))
            node.keys.principals["cookie", "token-2"] = msgspec.structs.replace(
                principal, actor=actor
            )
            client = await node.operator()
            client.send(a_hello())
            welcome = await client.message()
            client.frame(1, b'{"type":"ping"}' + b" " * 16_384)
            return welcome["limits"]["frame_bytes"], await client.closing()

    assert on_loop(loop, scene()) == (16_384, (["too_large"], 4002))


@rule("CL3")
def test_bye_is_answered_with_the_normal_closure(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(a_hello())
            await client.message()
            client.send(Bye())
            return await client.closing()

    assert on_loop(loop, scene()) == ([], 1000)


@rule("HS9")
def test_the_same_client_on_a_new_socket_replaces_the_old_one(ws, loop):
    async def scene():
        async with served(ws) as node:
            old, new = await node.operator(), await node.operator()
            old.send(a_hello())
            await old.message()
            new.send(a_hello())
            await new.message()
            ended = await old.closing()
            old.leave()
            new.send(Ping())
            return ended, (await new.message())["type"]

    assert on_loop(loop, scene()) == (([], 4005), "pong")


@rule("AU36")
def test_a_revocation_closes_live_sockets_and_none_slips_through_while_it_opens(ws, loop):
    async def scene():
        async with served(ws) as node:
            live = await node.operator()
            live.send(a_hello())
            await live.message()
            node.keys.gate.clear()
            opening = asyncio.create_task(node.operator())
            await until(lambda: node.keys.asked == 2)
            # The second socket's credential was read before this moment, and is answered after it.
            del node.keys.principals["cookie", "token-2"]
            node.roster.close_sign_in(TENANT, "device-1")
            node.keys.gate.set()
            return await live.closing(), await (await opening).closing(), len(node.roster)

    assert on_loop(loop, scene()) == (([], 4004), (["unauthenticated"], 4007), 0)


@rule("LM9")
def test_the_twenty_first_socket_of_a_person_is_turned_away(ws, loop):
    async def scene():
        async with served(ws) as node:
            clients = [await node.operator() for _ in range(21)]
            return await clients[20].closing(), len(node.roster)

    assert on_loop(loop, scene()) == ((["overloaded"], 4101), 20)


@rule("LM10")
def test_a_node_admits_only_so_many_sockets_a_second(ws, loop):
    entry = Entry(origins=ORIGINS, cookies=COOKIES, admitted_per_second=0.001, admitted_burst=2)

    async def scene():
        async with served(ws, entry=entry) as node:
            clients = [await node.operator() for _ in range(3)]
            return await clients[2].closing(), len(node.roster), node.keys.asked

    # The third one was turned away before anybody looked whom it speaks for.
    assert on_loop(loop, scene()) == ((["overloaded"], 4101), 2, 2)


@rule("CL8")
def test_a_database_that_is_away_turns_nobody_away_for_good(ws, loop):
    async def scene():
        async with served(ws) as node:
            node.keys.fault = StorageBusy()
            client = await node.operator()
            told = await client.closing()
            node.keys.fault = None
            again = await node.operator()
            again.send(a_hello())
            return client.status, told, (await again.message())["type"], node.bugs

    assert on_loop(loop, scene()) == (101, (["overloaded"], 4101), "welcome", [])


@rule("CL2")
def test_a_drained_server_asks_every_socket_to_move(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(a_hello())
            await client.message()
            draining = asyncio.create_task(node.roster.drain(0.5))
            drain = await client.message()
            client.send(Bye())
            await asyncio.wait_for(draining, 5)
            return drain["type"], 0 <= drain["after_ms"] <= 500

    assert on_loop(loop, scene()) == ("drain", True)


def test_a_client_that_vanishes_leaves_nothing_behind(ws, loop):
    async def scene():
        async with served(ws) as node:
            for _ in range(5):
                client = await node.operator()
                client.send(a_hello("board", "presence:board"))
                await client.message()
                client.writer.transport.abort()
            await until(lambda: len(node.roster) == 0)
            await until(lambda: "detached" in dict(node.feeds.log))
            return node.bugs

    assert on_loop(loop, scene()) == []


def test_a_client_that_vanishes_while_its_credential_is_read_leaves_nothing_behind(ws, loop):
    async def scene():
        async with served(ws) as node:
            node.keys.gate.clear()
            dialling = asyncio.create_task(node.operator())
            await until(lambda: node.keys.asked == 1)
            dialling.cancel()
            await asyncio.wait([dialling])
            node.keys.gate.set()
            client = await node.operator()
            client.send(a_hello())
            return (await client.message())["type"], node.bugs

    assert on_loop(loop, scene()) == ("welcome", [])


def test_rfc_6455_violations_end_the_connection(ws, loop):
    async def scene():
        ends = []
        async with served(ws) as node:
            for violation in (
                {"opcode": 3, "payload": b""},
                {"opcode": 1, "payload": b"x", "first": 0x40},
                {"opcode": 9, "payload": b"x" * 126},
                {"opcode": 0, "payload": b"x"},
                {"opcode": 8, "payload": b"\x00"},
            ):
                client = await node.operator()
                client.frame(**violation)
                ends.append((await client.closing())[1])
            await until(lambda: len(node.roster) == 0)
            return ends, node.bugs

    assert on_loop(loop, scene()) == ([1002] * 5, [])


def test_writing_to_a_closed_socket_is_swallowed(ws, loop):
    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(a_hello("board"))
            await client.message()
            await until(lambda: len(node.feeds.connections) == 1)
            (line,) = node.feeds.connections
            line.close(Close.MOVED)
            for _ in range(3):
                line.write(Encoded(PingOut(server_time=Instant(1))))
            line.close(Close.DRAIN)
            ended = await client.closing()
            client.leave()
            await until(lambda: len(node.roster) == 0)
            line.write(Encoded(PingOut(server_time=Instant(1))))
            line.close(Close.DRAIN)
            return ended

    assert on_loop(loop, scene()) == ([], 4202)


def test_a_subscription_reaches_the_feeds_with_this_socket(ws, loop):
    hello = msgspec.structs.replace(
        a_hello(), subscriptions=[Wanted(channel="board", cursor="1.2.3")]
    )

    async def scene():
        async with served(ws) as node:
            client = await node.operator()
            client.send(hello)
            welcome = await client.message()
            await until(lambda: len(node.feeds.log) == 2)
            return node.feeds.log == [
                ("subscribing", "board@1.2.3"),
                ("subscribed", welcome["session_id"]),
            ]

    assert on_loop(loop, scene())
