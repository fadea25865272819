"""What is refused on a socket, in the security log: who, where from, and on which session."""

import asyncio
from typing import Any

import msgspec
import pytest
from structlog import get_logger
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from protocols.from_client import Ping, Subscribe, Unsubscribe
from protocols.from_server import ItemReceipt, Receipt
from protocols.handshake import Wanted
from protocols.rejections import Forbidden, Stale
from protocols.vocabulary import AggregateId, Number, Sequence, Version
from server.application.verdict import Denied
from server.realtime.limits import SOCKETS_PER_PERSON
from server.realtime.refusals import refusal_in
from server.realtime.socket import Entry
from server.telemetry.security import PermissionRefused
from tests.support.live_sockets import on_loop, served, until
from tests.support.origins import COOKIE, COOKIES, ORIGINS
from tests.support.sockets import World, a_command, a_hello, settle

ANNA = {"tenant_id": "tenant-1", "person_id": "person-anna", "device_id": "device-1"}
HERE = {"address": "203.0.113.7", "session_id": "session-1"}


async def said(*messages: msgspec.Struct, hello: bool = True) -> list[dict[str, Any]]:
    """What the security log tells of a socket on which this is said."""
    world = World()
    performer, _ = world.connect()
    with capture_logs([merge_contextvars]) as lines:
        for message in (a_hello(), *messages) if hello else messages:
            performer.received(msgspec.json.encode(message), binary=False)
            await settle()
    return [{k: v for k, v in line.items() if k not in {"log", "log_level"}} for line in lines]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("channel", "what"),
    [
        ("dispatch", "dispatch"),
        ("driver:somebody-else", "driver"),
        ("whatever-i-made-up", "whatever-i-made-up"),
    ],
)
async def test_a_channel_that_roles_do_not_allow_is_told_without_what_it_names(channel, what):
    lines = await said(Subscribe(wanted=Wanted(channel=channel)), Unsubscribe(channel="board"))

    assert lines == [
        {"event": "permission_refused", "door": "socket", "what": what, **ANNA, **HERE}
    ]


@pytest.mark.asyncio
async def test_a_command_that_roles_do_not_allow_is_told_and_other_rejections_are_not():
    world = World()
    performer, _ = world.connect()
    performer.received(msgspec.json.encode(a_hello()), binary=False)
    await settle()
    for number in (1, 2):
        performer.received(msgspec.json.encode(a_command(number)), binary=False)
    stale = Stale(aggregate_id=AggregateId("o"), current_version=Version(2), conflicts=())

    with capture_logs() as lines:
        for (_, verdict), number, rejection in zip(
            world.commands.asked, (1, 2), (stale, Forbidden(permission="order.edit")), strict=True
        ):
            verdict.set_result(Denied(number=Number(number), rejection=rejection))
        await settle()

    assert [(line["event"], line["what"]) for line in lines] == [
        ("permission_refused", "order.edit")
    ]


def test_a_bulk_is_told_by_its_first_item_that_roles_do_not_allow():
    allowed = ItemReceipt(index=0, aggregate_id=AggregateId("o"))
    forbidden = Forbidden(permission="order.delete")
    refused = ItemReceipt(index=1, aggregate_id=AggregateId("o"), rejection=forbidden)

    def receipt(*items: ItemReceipt) -> Receipt:
        return Receipt(number=Number(1), outcome="applied", sequence=Sequence(1), items=items)

    expected = PermissionRefused(door="socket", what="order.delete")
    assert refusal_in(receipt(allowed, refused, refused)) == expected
    assert refusal_in(receipt(allowed)) is None
    assert refusal_in(receipt()) is None


@pytest.mark.asyncio
async def test_a_limit_is_told_once_a_minute_for_each_socket():
    lines = await said(*(a_command(number) for number in range(1, 70)))

    assert lines == [{"event": "limit_hit", "door": "socket", "limit": "rate", **ANNA, **HERE}]


