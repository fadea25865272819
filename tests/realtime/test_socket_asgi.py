"""The connection for servers that offer nothing but ASGI, driven by hand."""

import asyncio

import pytest

from protocols.closing import Close
from protocols.from_server import Error
from protocols.vocabulary import SessionId
from server.realtime.asgi_connection import AsgiConnection
from server.realtime.limits import HIGH_WATER
from server.realtime.wire import Encoded
from tests.support.rules import rule
from tests.support.sockets import settle

pytestmark = pytest.mark.asyncio


class Server:
    """ASGI's two calls, moved by the test."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.sent: list[dict[str, object]] = []
        self.writable = asyncio.Event()
        self.writable.set()
        self.fault: Exception | None = None

    async def receive(self) -> dict[str, object]:
        return await self.incoming.get()

    async def send(self, event: dict[str, object]) -> None:
        await self.writable.wait()
        if self.fault is not None:
            raise self.fault
        self.sent.append(event)


class Ear:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def received(self, payload: bytes, *, binary: bool) -> None:
        self.heard.append((payload, binary))

    def drained(self) -> None:
        self.heard.append("drained")

    def lost(self) -> None:
        self.heard.append("lost")


def a_message(size: int = 10) -> Encoded:
    return Encoded(Error(code="test", detail="x" * size))


class Scene:
    """A connection that runs."""

    def __init__(self) -> None:
        self.server, self.ear = Server(), Ear()
        self.line = AsgiConnection(
            self.server.receive, self.server.send, SessionId("session-1"), "json"
        )
        self.running = asyncio.create_task(self.line.run(self.ear))


async def test_both_kinds_of_frames_are_heard_until_the_client_leaves():
    scene = Scene()

    scene.server.incoming.put_nowait({"type": "websocket.receive", "text": "é"})
    scene.server.incoming.put_nowait({"type": "websocket.receive", "bytes": b"b", "text": None})
    scene.server.incoming.put_nowait({"type": "websocket.disconnect", "code": 1001})
    await scene.running

    assert scene.ear.heard == [("é".encode(), False), (b"b", True), "lost"]


async def test_unsent_bytes_are_counted_and_their_end_is_told():
    scene = Scene()
    scene.server.writable.clear()

    scene.line.write(a_message(HIGH_WATER))
    scene.line.write(a_message())
    await settle()
    unsent = scene.line.unsent()
    scene.server.writable.set()
    await settle()

    assert unsent > HIGH_WATER
    assert scene.line.unsent() == 0
    assert scene.ear.heard == ["drained"]
    assert len(scene.server.sent) == 2
    scene.line.abort()
    await scene.running


async def test_little_that_was_unsent_is_nothing_to_tell():
    scene = Scene()

    scene.line.write(a_message())
    await settle()
    scene.line.abort()
    await scene.running

    assert scene.ear.heard == ["lost"]


@rule("CL1")
async def test_after_a_close_nothing_is_sent_or_heard():
    scene = Scene()

    scene.line.write(a_message())
    scene.line.close(Close.MOVED)
    scene.line.write(a_message())
    scene.line.close(Close.DRAIN)
    scene.server.incoming.put_nowait({"type": "websocket.receive", "text": "late"})
    await settle()
    scene.server.incoming.put_nowait({"type": "websocket.disconnect", "code": 4202})
    await scene.running
    scene.line.write(a_message())

    assert [event["type"] for event in scene.server.sent] == ["websocket.send", "websocket.close"]
    assert scene.server.sent[1]["code"] == 4202
    assert scene.ear.heard == ["lost"]


@pytest.mark.parametrize("end", [OSError("gone"), TimeoutError()])
async def test_a_client_that_went_away_while_we_send_is_lost_quietly(end):
    scene = Scene()
    scene.server.fault = end

    scene.line.write(a_message())
    await scene.running

    assert scene.ear.heard == ["lost"]


async def test_a_server_that_breaks_is_not_hushed_up():
    scene = Scene()
    scene.server.fault = RuntimeError("a bug")

    scene.line.write(a_message())

    with pytest.raises(RuntimeError, match="a bug"):
        await scene.running
    assert scene.ear.heard == ["lost"]


async def test_a_cancelled_connection_is_lost_like_any_other():
    scene = Scene()
    await settle()

    scene.running.cancel()
    await asyncio.wait([scene.running])

    assert scene.running.cancelled()
    assert scene.ear.heard == ["lost"]
