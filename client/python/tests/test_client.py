import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest
from kanvoy_client._wire.from_client import Authenticate, Bye, ShowPresence, Submit
from kanvoy_client._wire.from_server import (
    Drain,
    Person,
    Presence,
    Rejected,
    Unsubscribed,
)
from kanvoy_client._wire.http import SessionView
from kanvoy_client._wire.rejections import Gap, NotFound
from kanvoy_client.asking import origin_of
from kanvoy_client.client import accepted, connect
from kanvoy_client.errors import NotWatched, Refused, SignInFailed, Stopped, Violation
from kanvoy_client.happenings import Met, Welcomed
from kanvoy_client.login import Bearer, Cookie, sign_in
from kanvoy_client.replica import Overlay

from client.python.tests.builders import (
    BOARD,
    a_card,
    a_note,
    a_patch,
    a_put,
    a_receipt,
    a_snapshot,
    a_welcome,
    changes,
    key,
)
from client.python.tests.rules import rule
from client.python.tests.scripted import a_server, until_closed, welcome

pytestmark = pytest.mark.asyncio

TOKEN = Bearer(token="kvy_1")


async def test_a_watched_channel_is_whole_when_the_waiting_ends():
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        channel = await client.watch(BOARD)

        assert channel.whole
        assert client.views(BOARD) == {key(1): a_card(1)}


async def test_a_command_gets_its_verdict_and_the_channel_shows_it():
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        asked = await peer.hear()
        assert isinstance(asked, Submit)
        await peer.say(a_receipt(1, sequence=11), changes(10, 11, a_patch(1, 2, priority=3)))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)
        receipt = accepted(await client.submit(a_note(), base_version=1))
        await client.seen(BOARD, receipt.sequence)

        assert client.replica.view(BOARD, key(1)).priority == 3


async def test_a_refusal_is_a_verdict_and_an_exception_only_for_those_who_ask():
    async def script(peer):
        await welcome(peer)
        await peer.hear()
        await peer.say(Rejected(number=1, rejection=NotFound(aggregate_id="so-1")))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        verdict = await client.submit(a_note())

        assert isinstance(verdict, Rejected)
        with pytest.raises(Refused):
            accepted(verdict)


@rule("RC65", "WT61")
async def test_a_lost_socket_is_replaced_and_nothing_is_lost_or_done_twice():
    heard = []

    async def first(peer):
        heard.append(await welcome(peer))
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        heard.append(await peer.hear())
        await peer.socket.close(4200)

    async def second(peer):
        heard.append(await welcome(peer))
        heard.append(await peer.hear())
        await peer.say(changes(10, 12, a_patch(1, 2, priority=3)), a_receipt(1, sequence=12))
        await until_closed(peer)

    async with a_server(first, second) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)
        receipt = accepted(await client.submit(a_note()))
        await client.seen(BOARD, receipt.sequence)

    again = heard[2]
    assert heard[1] == heard[3]
    assert again.subscriptions[0].cursor == "1.10.110"


@rule("CL61")
async def test_a_final_close_ends_the_client_and_all_who_wait():
    async def script(peer):
        await welcome(peer)
        await peer.hear()
        await peer.socket.close(4004)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        with pytest.raises(Stopped) as stopped:
            await client.submit(a_note())
        with pytest.raises(Stopped):
            await client.watch(BOARD)
        with pytest.raises(Stopped):
            client.issue(a_note())

    assert stopped.value.code == 4004


@rule("CL64")
@pytest.mark.parametrize(("status", "code"), [(401, 4007), (403, 4006)])
async def test_a_refusal_before_the_socket_opens_is_final(status, code):
    async with a_server(refuse=status) as address, connect(address, TOKEN) as client:
        with pytest.raises(Stopped) as stopped:
            await client.watch(BOARD)

    assert stopped.value.code == code


@rule("CL62")
@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_refusal_that_may_pass_is_not_final(status):
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await until_closed(peer)

    async with a_server(script, refuse=status) as address, connect(address, TOKEN) as client:
        assert (await client.watch(BOARD)).whole


async def test_a_channel_that_is_left_is_forgotten():
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)
        client.unwatch(BOARD)

        assert client.views(BOARD) == {}


async def test_an_expected_change_is_shown_before_the_verdict():
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)
        number = client.issue(a_note())
        client.expect(
            Overlay(number=number, channel=BOARD, key=key(1), change=lambda _: a_card(1, notes=1))
        )

        assert client.views(BOARD) == {key(1): a_card(1, notes=1)}


async def test_iterations_end_with_the_client():
    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10))
        await peer.socket.close(4004)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        seen = [happening async for happening in client.happenings()]

    assert [type(each) for each in seen] == [Welcomed]


async def test_a_fresh_token_is_said_and_used_for_the_next_socket():
    heard = asyncio.get_running_loop().create_future()

    async def first(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10))
        heard.set_result(await peer.hear())
        await peer.socket.close(4201)

    asked = asyncio.get_running_loop().create_future()

    async def second(peer):
        asked.set_result(peer.socket.request)
        await until_closed(peer)

    async with a_server(first, second) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)
        client.authenticate("kvy_2")

        assert await heard == Authenticate(token="kvy_2")
        assert (await asked).headers["Authorization"] == "Bearer kvy_2"


