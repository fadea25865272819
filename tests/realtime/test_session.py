"""A session without I/O: handshake, violations, liveness, closing."""

from math import inf

import msgspec
import pytest

from protocols.closing import Close
from protocols.commands import ReleaseOrder
from protocols.from_client import (
    Acknowledge,
    Authenticate,
    Bye,
    FromClient,
    Ping,
    Pong,
    Subscribe,
)
from protocols.from_server import Drain, Error, PleaseAuthenticate, Welcome
from protocols.from_server import Pong as PongBack
from protocols.handshake import App, Wanted
from protocols.vocabulary import ClientId, Instant, Number
from server.realtime.effects import (
    Beat,
    Deflate,
    Fence,
    LookUpNumber,
    Renew,
    Send,
    Settle,
    Shut,
    Watch,
)
from server.realtime.session import AwaitingHello, Closing, Live, Session
from tests.support.fakes import FakeClock
from tests.support.rules import rule
from tests.support.sockets import (
    SCOPED,
    a_command,
    a_hello,
    a_live_session,
    a_principal,
    a_session,
    a_verdict,
    an_actor,
    at,
    said,
)

BEARER_ENDS = Instant(FakeClock().now() + 100_000)
"""Second 100 of a session's life."""


def encoded(message: FromClient) -> bytes:
    return msgspec.json.encode(message)


def code_of(effects: list[object]) -> Close | None:
    assert isinstance(effects[-1], Shut)
    return effects[-1].code


def error_of(effects: list[object]) -> str:
    assert isinstance(effects[0], Send)
    assert isinstance(effects[0].message, Error)
    return effects[0].message.code


@rule("HS11")
def test_under_the_same_client_id_two_people_are_two_clients():
    anna, ben = a_session(), a_session(a_principal(an_actor("ben")))

    asked = [s.frame(encoded(a_hello()), binary=False, now=at(1)) for s in (anna, ben)]

    assert LookUpNumber(ClientId("person-anna.client-1")) in asked[0]
    assert LookUpNumber(ClientId("person-ben.client-1")) in asked[1]


@rule("HS7")
def test_a_hello_is_answered_by_a_welcome_that_names_the_last_number():
    session = a_session()

    asked = session.frame(encoded(a_hello("board")), binary=False, now=at(1))
    effects = session.greeted(Number(41), at(2))

    assert asked == [Fence(SCOPED), LookUpNumber(SCOPED)]
    welcome = said(effects)[0]
    assert isinstance(welcome, Welcome)
    assert welcome.last_number == 41
    assert welcome.server_time == at(2).instant
    assert welcome.user.permissions == ("order.edit", "order.read", "price.read", "stage.move")
    assert (welcome.user.tenant, welcome.build) == ("Northwind", "build-1")
    assert effects[1:] == [Watch("board", None)]


@rule("HS8")
def test_receipts_the_client_has_seen_are_settled():
    session = a_session()
    session.receive(a_hello(receipts_seen=7), at(1))

    effects = session.greeted(Number(9), at(1))

    assert Settle(SCOPED, Number(7)) in effects


def test_a_client_that_understands_deflated_frames_gets_them():
    hello = msgspec.structs.replace(a_hello(), capabilities=["deflate"])

    effects = a_session().receive(hello, at(1))

    assert effects[0] == Deflate()


@rule("HS1")
def test_a_socket_without_a_hello_is_closed_after_five_seconds():
    session = a_session()

    before, after = session.tick(at(4.9), lagging=False), session.tick(at(5), lagging=False)

    assert session.due == inf
    assert before == []
    assert (error_of(after), code_of(after)) == ("hello_late", Close.HELLO_TIMEOUT)


@rule("HS2")
@pytest.mark.parametrize(
    "message", [Ping(), Bye(), a_command(1), Subscribe(wanted=Wanted(channel="board"))]
)
def test_anything_before_the_hello_is_a_violation(message):
    effects = a_session().receive(message, at(1))

    assert (error_of(effects), code_of(effects)) == ("hello_first", Close.PROTOCOL_ERROR)


