"""A client that can renew its token, and one that comes back to what it said before."""

import asyncio

import pytest
from kanvoy_client._wire.from_client import Authenticate, Submit
from kanvoy_client._wire.from_server import PleaseAuthenticate
from kanvoy_client.client import connect
from kanvoy_client.errors import NoAnswer, SignInFailed, Stopped
from kanvoy_client.login import Bearer
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.vocabulary import ClientId

from client.python.tests.builders import (
    BOARD,
    a_note,
    a_patch,
    a_put,
    a_receipt,
    a_snapshot,
    changes,
    key,
)
from client.python.tests.rules import rule
from client.python.tests.scripted import a_server, until_closed, welcome

pytestmark = pytest.mark.asyncio

TOKEN = Bearer(token="kvy_1")


@rule("CL66")
async def test_a_token_that_is_not_known_any_more_is_renewed_and_the_client_comes_back():
    async def script(peer):
        tokens.append(peer.socket.request.headers["authorization"])
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await until_closed(peer)

    async def renew():
        return Bearer(token="kvy_2")

    tokens = []
    async with (
        a_server(script, refuse=401) as address,
        connect(address, TOKEN, renew=renew) as client,
    ):
        await client.watch(BOARD)

    assert tokens == ["Bearer kvy_2"]


@rule("CL66")
async def test_while_nobody_answers_about_a_token_the_client_comes_again_later():
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await until_closed(peer)

    async def renew():
        asked.append(1)
        raise NoAnswer("no route")

    asked = []
    async with (
        a_server(script, refuse=401) as address,
        connect(address, TOKEN, renew=renew) as client,
    ):
        await client.watch(BOARD)

    assert asked == [1]


@rule("CL66")
async def test_a_device_that_is_revoked_stops():
    async def renew():
        raise SignInFailed("HTTP 401 revoked")

    async with a_server(refuse=401) as address, connect(address, TOKEN, renew=renew) as client:
        with pytest.raises(Stopped) as stopped:
            await client.watch(BOARD)

    assert stopped.value.code == 4007


async def test_a_token_the_server_asks_for_is_renewed_by_itself():
    async def script(peer):
        await welcome(peer)
        await peer.say(PleaseAuthenticate(within_seconds=60.0))
        heard.append(await peer.hear())
        await until_closed(peer)

    async def renew():
        return Bearer(token="kvy_2")

    heard = []
    async with a_server(script) as address, connect(address, TOKEN, renew=renew) as client:
        async with asyncio.timeout(5):
            async for _ in client.happenings():
                if heard:
                    break
                await asyncio.sleep(0.01)
                if heard:
                    break

    assert heard == [Authenticate(token="kvy_2")]


async def test_a_program_that_comes_back_first_hears_what_became_of_what_it_said():
    outbox = MemoryOutbox(ClientId("van"))
    outbox.add(Submit(number=1, command=a_note()))

    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        said.append(await peer.hear())
        order.append("answered")
        await peer.say(changes(10, 12, a_patch(1, 2, priority=3)), a_receipt(1, sequence=12))
        await until_closed(peer)

    said, order = [], []
    async with a_server(script) as address, connect(address, TOKEN, outbox=outbox) as client:
        await client.watch(BOARD)
        await client.settled(BOARD)
        order.append("looked")

        assert client.views(BOARD)[key(1)].priority == 3

    assert (order, said[0].number, outbox.pending()) == (["answered", "looked"], 1, ())


async def test_a_client_that_is_left_in_the_moment_its_socket_ends_ends_too():
    async def script(peer):
        await welcome(peer)
        await peer.socket.close()

    def a_writer_is_ending():
        return any(task.cancelling() for task in asyncio.all_tasks())

    async with asyncio.timeout(10), a_server(script) as address, connect(address, TOKEN):
        # The client waits for its writer then, and only for a step or two of the event loop.
        while not a_writer_is_ending():  # noqa: ASYNC110
            await asyncio.sleep(0)