async def test_a_channel_that_is_not_ours_is_said_to_be_so():
    async def script(peer):
        await welcome(peer)
        await peer.say(Unsubscribed(channel="driver:dr-1", cause="forbidden"))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        with pytest.raises(NotWatched) as refused:
            await client.watch("driver:dr-1")

    assert refused.value.cause == "forbidden"


async def test_nonsense_from_the_server_ends_the_client():
    async def script(peer):
        await welcome(peer)
        await peer.socket.send("{")
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        with pytest.raises(Violation):
            await client.watch(BOARD)


async def test_changes_are_iterated_as_they_are_shown():
    go = asyncio.Event()

    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)))
        await go.wait()
        await peer.say(changes(10, 11, a_patch(1, 2, priority=3)))
        await until_closed(peer)

    async with a_server(script) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)
        stream = client.changes(BOARD)
        upcoming = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        go.set()

        assert await upcoming == (key(1), a_card(1, priority=3))
        await stream.aclose()


async def test_presence_goes_both_ways():
    anna = Person(session_id="s-1", id="anna", name="Anna", doing="viewing")
    heard = asyncio.get_running_loop().create_future()

    async def script(peer):
        await welcome(peer)
        await peer.say(Presence(channel="presence:board", people=[anna], full=True))
        heard.set_result(await peer.hear())
        await until_closed(peer)

    word = ShowPresence(channel="presence:board", doing="moving")
    async with a_server(script) as address, connect(address, TOKEN) as client:
        happenings = client.happenings()
        client.watch_presence("presence:board")
        async for happening in happenings:
            if isinstance(happening, Met):
                break
        client.show(word)

        assert await heard == word
        assert client.replica.people["presence:board"] == {"s-1": anna}
        await happenings.aclose()


@rule("CL65")
async def test_a_drained_node_is_left_and_the_next_socket_resumes():
    async def first(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10, a_put(1, 1)), Drain(after_ms=1))
        await until_closed(peer)

    resumed = asyncio.get_running_loop().create_future()

    async def second(peer):
        resumed.set_result(await welcome(peer))
        await until_closed(peer)

    async with a_server(first, second) as address, connect(address, TOKEN) as client:
        await client.watch(BOARD)

        assert (await resumed).subscriptions[0].cursor == "1.10.110"


@rule("RC67")
async def test_who_waits_gets_the_verdict_of_the_renumbered_command():
    async def first(peer):
        await welcome(peer)
        await peer.hear()
        await peer.say(a_receipt(1))
        await peer.hear()
        await peer.say(Rejected(number=2, rejection=Gap(expected=1)))
        await until_closed(peer)

    async def second(peer):
        await welcome(peer)
        assert (await peer.hear()).number == 1
        await peer.say(a_receipt(1, sequence=99))
        await until_closed(peer)

    async with a_server(first, second) as address, connect(address, TOKEN) as client:
        assert (await client.submit(a_note())).sequence == 1
        assert (await client.submit(a_note())).sequence == 99


async def test_a_client_says_goodbye():
    heard = asyncio.get_running_loop().create_future()

    async def script(peer):
        await welcome(peer)
        await peer.say(*a_snapshot(10))
        heard.set_result(await until_closed(peer))

    async with a_server(script) as address:
        async with connect(address, TOKEN) as client:
            await client.watch(BOARD)

        assert (await heard)[-1] == msgspec.to_builtins(Bye())


async def test_a_socket_carries_the_credentials_in_headers_only():
    asked = []

    async def script(peer):
        asked.append(peer.socket.request)
        await welcome(peer)
        await peer.say(*a_snapshot(10))
        await until_closed(peer)

    cookie = Cookie(cookie="kanvoy=1", csrf="nonce", origin="https://board.example")
    async with a_server(script, script) as address:
        for credentials in (TOKEN, cookie):
            async with connect(address, credentials) as client:
                await client.watch(BOARD)

    assert asked[0].headers["Authorization"] == "Bearer kvy_1"
    assert asked[1].headers["Cookie"] == "kanvoy=1"
    assert asked[1].headers["Origin"] == "https://board.example"
    assert {request.path for request in asked} == {"/v1/realtime"}


@pytest.fixture
def web():
    """A web server that knows one password."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            if body["password"] != "correct horse":
                self.send_error(401)
                return
            session = SessionView(user=a_welcome().user, csrf="nonce", expires_at=1)
            self.send_response(200)
            self.send_header("Set-Cookie", "kanvoy=abc; HttpOnly; Path=/")
            self.end_headers()
            self.wfile.write(msgspec.json.encode(session))

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_signing_in_gives_the_cookie_and_the_nonce(web):
    cookie = await sign_in(web, email="anna@holm.example", password="correct horse")

    assert cookie == Cookie(cookie="kanvoy=abc", csrf="nonce", origin=web)


async def test_signing_in_with_a_wrong_password_fails(web):
    with pytest.raises(SignInFailed, match="401"):
        await sign_in(web, email="anna@holm.example", password="battery staple")


async def test_signing_in_nowhere_fails():
    with pytest.raises(SignInFailed):
        await sign_in("file:///etc", email="anna@holm.example", password="correct horse")


async def test_the_origin_of_a_socket_is_that_of_its_page():
    assert origin_of("wss://board.example:8443/v1/realtime") == "https://board.example:8443"
    assert origin_of("ws://127.0.0.1:8000/v1/realtime") == "http://127.0.0.1:8000"