@rule("HS3")
def test_a_second_hello_is_a_violation():
    live = a_live_session()
    greeting = a_session()
    greeting.receive(a_hello(), at(1))

    for session in (live, greeting):
        effects = session.receive(a_hello(), at(2))
        assert (error_of(effects), code_of(effects)) == ("hello_twice", Close.PROTOCOL_ERROR)


@rule("HS4")
@pytest.mark.parametrize("offered", [(2, 3), (0, 0), (3, 1), (-5, 0)])
def test_a_client_that_speaks_no_version_of_ours_is_told_which_we_speak(offered):
    effects = a_session().receive(a_hello(protocol=offered), at(1))

    assert code_of(effects) == Close.VERSION_UNSUPPORTED
    assert said(effects) == [Error(code="version_unsupported", detail="this server speaks 1 to 1")]


@rule("HS4")
def test_the_newest_version_that_both_speak_is_used():
    session = a_session()
    session.receive(a_hello(protocol=(1, 9)), at(1))

    welcome = said(session.greeted(Number(0), at(1)))[0]

    assert isinstance(welcome, Welcome)
    assert welcome.protocol == 1


@rule("HS5")
@pytest.mark.parametrize("csrf", ["", "another", "nönce"])
def test_a_page_with_a_cookie_must_repeat_the_nonce(csrf):
    effects = a_session().receive(a_hello(csrf=csrf), at(1))

    assert (error_of(effects), code_of(effects)) == ("csrf", Close.UNAUTHENTICATED)


@rule("HS5")
def test_an_empty_nonce_proves_nothing():
    principal = msgspec.structs.replace(a_principal(), nonce="")

    effects = a_session(principal).receive(a_hello(csrf=""), at(1))

    assert code_of(effects) == Close.UNAUTHENTICATED


@rule("HS5")
def test_a_bearer_needs_no_nonce():
    session = a_session(a_principal(kind="bearer"))

    effects = session.receive(a_hello(csrf=""), at(1))

    assert effects == [Fence(SCOPED), LookUpNumber(SCOPED)]


@rule("HS6")
def test_what_comes_before_the_welcome_is_done_after_it_in_order():
    session = a_session()
    session.receive(a_hello("board"), at(1))

    meanwhile = session.receive(Ping(), at(1)) + session.receive(Acknowledge(number=3), at(1))
    effects = session.greeted(Number(5), at(2))

    assert meanwhile == []
    assert isinstance(said(effects)[0], Welcome)
    assert effects[1:] == [
        Watch("board", None),
        Send(PongBack(server_time=at(2).instant)),
        Settle(SCOPED, Number(3)),
    ]


@rule("LM11")
def test_who_talks_on_before_the_welcome_is_cut():
    session = a_session()
    session.receive(a_hello("board"), at(1))

    effects = [e for _ in range(65) for e in session.receive(Ping(), at(1))]

    assert [e.code for e in effects if isinstance(e, Shut)] == [Close.RATE]


def test_an_answer_about_the_number_that_nobody_waits_for_is_ignored():
    assert a_session().greeted(Number(5), at(1)) == []


@rule("LV1")
def test_the_server_pings_at_a_random_first_moment_and_then_every_25_seconds():
    session = a_live_session()

    early, first = session.tick(at(20.9), lagging=False), session.tick(at(21), lagging=False)
    session.receive(Pong(), at(22))
    quiet, second = session.tick(at(45.9), lagging=False), session.tick(at(46), lagging=False)

    assert (early, first, quiet, second) == ([], [Beat()], [], [Beat()])


