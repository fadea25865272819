"""Request heads must be whole in time: silent, half and dripping connections are cut."""

import asyncio

import msgspec
import pytest

from protocols.from_client import Ping
from tests.support.live_sockets import Hasty, Raw, Small, on_loop, served, until
from tests.support.origins import COOKIE
from tests.support.rules import rule
from tests.support.sockets import a_hello

UPGRADE = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: board.example\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Version: 13\r\nOrigin: https://board.example\r\n"
    b"Cookie: " + COOKIE.encode() + b"=token-2\r\n\r\n"
)

LOOPS = pytest.mark.parametrize("loop", ["uvloop", "asyncio"])


@rule("LV6")
@LOOPS
@pytest.mark.parametrize(
    "said",
    [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"GET /v1/realtime HTTP/1.1\r\nUpgrade: w"],
)
def test_a_connection_without_a_whole_request_head_is_cut(loop, said):
    async def scene():
        async with served(http=Hasty) as node:
            client = await node.connect()
            client.raw(said)
            return await client.next()

    assert on_loop(loop, scene()) is None


@rule("LV6")
@LOOPS
def test_dripping_bytes_do_not_buy_time(loop):
    async def scene():
        async with served(http=Hasty) as node:
            client = await node.connect()
            client.raw(b"GET / HTTP/1.1\r\nX: ")
            ended = asyncio.create_task(client.next())
            drips = 0
            while not ended.done() and drips < 100:
                client.raw(b"x")
                drips += 1
                await asyncio.wait([ended], timeout=0.02)
            return drips

    assert on_loop(loop, scene()) < 60


@LOOPS
def test_a_request_in_time_is_served_and_the_next_head_has_its_own_deadline(loop):
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    async def scene():
        async with served(http=Hasty) as node:
            client = await node.connect()
            for _ in range(2):
                client.raw(request)
                head = await client.reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200")
                assert await client.reader.readexactly(4) == b"here"
            client.raw(request[:-2])
            return await client.next()

    assert on_loop(loop, scene()) is None


@rule("LV7")
@LOOPS
@pytest.mark.parametrize("upgrade", [b"", b"Connection: upgrade\r\nUpgrade: h2c\r\n"])
def test_a_body_that_does_not_come_is_not_waited_for(loop, upgrade):
    head = b"POST / HTTP/1.1\r\nHost: x\r\n" + upgrade + b"Content-Length: 9\r\n\r\nhalf"

    async def scene():
        async with served(http=Hasty) as node:
            client = await node.connect()
            client.raw(head)
            while await client.reader.read(1_000):
                pass
            return "cut"

    assert on_loop(loop, scene()) == "cut"


@LOOPS
def test_a_live_socket_is_not_cut_by_the_head_deadline(loop):
    async def scene():
        async with served(http=Hasty) as node:
            client = await node.operator()
            client.send(a_hello())
            await client.message()
            await asyncio.sleep(0.5)
            client.send(Ping())
            return (await client.message())["type"]

    assert on_loop(loop, scene()) == "pong"


FULL = (503, "busy", "5")


async def _asked(client: Raw) -> tuple[int, str, str]:
    """A page: status, the problem's code, and when to come back."""
    client.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return await _answer(client)


async def _answer(client: Raw) -> tuple[int, str, str]:
    head = await client.reader.readuntil(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    body = await client.reader.readexactly(int(headers["content-length"]))
    code = msgspec.json.decode(body)["code"] if "problem" in headers["content-type"] else ""
    return int(head.split(b" ")[1]), code, headers.get("retry-after", "")


@rule("LM14")
@LOOPS
def test_a_full_node_sends_sockets_elsewhere_and_still_answers_pages(loop):
    async def scene():
        async with served(http=Small, most=2) as node:
            for _ in range(2):
                assert (await node.operator()).status == 101
            page = await _asked(await node.connect())
            refused = await node.connect()
            refused.raw(UPGRADE)
            answer = await _answer(refused)
            return page, answer, await refused.next()

    page, answer, after = on_loop(loop, scene())

    assert page == (200, "", "")
    assert answer == FULL
    assert after is None


@rule("LM14")
@LOOPS
def test_a_socket_that_goes_makes_room_for_another_one(loop):
    async def scene():
        async with served(http=Small, most=1) as node:
            (await node.operator()).leave()
            await until(lambda: not node.server.server_state.connections)
            return (await node.operator()).status

    assert on_loop(loop, scene()) == 101


@rule("LM14")
@LOOPS
def test_more_connections_than_there_is_room_for_are_told_when_to_come_back(loop):
    async def scene():
        async with served(http=Small, most=1) as node:
            clients = [await node.connect() for _ in range(4)]
            crowded = await _asked(clients[0])
            gone = await clients[0].next()
            await until(lambda: len(node.server.server_state.connections) == 3)
            return crowded, gone, await _asked(clients[1])

    assert on_loop(loop, scene()) == (FULL, None, (200, "", ""))


@rule("LM14")
@LOOPS
def test_more_requests_under_way_than_one_node_serves_are_told_when_to_come_back(loop):
    async def scene():
        async with served(http=Small, most=100) as node:
            node.keys.gate.clear()
            waiting = [await node.connect() for _ in range(3)]
            for client in waiting:
                client.raw(UPGRADE)
            await until(lambda: node.keys.asked == 3)
            crowded = await _asked(await node.connect())
            node.keys.gate.set()
            await until(lambda: not node.server.server_state.tasks)
            return crowded, await _asked(await node.connect())

    assert on_loop(loop, scene()) == (FULL, (200, "", ""))
