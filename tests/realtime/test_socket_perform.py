"""What a session decides is done: on its line, at the feeds, at the commands, in time."""

import msgspec
import pytest
from structlog.testing import capture_logs

from protocols.closing import Close
from protocols.from_client import (
    Acknowledge,
    Authenticate,
    Bye,
    FromClient,
    Ping,
    ReportMismatch,
    ShowPresence,
    Subscribe,
    Unsubscribe,
)
from protocols.from_server import (
    Busy,
    Drain,
    Error,
    Presence,
    Receipt,
    Unsubscribed,
    Welcome,
)
from protocols.from_server import Ping as PingOut
from protocols.handshake import Wanted
from protocols.vocabulary import ClientId, Instant, Number, TenantId
from server.application.ports import StorageBusy
from server.realtime.perform import Performer
from tests.support.fakes import FakeClock
from tests.support.nodes import an_actor
from tests.support.rules import rule
from tests.support.sockets import (
    SCOPED,
    TENANT,
    HandLine,
    World,
    a_command,
    a_hello,
    a_principal,
    a_verdict,
    settle,
)

pytestmark = pytest.mark.asyncio


def say(performer: Performer, *messages: FromClient) -> None:
    for message in messages:
        performer.received(msgspec.json.encode(message), binary=False)


async def live(world: World, *channels: str) -> tuple[Performer, HandLine]:
    performer, line = world.connect()
    say(performer, a_hello(*channels))
    await settle()
    line.sent.clear()
    return performer, line


@rule("HS7")
async def test_a_hello_leads_to_a_welcome_with_the_number_that_the_commands_know():
    world = World()
    world.commands.last = Number(12)
    performer, line = world.connect()

    say(performer, a_hello("board", receipts_seen=5))
    await settle()

    (welcome,) = line.sent
    assert isinstance(welcome, Welcome)
    assert welcome.last_number == 12
    assert world.feeds.log == [("subscribing", "board"), ("subscribed", "session-1")]
    assert world.commands.acknowledged == [(TENANT, SCOPED, 5)]


async def test_a_client_is_told_to_come_back_when_the_storage_has_no_time_to_greet_it():
    world = World()
    world.commands.fault = StorageBusy()
    performer, line = world.connect()

    say(performer, a_hello())
    await settle()

    assert line.sent == [Error(code="overloaded")]
    assert line.closed == [Close.OVERLOADED]


@rule("CL5")
async def test_a_verdict_reaches_the_client_as_a_receipt():
    world = World()
    performer, line = await live(world)

    say(performer, a_command(1), a_command(2))
    await settle()
    for submission, future in reversed(world.commands.asked):
        future.set_result(a_verdict(submission.number))
    await settle()

    assert [m.number for m in line.sent if isinstance(m, Receipt)] == [1, 2]


@rule("CL6")
async def test_a_busy_storage_is_no_verdict():
    world = World()
    performer, line = await live(world)

    say(performer, a_command(1))
    await settle()
    world.commands.asked[0][1].set_exception(StorageBusy(0.75))
    await settle()

    assert line.sent == [Busy(number=Number(1), retry_ms=750, cause="storage")]
    assert line.closed == []


@rule("CL4")
async def test_a_bug_in_a_command_ends_the_socket_with_an_incident_and_no_details():
    world = World()
    performer, line = await live(world)

    say(performer, a_command(1))
    await settle()
    world.commands.asked[0][1].set_exception(ValueError("secret detail"))
    await settle()

    assert line.sent == [Error(code="internal", detail="incident-1")]
    assert line.closed == [Close.SERVER_ERROR]
    assert [str(bug) for bug in world.bugs] == ["secret detail"]


@rule("CL4")
async def test_a_bug_in_handling_a_frame_ends_that_socket_only():
    world = World()
    performer, line = await live(world, "presence:board")
    _, other = world.connect()
    line.unsent = lambda: 1 // 0

    say(performer, ShowPresence(channel="presence:board", doing="viewing"))

    assert line.closed == [Close.SERVER_ERROR]
    assert other.closed == []
    assert isinstance(world.bugs[0], ZeroDivisionError)


@rule("CL4")
async def test_a_bug_in_a_tick_ends_that_socket_only():
    world = World()
    _, line = await live(world)
    line.unsent = lambda: 1 // 0

    await world.pass_time(21)

    assert line.closed == [Close.SERVER_ERROR]


async def test_commands_go_on_when_their_socket_goes_away():
    world = World()
    performer, line = await live(world)
    say(performer, a_command(1))
    await settle()

    performer.lost()
    world.commands.asked[0][1].set_result(a_verdict(1))
    await settle()

    assert line.sent == []
    assert not world.commands.asked[0][1].cancelled()
    assert world.bugs == []


