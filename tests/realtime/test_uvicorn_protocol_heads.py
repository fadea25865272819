"""Request heads must be whole in time: silent, half and dripping connections are cut."""

import asyncio

import pytest

from protocols.from_client import Ping
from tests.support.live_sockets import Hasty, on_loop, served
from tests.support.rules import rule
from tests.support.sockets import a_hello

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
