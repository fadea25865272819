"""Our uvicorn protocols, and the parts of uvicorn they stand on."""

import asyncio
import inspect
from importlib.metadata import version

import msgspec
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from protocols.closing import Close
from protocols.from_client import Ping
from protocols.from_server import Error
from protocols.vocabulary import ClientId, SessionId
from server.realtime.intake import Intake
from server.realtime.limits import FRAME_BYTES, HIGH_WATER
from server.realtime.line import CLOSE_SECONDS, EXTENSION
from server.realtime.uvicorn_http import HEAD_SECONDS, HttpProtocol
from server.realtime.uvicorn_protocol import SocketProtocol, uvicorn_options
from server.realtime.wire import Encoded
from server.system import SystemClock
from tests.support.live_sockets import (
    Impatient,
    Raw,
    Served,
    frame_bytes,
    on_loop,
    served,
    until,
)
from tests.support.rules import rule
from tests.support.sockets import TENANT, a_hello

LOOPS = pytest.mark.parametrize("loop", ["uvloop", "asyncio"])


def a_large_message(size: int) -> Encoded:
    return Encoded(Error(code="test", detail="x" * size))


async def watching(node: Served, buffer: int | None = None) -> tuple[Raw, SocketProtocol]:
    """A welcomed socket that watches the board, and the server's end of it."""
    before = len(node.feeds.connections)
    client = await node.operator(buffer)
    client_id = ClientId(f"client-{before}")
    client.send(msgspec.structs.replace(a_hello("board"), client_id=client_id))
    await client.message()
    await until(lambda: len(node.feeds.connections) > before)
    line = node.feeds.connections[-1]
    assert isinstance(line, SocketProtocol)
    return client, line


# The contract: when one of these fails after an upgrade of uvicorn, read its new source first.


def test_uvicorn_is_the_version_whose_insides_we_know():
    assert version("uvicorn").startswith("0.54.")
    assert version("websockets").startswith("17.")


def test_the_websocket_protocol_has_the_parts_we_use():
    config = uvicorn.Config(lambda: None, log_config=None, **uvicorn_options())
    config.load()
    loop = asyncio.new_event_loop()

    protocol = WebSocketsSansIOProtocol(config, ServerState(), {}, loop)
    loop.close()

    for attribute in ("queue", "conn", "frames", "read_paused", "close_sent", "disconnected"):
        assert hasattr(protocol, attribute)
    assert protocol.close_timer is None
    assert protocol.conn.max_message_size == FRAME_BYTES
    assert list(protocol.conn.available_extensions) == []
    assert protocol.ping_interval is None


@pytest.mark.parametrize(
    ("owner", "method", "parameters"),
    [
        (WebSocketsSansIOProtocol, "run_asgi", ["self"]),
        (WebSocketsSansIOProtocol, "send_receive_event_to_app", ["self"]),
        (WebSocketsSansIOProtocol, "handle_parser_exception", ["self"]),
        (WebSocketsSansIOProtocol, "pause_writing", ["self"]),
        (WebSocketsSansIOProtocol, "resume_writing", ["self"]),
        (WebSocketsSansIOProtocol, "connection_lost", ["self", "exc"]),
        (WebSocketsSansIOProtocol, "shutdown", ["self"]),
        (HttpToolsProtocol, "connection_made", ["self", "transport"]),
        (HttpToolsProtocol, "on_message_begin", ["self"]),
        (HttpToolsProtocol, "on_headers_complete", ["self"]),
        (HttpToolsProtocol, "connection_lost", ["self", "exc"]),
    ],
)
def test_the_methods_we_override_are_there_and_look_the_same(owner, method, parameters):
    assert list(inspect.signature(getattr(owner, method)).parameters) == parameters


def test_uvicorn_leaves_a_socket_open_whose_close_is_under_way():
    source = inspect.getsource(WebSocketsSansIOProtocol.run_asgi)

    assert "if self.close_timer is None:\n            self.transport.close()" in source


def test_the_attributes_we_add_are_not_uvicorns():
    ours = {name for name in vars(SocketProtocol) if not name.startswith("__")}
    overridden = {
        "data_received",
        "run_asgi",
        "send_receive_event_to_app",
        "handle_parser_exception",
        "pause_writing",
        "resume_writing",
        "connection_lost",
        "shutdown",
    }
    config = uvicorn.Config(lambda: None, log_config=None, **uvicorn_options())
    config.load()
    loop = asyncio.new_event_loop()
    theirs = set(dir(WebSocketsSansIOProtocol(config, ServerState(), {}, loop)))
    loop.close()

    assert ours & theirs == overridden


def test_the_options_turn_off_what_we_do_ourselves():
    assert uvicorn_options() == {
        "http": HttpProtocol,
        "ws": SocketProtocol,
        "ws_max_size": 65_536,
        "ws_per_message_deflate": False,
        "ws_ping_interval": None,
    }
    assert HEAD_SECONDS == 5.0


# The socket.