async def test_an_acknowledgement_that_the_storage_has_no_time_for_is_let_go():
    world = World()
    performer, line = await live(world)
    world.commands.fault = StorageBusy()

    say(performer, Acknowledge(number=Number(3)))
    await settle()

    assert line.closed == []
    assert world.bugs == []


@rule("FQ10")
async def test_of_one_tenant_four_subscriptions_are_under_way_and_another_tenant_waits_for_none():
    world = World()
    world.feeds.gate.clear()
    house = an_actor("Otto", tenant_id=TenantId("tenant-b"))
    flood = [world.connect()[0] for _ in range(6)]
    neighbour, _ = world.connect(a_principal(house))

    for at, performer in enumerate([*flood, neighbour]):
        say(
            performer,
            msgspec.structs.replace(a_hello("board"), client_id=ClientId(f"c{at}-client")),
        )
    await settle()
    under_way = [connection.session_id for connection in world.feeds.connections]
    world.feeds.gate.set()
    await settle()

    assert under_way == [f"session-{at}" for at in (1, 2, 3, 4, 7)]
    assert world.feeds.log.count(("subscribing", "board")) == 7


@rule("LV5")
async def test_a_ping_says_how_far_the_channels_have_come():
    world = World()
    performer, line = await live(world)

    await world.pass_time(20.5)

    (ping,) = line.sent
    assert isinstance(ping, PingOut)
    assert ping.heads == {"board": 7}
    say(performer, Ping())
    assert len(line.sent) == 2


@rule("HB23")
async def test_a_ping_carries_what_the_feeds_say_the_channels_add_up_to():
    world = World()
    _, line = await live(world)

    await world.pass_time(20.5)

    (ping,) = line.sent
    assert isinstance(ping, PingOut)
    assert ping.checksums == {"display:hall": 99}


@rule("LV2")
async def test_a_silent_socket_is_closed_by_the_wheel_and_leaves_everything():
    world = World()
    _, line = await live(world, "board", "presence:board")

    await world.pass_time(31)

    assert line.closed == [Close.NO_PONG]
    assert len(world.roster) == 0
    assert world.feeds.log[-1] == ("detached", "session-1")
    assert world.wheel.is_empty()


@rule("HS1")
async def test_a_socket_that_says_nothing_is_closed_within_six_seconds():
    world = World()
    _, line = world.connect()

    await world.pass_time(4.8)
    before = list(line.closed)
    await world.pass_time(0.6)

    assert (before, line.closed) == ([], [Close.HELLO_TIMEOUT])


@rule("HS9")
async def test_a_new_socket_of_the_same_client_replaces_the_old_one_which_then_changes_nothing():
    world = World()
    old, old_line = await live(world)
    new, new_line = await live(world)

    old.lost()
    say(old, a_command(1))
    say(new, Ping())

    assert old_line.closed == [Close.REPLACED]
    assert new_line.closed == []
    assert len(new_line.sent) == 1
    third, _ = await live(world)
    assert new_line.closed == [Close.REPLACED]
    assert third.session_id == "session-3"


async def test_subscriptions_are_served_one_after_another_in_their_order():
    world = World()
    world.feeds.gate.clear()
    performer, _ = await live(world, "board")

    say(performer, Subscribe(wanted=Wanted(channel="order:order-1", cursor="1.2.3")))
    say(performer, Unsubscribe(channel="order:order-1"))
    performer.drained()
    performer.drained()
    await settle()
    before = list(world.feeds.log)
    world.feeds.gate.set()
    await settle()

    assert before == [("subscribing", "board")]
    assert world.feeds.log[1:] == [
        ("subscribed", "session-1"),
        ("subscribing", "order:order-1@1.2.3"),
        ("subscribed", "session-1"),
        ("unsubscribed", "order:order-1"),
        ("drained", "session-1"),
    ]


async def test_a_subscription_under_way_when_the_socket_goes_is_detached_after_it_came():
    world = World()
    world.feeds.gate.clear()
    performer, _ = await live(world, "board", "order:order-1")

    performer.lost()
    world.feeds.gate.set()
    await settle()

    assert world.feeds.log == [
        ("subscribing", "board"),
        ("detached", "session-1"),
        ("subscribed", "session-1"),
        ("detached", "session-1"),
    ]


async def test_a_storage_without_time_for_a_snapshot_sends_the_client_away_for_a_while():
    world = World()
    world.feeds.fault = StorageBusy()

    _, line = await live(world, "board")

    assert line.closed == [Close.OVERLOADED]


async def test_a_bug_in_a_feed_ends_the_socket():
    world = World()
    world.feeds.fault = KeyError("bug")

    _, line = await live(world, "board")

    assert line.closed == [Close.SERVER_ERROR]