@pytest.mark.asyncio
async def test_frames_that_no_program_of_ours_sends_are_limits_too():
    world = World()
    ends = []
    for payload in (b"{", b"x" * 70_000, msgspec.json.encode(Ping())):
        performer, _ = world.connect()
        with capture_logs() as lines:
            performer.received(payload, binary=False)
        ends += [(line["event"], line["limit"]) for line in lines]

    assert ends == [
        ("limit_hit", "malformed"),
        ("limit_hit", "too_large"),
        ("limit_hit", "hello_first"),
    ]


@pytest.mark.asyncio
async def test_a_page_that_does_not_know_the_nonce_is_told():
    lines = await said(a_hello(csrf="guess"), hello=False)

    assert lines == [{"event": "page_refused", "door": "socket", "code": "csrf", **ANNA, **HERE}]


@pytest.mark.asyncio
async def test_a_bug_and_whatever_is_logged_meanwhile_carry_the_session():
    world = World()

    async def last_number(*_: object) -> Number:
        get_logger().warning("looking")
        raise RuntimeError("broken")

    world.commands.last_number = last_number  # type: ignore[method-assign]
    reported: list[str] = []

    def report(bug: BaseException) -> str:
        get_logger().error("bug")
        reported.append(str(bug))
        return "incident-9"

    world.around = msgspec.structs.replace(world.around, report=report)
    performer, _ = world.connect()

    with capture_logs([merge_contextvars]) as lines:
        performer.received(msgspec.json.encode(a_hello()), binary=False)
        await settle()

    assert [(line["event"], line["session_id"]) for line in lines] == [
        ("looking", "session-1"),
        ("bug", "session-1"),
        ("unexpected_error", "session-1"),
    ]
    assert lines[2]["incident"] == "incident-9"
    assert reported == ["broken"]


def test_whoever_is_refused_at_the_door_is_told_with_the_address_behind_our_proxies():
    def nearest(peer: str, forwarded: list[str]) -> str:
        return f"{peer} for {', '.join(forwarded)}"

    entry = Entry(origins=ORIGINS, cookies=COOKIES, nearest=nearest)
    origin, behind = "Origin: https://board.example", "X-Forwarded-For: 192.0.2.9"

    async def scene():
        async with served(entry=entry) as node:
            await node.dial("Origin: https://evil.example", behind)
            await (await node.dial(origin, behind, f"Cookie: {COOKIE}=guessed")).closing()
            await (await node.dial(origin, behind)).closing()
            client = await node.dial(origin, behind, f"Cookie: {COOKIE}=token-2")
            client.send(a_hello())
            await client.message()
            client.send(Subscribe(wanted=Wanted(channel="dispatch")))
            await client.message()
            (socket,) = node.roster._sockets.values()
            client.leave()
            await until(lambda: len(node.roster) == 0)
            return socket.session_id

    with capture_logs() as lines:
        session_id = on_loop("uvloop", scene())

    told = [line for line in lines if line.get("log") == "security"]
    assert {line["address"] for line in told} == {"127.0.0.1 for 192.0.2.9"}
    assert [(line["event"], line.get("session_id")) for line in told] == [
        ("page_refused", None),
        ("credential_refused", None),
        ("permission_refused", session_id),
    ]
    assert told[0]["origin"] == "https://evil.example"
    assert "guessed" not in str(lines)


def test_who_has_too_many_sockets_is_told_by_name():
    async def scene():
        async with served() as node:
            for _ in range(SOCKETS_PER_PERSON):
                await node.operator()
            await asyncio.wait_for((await node.operator()).closing(), 5)

    with capture_logs() as lines:
        on_loop("uvloop", scene())

    assert [(line["event"], line["limit"], line["person_id"]) for line in lines] == [
        ("limit_hit", "overloaded", "person-anna")
    ]


def test_whoever_finds_no_room_in_a_storm_is_told_without_a_name():
    entry = Entry(origins=ORIGINS, cookies=COOKIES, admitted_per_second=0.001, admitted_burst=1)

    async def scene():
        async with served(entry=entry) as node:
            await node.operator()
            await asyncio.wait_for((await node.operator()).closing(), 5)

    with capture_logs() as lines:
        on_loop("uvloop", scene())

    told = [(line["event"], line["limit"], "person_id" in line) for line in lines]
    assert told == [("limit_hit", "overloaded", False)]
