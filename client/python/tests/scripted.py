"""A server on the loopback that says what a test tells it to say."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from kanvoy_client._wire.from_client import FromClient, Hello
from kanvoy_client._wire.from_server import FromServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from client.python.tests.builders import a_welcome

_heard = msgspec.json.Decoder(FromClient)


class Peer:
    """The server's end of one socket."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def say(self, *messages: FromServer) -> None:
        for message in messages:
            await self.socket.send(msgspec.json.encode(message).decode())

    async def hear(self) -> FromClient:
        return _heard.decode(await self.socket.recv())


async def welcome(peer: Peer) -> Hello:
    """Hear the client's hello and let it in."""
    said = await peer.hear()
    assert isinstance(said, Hello)
    await peer.say(a_welcome(last_number=said.last_number))
    return said


async def until_closed(peer: Peer) -> list:
    """Everything the client says until it leaves."""
    return [msgspec.json.decode(frame) async for frame in peer.socket]


Script = Callable[[Peer], Awaitable[None]]


@contextlib.asynccontextmanager
async def a_server(*scripts: Script, refuse: int | None = None) -> AsyncIterator[str]:
    """Plays one script per socket, in order, and stays silent afterwards; answers its address.

    With `refuse` the first request gets this HTTP status instead of a socket.
    """
    waiting = list(scripts)
    refusals = [] if refuse is None else [refuse]
    over = asyncio.Event()

    async def play(socket: ServerConnection) -> None:
        if waiting:
            await waiting.pop(0)(Peer(socket))
        else:
            await over.wait()

    def ask(connection: ServerConnection, _: Request) -> Response | None:
        return connection.respond(refusals.pop(), "no") if refusals else None

    async with serve(
        play, "127.0.0.1", 0, subprotocols=["kanvoy.v1.json"], process_request=ask
    ) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime"
        over.set()