@rule("HB22")
def test_a_display_is_welcomed_with_pings_every_2_seconds_and_gets_them_and_nobody_else_does():
    display = a_principal(an_actor(roles=("display",), permissions=()))
    session, other = a_session(display), a_session()
    (welcome, _), (others, _) = (
        [*said(each.receive(a_hello(), at(1))), *said(each.greeted(Number(0), at(1))), None]
        for each in (session, other)
    )

    beats = [at_ for at_ in range(2, 12) if Beat() in session.tick(at(at_), lagging=False)]

    assert (welcome.ping_seconds, others.ping_seconds) == (2.0, 25.0)
    preview = a_session()
    preview.receive(msgspec.structs.replace(a_hello(), app=App(kind="wallboard")), at(1))
    (shown, *_) = said(preview.greeted(Number(0), at(1)))

    assert shown.ping_seconds == 2.0
    assert beats == [3, 5, 7, 9, 11]
    assert [other.tick(at(second), lagging=False) for second in range(2, 21)] == [[]] * 19


@rule("LV2")
def test_a_socket_that_is_silent_for_ten_seconds_after_a_ping_is_closed():
    session = a_live_session()
    session.tick(at(21), lagging=False)

    before, after = session.tick(at(30.9), lagging=False), session.tick(at(31), lagging=False)

    assert before == []
    assert after == [Shut(Close.NO_PONG)]


@rule("LV2")
def test_any_frame_is_a_sign_of_life():
    session = a_live_session()
    session.tick(at(21), lagging=False)

    session.receive(Ping(), at(25))

    assert session.tick(at(31), lagging=False) == []


@rule("LV3")
def test_a_socket_with_unsent_bytes_is_not_judged_by_its_pong():
    session = a_live_session()
    session.tick(at(21), lagging=False)

    assert session.tick(at(31), lagging=True) == []
    assert session.tick(at(40.9), lagging=False) == []
    assert session.tick(at(41), lagging=False) == [Shut(Close.NO_PONG)]


@rule("LV4")
def test_a_ping_of_the_client_is_answered():
    effects = a_live_session().receive(Ping(), at(3))

    assert effects == [Send(PongBack(server_time=at(3).instant))]


@rule("AU37")
def test_a_bearer_that_ends_is_asked_for_once_and_closes_when_none_comes():
    session = a_live_session(principal=a_principal(kind="bearer", expires_at=BEARER_ENDS))
    session.receive(Pong(), at(60))

    session.tick(at(60), lagging=False)
    session.receive(Pong(), at(61))
    asked = session.tick(at(70), lagging=False)
    again = session.tick(at(71), lagging=False)
    ended = session.tick(at(100), lagging=False)

    assert said(asked) == [PleaseAuthenticate(within_seconds=30.0)]
    assert said(again) == []
    assert ended == [Shut(Close.TOKEN_EXPIRED)]


@rule("AU37")
def test_a_fresh_bearer_of_the_same_person_goes_on():
    old = a_principal(kind="bearer", expires_at=BEARER_ENDS)
    fresh = a_principal(kind="bearer", expires_at=Instant(BEARER_ENDS + 900_000))
    session = a_live_session(principal=old)

    asked = session.receive(Authenticate(token="fresh"), at(80))
    effects = session.renewed(fresh, at(81))

    assert asked == [Renew("fresh")]
    assert effects == []
    assert Shut(Close.TOKEN_EXPIRED) not in session.tick(at(100), lagging=False)
    assert session.principal == fresh


@rule("AU37")
@pytest.mark.parametrize("other", [None, a_principal(an_actor("ben"), kind="bearer")])
def test_a_bearer_of_nobody_or_of_somebody_else_ends_the_socket(other):
    session = a_live_session(principal=a_principal(kind="bearer"))

    effects = session.renewed(other, at(5))

    assert (error_of(effects), code_of(effects)) == ("unauthenticated", Close.UNAUTHENTICATED)


@rule("AU38")
def test_a_fresh_token_on_a_cookie_socket_is_a_violation():
    effects = a_live_session().receive(Authenticate(token="token"), at(2))

    assert (error_of(effects), code_of(effects)) == ("not_a_bearer", Close.PROTOCOL_ERROR)