@LOOPS
def test_a_live_socket_has_no_task_of_its_own(loop):
    async def scene():
        async with served() as node:
            clients = []
            before = len(asyncio.all_tasks())
            for _ in range(5):
                client, _ = await watching(node)
                clients.append(client)
            await until(lambda: len(asyncio.all_tasks()) <= before)
            clients[0].send(Ping())
            return (await clients[0].message())["type"], len(node.roster)

    assert on_loop(loop, scene()) == ("pong", 5)


@LOOPS
def test_a_socket_hands_itself_to_the_application_under_our_name(loop):
    found = {}

    class Looking(SocketProtocol):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.app = self.look

        async def look(self, scope, _receive, _send):
            found[scope["extensions"][EXTENSION]] = self

    async def scene():
        async with served(Looking) as node:
            return (await node.dial()).status

    status = on_loop(loop, scene())

    assert status == 500
    assert [key is value for key, value in found.items()] == [True]


@LOOPS
def test_a_live_socket_has_forgotten_its_request(loop):
    async def scene():
        async with served() as node:
            _, line = await watching(node)
            return line.session_id, vars(line).keys() & {"scope", "request", "response"}

    session_id, kept = on_loop(loop, scene())

    assert session_id != SessionId("")
    assert kept == set()


@LOOPS
def test_a_shared_frame_is_written_to_every_socket_as_it_is(loop):
    async def scene():
        async with served() as node:
            watchers = [await watching(node) for _ in range(3)]
            message = a_large_message(70_000)
            for _, line in watchers:
                line.write(message)
            return [len((await client.message())["detail"]) for client, _ in watchers]

    assert on_loop(loop, scene()) == [70_000] * 3


@LOOPS
def test_a_client_that_does_not_read_is_seen_by_its_unsent_bytes_and_drained_when_it_reads(loop):
    async def scene():
        async with served() as node:
            client, line = await watching(node, buffer=32_768)
            while line.unsent() <= HIGH_WATER:
                line.write(a_large_message(400_000))
                await asyncio.sleep(0)
            unsent = line.unsent()
            before = [entry for entry in node.feeds.log if entry[0] == "drained"]
            reading = asyncio.create_task(client.closing())
            await until(lambda: any(entry[0] == "drained" for entry in node.feeds.log))
            left = line.unsent()
            reading.cancel()
            return unsent, before, left

    unsent, before, left = on_loop(loop, scene())

    assert unsent > HIGH_WATER
    assert before == []
    assert left <= HIGH_WATER


@LOOPS
def test_the_kernel_keeps_little_for_a_client_that_does_not_read(loop):
    async def scene():
        async with served() as node:
            _, line = await watching(node, buffer=32_768)
            written = 0
            while line.unsent() <= HIGH_WATER:
                line.write(a_large_message(20_000))
                written += 20_000
                await asyncio.sleep(0.001)
            return written

    # Without the limit it would be some megabytes.
    assert on_loop(loop, scene()) < 500_000


@rule("LV3")
@LOOPS
def test_a_socket_that_takes_nothing_for_too_long_is_cut(loop):
    async def scene():
        async with served(Impatient) as node:
            _, line = await watching(node, buffer=32_768)
            while line.unsent() <= HIGH_WATER:
                line.write(a_large_message(400_000))
                await asyncio.sleep(0)
            await until(lambda: len(node.roster) == 0)
            return node.bugs, ("detached", line.session_id) in node.feeds.log

    assert on_loop(loop, scene()) == ([], True)


@rule("LV3")
@LOOPS
def test_a_slow_reader_that_does_read_is_not_cut(loop):
    async def scene():
        async with served(Impatient) as node:
            # With a large buffer the client's kernel reports many sips at once, none in between.
            client, line = await watching(node, buffer=32_768)
            while line.unsent() <= 3_000_000:
                line.write(a_large_message(400_000))
                await asyncio.sleep(0)
            for _ in range(9):
                await client.reader.readexactly(50_000)
                await asyncio.sleep(0.1)
            return len(node.roster)

    assert on_loop(loop, scene()) == 1


@LOOPS
def test_a_client_that_does_not_answer_a_close_is_cut(loop):
    async def scene():
        async with served(Impatient) as node:
            client, line = await watching(node)
            line.close(Close.MOVED)
            ended = await client.closing()
            rest = await client.next()
            return ended, rest

    assert on_loop(loop, scene()) == (([], 4202), None)


@rule("LV8")
@LOOPS
def test_whoever_never_said_hello_is_cut_soon_after_the_close(loop):
    async def scene():
        async with served() as node:
            client, line = await watching(node)
            began = asyncio.get_running_loop().time()
            line.close(Close.HELLO_TIMEOUT)
            await client.closing()
            rest = await client.next()
            return rest, asyncio.get_running_loop().time() - began

    rest, seconds = on_loop(loop, scene())

    assert rest is None
    assert seconds < CLOSE_SECONDS / 2


@LOOPS
def test_a_client_that_answers_a_close_is_let_go_at_once(loop):
    async def scene():
        async with served() as node:
            client, line = await watching(node)
            line.close(Close.MOVED)
            await client.closing()
            client.frame(8, int(Close.MOVED).to_bytes(2))
            return await client.next(), len(node.roster)

    assert on_loop(loop, scene()) == (None, 0)