@rule("CL3", "PR4")
async def test_bye_ends_presence_at_once_and_closes_normally():
    world = World()
    performer, line = await live(world, "presence:board")
    _, watcher = world.connect()
    world.presences.join(TENANT, "presence:board", watcher)
    watcher.sent.clear()
    say(performer, ShowPresence(channel="presence:board", doing="viewing"))
    await world.pass_time(1)

    say(performer, Bye())

    assert line.closed == [None]
    assert watcher.sent[-1] == Presence(channel="presence:board", gone=[line.session_id])


async def test_presence_goes_where_the_session_says():
    world = World()
    performer, line = await live(world, "presence:board")

    say(performer, ShowPresence(channel="presence:board", doing="viewing"))
    say(performer, ShowPresence(channel="presence:board", doing="away"))
    await world.pass_time(1)
    say(performer, Unsubscribe(channel="presence:board"))

    assert [type(m) for m in line.sent] == [Presence, Presence, Unsubscribed]


@rule("LM1")
async def test_a_frame_too_large_to_read_is_answered_like_any_other_that_is_too_large():
    world = World()
    performer, line = await live(world)

    performer.oversized()

    assert line.sent == [Error(code="too_large", detail="at most 65536 bytes")]
    assert line.closed == [Close.FRAME_TOO_LARGE]


@rule("AU36")
async def test_a_revoked_socket_with_unsent_frames_is_cut_and_one_without_is_closed():
    world = World()
    _, full = await live(world)
    _, empty = world.connect(a_principal(sign_in_id="device-2"))
    full.backlog = 1

    world.roster.close_sign_in(TENANT, "device-1")
    world.roster.close_sign_in(TENANT, "device-2")

    assert (full.aborted, full.closed) == (True, [])
    assert (empty.aborted, empty.closed) == (False, [Close.REVOKED])


@rule("AU37")
async def test_a_fresh_bearer_is_read_and_goes_on():
    world = World()
    ends = Instant(FakeClock().now() + 60_000)
    fresh = a_principal(kind="bearer", sign_in_id="device-2")
    world.keys.principals["bearer", "fresh"] = fresh
    performer, line = world.connect(a_principal(kind="bearer", expires_at=ends))
    say(performer, a_hello())
    await settle()

    say(performer, Authenticate(token="fresh"))
    await settle()
    refused, refused_line = world.connect(a_principal(kind="bearer", expires_at=ends))
    say(refused, msgspec.structs.replace(a_hello(), client_id="client-2"))
    await settle()
    say(refused, Authenticate(token="stale"))
    await settle()

    assert performer.principal == fresh
    assert line.closed == []
    assert refused_line.closed == [Close.UNAUTHENTICATED]


@rule("CL8")
async def test_a_token_that_nobody_can_judge_now_ends_the_socket_and_not_the_sign_in():
    world = World()
    performer, line = world.connect(a_principal(kind="bearer"))
    say(performer, a_hello())
    await settle()
    world.keys.fault = StorageBusy()

    say(performer, Authenticate(token="fresh"))
    await settle()

    assert line.sent[-1] == Error(code="overloaded")
    assert line.closed == [Close.OVERLOADED]


@rule("CL2")
async def test_a_drained_socket_gets_its_time_and_is_closed_when_it_stays():
    world = World()
    performer, line = await live(world)
    await world.pass_time(6)

    performer.drain(1.0)
    await world.pass_time(10.8)
    before = list(line.closed)
    await world.pass_time(0.6)

    assert line.sent[0] == Drain(after_ms=1_000)
    assert (before, line.closed) == ([], [Close.DRAIN])


async def test_a_closed_socket_is_lost_only_once():
    world = World()
    performer, line = await live(world)

    performer.close(Close.MOVED)
    performer.lost()
    performer.drained()
    performer.drain(1.0)
    await settle()

    assert line.closed == [Close.MOVED]
    assert [entry for entry in world.feeds.log if entry[0] == "detached"][:1] != []


async def test_a_client_that_understands_it_gets_deflated_frames():
    world = World()
    performer, line = world.connect()

    say(performer, msgspec.structs.replace(a_hello(), capabilities=["deflate"]))

    assert line.deflate


@rule("WB72")
async def test_the_log_says_who_showed_what_differently_and_both_sums():
    world = World()
    performer, line = await live(world, "board")

    with capture_logs() as lines:
        say(performer, ReportMismatch(channel="board", cursor="1.2.3", shown=4, told=5))

    (told,) = lines
    assert {key: told[key] for key in ("log_level", "channel", "cursor", "shown", "told")} == {
        "log_level": "warning",
        "channel": "board",
        "cursor": "1.2.3",
        "shown": 4,
        "told": 5,
    }
    assert (told["tenant_id"], told["by"]) == (TENANT, performer.principal.actor.id)
    assert line.closed == []