def test_a_cookie_that_ends_closes_the_socket_without_asking():
    session = a_live_session(principal=a_principal(expires_at=BEARER_ENDS))

    assert said(session.tick(at(75), lagging=False)) == []
    assert session.tick(at(100), lagging=True) == [Shut(Close.TOKEN_EXPIRED)]


@rule("CL2")
@pytest.mark.parametrize("session", [a_session(), a_live_session()])
def test_a_drained_socket_is_asked_to_move_and_closed_ten_seconds_later(session):
    effects = session.drain(2.5, at(3))

    assert effects == [Send(Drain(after_ms=2_500))]
    assert session.due <= 15.5
    assert Shut(Close.DRAIN) not in session.tick(at(4), lagging=False)
    assert session.tick(at(15.5), lagging=False) == [Shut(Close.DRAIN)]


@rule("CL2")
def test_a_socket_that_waits_for_its_welcome_is_drained_too():
    session = a_session()
    session.receive(a_hello(), at(1))

    session.drain(1.0, at(2))

    assert session.due == 13.0
    assert session.tick(at(12.9), lagging=False) == []
    assert session.tick(at(13), lagging=False) == [Shut(Close.DRAIN)]


@rule("CL3")
def test_bye_is_the_normal_closure():
    session = a_live_session()

    effects = session.receive(Bye(), at(2))

    assert effects == [Shut(None)]
    assert session.state == Closing(None)


@rule("CL4")
def test_a_fault_tells_the_client_its_incident_and_nothing_else():
    effects = a_live_session().fault("incident-1")

    assert effects == [
        Send(Error(code="internal", detail="incident-1")),
        Shut(Close.SERVER_ERROR),
    ]


@rule("CL1")
def test_after_a_close_nothing_is_said_or_done():
    session = a_live_session("board")
    session.receive(a_command(1), at(2))
    session.shut(Close.REVOKED)

    after = [
        session.frame(encoded(Ping()), binary=False, now=at(3)),
        session.frame(b"{", binary=True, now=at(3)),
        session.receive(Ping(), at(3)),
        session.greeted(Number(1), at(3)),
        session.answered(1, a_verdict(1)),
        session.busy(1, 0.5),
        session.renewed(a_principal(), at(3)),
        session.tick(at(99_999_999), lagging=False),
        session.drain(1.0, at(3)),
        session.oversized(),
        session.overloaded(),
        session.fault("incident"),
        session.shut(Close.DRAIN),
    ]

    assert after == [[]] * len(after)
    assert session.due == inf
    assert session.state == Closing(Close.REVOKED)


def test_an_overloaded_server_says_so():
    effects = a_session().overloaded()

    assert (error_of(effects), code_of(effects)) == ("overloaded", Close.OVERLOADED)


def test_a_session_says_when_it_wants_to_be_woken():
    waiting, live = a_session(), a_live_session()

    assert isinstance(waiting.state, AwaitingHello)
    assert waiting.due == 5.0
    assert isinstance(live.state, Live)
    assert live.due == 21.0
    live.tick(at(21), lagging=False)
    assert live.due == 31.0


def test_the_words_of_a_command_reach_the_submission_and_the_actor_is_the_credentials():
    session = a_live_session()
    message = msgspec.structs.replace(
        a_command(1), base_version=3, base_groups={"stage": 2}, over=4, depends_on=[1], fact=True
    )

    submission = session.receive(message, at(2))[0].submission

    assert submission.actor == session.principal.actor
    assert submission.command == ReleaseOrder(order_id="order-1")
    assert (submission.client_id, submission.number) == (SCOPED, 1)
    assert (submission.base_version, submission.base_groups, submission.over) == (
        3,
        {"stage": 2},
        4,
    )
    assert (submission.depends_on, submission.fact) == ((1,), True)


def test_sessions_share_nothing():
    broken, whole = a_live_session(), a_live_session()

    broken.frame(b"{", binary=False, now=at(2))

    assert isinstance(broken, Session)
    assert said(whole.receive(Ping(), at(2))) != []