@rule("LM1")
@LOOPS
def test_the_answer_to_an_oversized_frame_arrives_although_its_rest_is_never_read(loop):
    async def scene():
        async with served() as node:
            client, _ = await watching(node)
            client.frame(1, b" " * 5_000_000)
            return await client.closing(), node.bugs

    assert on_loop(loop, scene()) == ((["too_large"], 4002), [])


@rule("CL2")
@LOOPS
def test_a_server_that_stops_undrained_tells_its_sockets_to_come_back_at_once(loop):
    async def scene():
        async with served() as node:
            client, line = await watching(node)
            line.shutdown()
            return await client.closing()

    assert on_loop(loop, scene()) == ([], 4200)


@LOOPS
def test_before_the_upgrade_is_answered_a_stopping_server_behaves_as_uvicorn_does(loop):
    async def scene():
        async with served() as node:
            node.keys.gate.clear()
            dialling = asyncio.create_task(node.operator())
            await until(lambda: node.keys.asked == 1)
            for protocol in tuple(node.server.server_state.connections):
                protocol.shutdown()
            node.keys.gate.set()
            return (await dialling).status

    assert on_loop(loop, scene()) == 500


@LOOPS
def test_a_client_that_is_gone_before_we_take_over_is_lost_at_once(loop):
    async def scene():
        async with served() as node:
            node.keys.gate.clear()
            dialling = asyncio.create_task(node.operator())
            await until(lambda: node.keys.asked == 1)
            await node.hang_up()
            await asyncio.wait([dialling])
            await until(lambda: not node.server.server_state.connections)
            node.keys.gate.set()
            await until(lambda: len(asyncio.all_tasks()) <= 2)
            dialling.exception()
            return len(node.roster), node.bugs

    assert on_loop(loop, scene()) == (0, [])


@rule("FQ7")
@LOOPS
def test_a_message_that_comes_in_many_pieces_beside_many_others_comes_whole_and_in_order(loop):
    ear = Ear()
    payloads = [b"%d" % at * (20_000 if at % 40 == 0 else 20) for at in range(200)]

    class Taking(SocketProtocol):
        async def run_asgi(self):
            await self.receive()
            await self.send({"type": "websocket.accept"})
            self.adopt(ear, SessionId("session-1"), "json", (Intake(SystemClock()), TENANT))

    async def scene():
        async with served(Taking) as node:
            client = await node.dial()
            client.raw(b"".join(frame_bytes(2, payload) for payload in payloads))
            await until(lambda: len(ear.heard) == len(payloads))
            client.leave()
            await until(lambda: ear.heard[-1] == "lost")

    on_loop(loop, scene())

    assert ear.heard == [*((payload, True) for payload in payloads), "lost"]


class Ear:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.heard = []

    def received(self, payload, *, binary):
        self.heard.append((payload, binary))

    def lost(self):
        self.heard.append("lost")


@LOOPS
def test_messages_that_uvicorn_has_queued_before_we_took_over_are_delivered_first(loop):
    ear = Ear()

    class Eager(SocketProtocol):
        async def run_asgi(self):
            await self.receive()
            await self.send({"type": "websocket.accept"})
            await until(lambda: not self.queue.empty())
            self.adopt(ear, SessionId("session-1"), "json")

    async def scene():
        async with served(Eager) as node:
            client = await node.dial()
            client.frame(1, b"first")
            await until(lambda: ear.heard != [])
            client.frame(2, b"second")
            client.frame(1, b"third")
            await until(lambda: len(ear.heard) == 3)
            client.leave()
            await until(lambda: len(ear.heard) == 4)

    on_loop(loop, scene())

    assert ear.heard == [(b"first", False), (b"second", True), (b"third", False), "lost"]


@LOOPS
def test_a_socket_that_was_lost_before_we_took_over_is_lost_right_after(loop):
    ear = Ear()

    class Late(SocketProtocol):
        async def run_asgi(self):
            await self.receive()
            await self.send({"type": "websocket.accept"})
            await until(lambda: self.disconnected)
            self.adopt(ear, SessionId("session-1"), "json")

    async def scene():
        async with served(Late) as node:
            client = await node.dial()
            client.frame(8, b"")
            await until(lambda: ear.heard != [])

    on_loop(loop, scene())

    assert ear.heard == ["lost"]


@LOOPS
def test_a_socket_that_says_goodbye_before_we_took_over_is_lost_too(loop):
    ear = Ear()

    class Slow(SocketProtocol):
        async def run_asgi(self):
            await self.receive()
            await self.send({"type": "websocket.accept"})
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1001})
            self.adopt(ear, SessionId("session-1"), "json")

    async def scene():
        async with served(Slow) as node:
            (await node.dial()).leave()
            await until(lambda: ear.heard != [])

    on_loop(loop, scene())

    assert ear.heard == ["lost"]


@LOOPS
def test_a_socket_that_is_cut_ends_without_a_close(loop):
    async def scene():
        async with served() as node:
            client, line = await watching(node)
            line.abort()
            ended = await client.closing()
            await until(lambda: len(node.roster) == 0)
            return ended

    assert on_loop(loop, scene()) == ([], None)
