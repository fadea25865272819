"""Frames that are no messages, too large or too many: each with its documented answer."""

import msgspec
import pytest

from protocols.closing import Close
from protocols.commands import AddNote
from protocols.from_client import FromClient, Ping, Pong
from protocols.from_server import Error
from protocols.from_server import Pong as PongBack
from server.realtime.effects import Send, Shut
from tests.support.rules import rule
from tests.support.sockets import a_command, a_live_session, a_principal, an_actor, at, said


def encoded(message: FromClient) -> bytes:
    return msgspec.json.encode(message)


def code_of(effects: list[object]) -> Close | None:
    assert isinstance(effects[-1], Shut)
    return effects[-1].code


def error_of(effects: list[object]) -> str:
    assert isinstance(effects[0], Send)
    assert isinstance(effects[0].message, Error)
    return effects[0].message.code


@rule("LM8")
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"nonsense",
        b"[]",
        b"{}",
        b"null",
        b'{"type":1}',
        b'{"type":"nope"}',
        b'{"type":"ping","extra":1}',
        b'{"type":"ping"',
        b'{"type":"\xff"}',
        b'{"type":"\\ud800"}',
        b'{"type":"subscribe"}',
        b'{"type":"subscribe","wanted":{"channel":"b\xc3("}}',
        b'{"type":"subscribe","wanted":{"channel":"../../etc"}}',
        b'{"type":"subscribe","wanted":{"channel":"board","cursor":"1.2"}}',
        b'{"type":"command","number":0,"command":{"kind":"release_order","order_id":"o-1"}}',
        b'{"type":"command","number":1,"command":{"kind":"nope"}}',
        b'{"type":"command","number":1,"command":{"kind":"release_order","order_id":"A B"}}',
        b'{"type":"command","number":1.5,"command":{"kind":"release_order","order_id":"o-1"}}',
        b'{"type":"presence","channel":"presence:board","doing":"flying"}',
        b'{"type":"presence","channel":"presence:board","doing":"viewing","group":"\\u0000"}',
        b'{"type":"acknowledge","number":-1}',
        b'{"type":"acknowledge","number":18446744073709551616}',
        b'{"type":"command","number":9007199254740992,'
        b'"command":{"kind":"release_order","order_id":"o-1"}}',
        b'{"type":"command","x":' + b"[" * 60_000,
        b'{"type":"command","command":' + b'{"kind":' * 5_000,
    ],
)
def test_a_frame_that_is_no_message_ends_the_socket_with_a_reason(payload):
    effects = a_live_session().frame(payload, binary=False, now=at(2))

    assert (error_of(effects), code_of(effects)) == ("malformed", Close.PROTOCOL_ERROR)
    assert len(said(effects)[0].detail) <= 200


@rule("LM8")
def test_a_reason_never_quotes_more_than_200_characters():
    payload = b'{"type":"ping","' + b"x" * 50_000 + b'":1}'

    effects = a_live_session().frame(payload, binary=False, now=at(2))

    assert len(said(effects)[0].detail) == 200


@rule("LM8")
@pytest.mark.parametrize(("codec", "binary"), [("json", True), ("msgpack", False)])
def test_text_and_binary_must_not_be_mixed(codec, binary):
    effects = a_live_session(codec=codec).frame(encoded(Ping()), binary=binary, now=at(2))

    assert (error_of(effects), code_of(effects)) == ("malformed", Close.PROTOCOL_ERROR)


def test_messagepack_is_understood_where_it_was_chosen():
    session = a_live_session(codec="msgpack")

    effects = session.frame(msgspec.msgpack.encode(Ping()), binary=True, now=at(2))

    assert isinstance(said(effects)[0], PongBack)


def a_frame_of(size: int) -> bytes:
    note = AddNote(order_id="order-1", note_id="note-1", text="n")
    frame = encoded(msgspec.structs.replace(a_command(1), command=note))
    return frame + b" " * (size - len(frame))


@rule("LM1")
def test_an_operators_frame_may_have_64_kib_and_no_more():
    session = a_live_session()

    fits = session.frame(a_frame_of(65_536), binary=False, now=at(2))
    effects = session.frame(a_frame_of(65_537), binary=False, now=at(2))

    assert said(fits) == []
    assert (error_of(effects), code_of(effects)) == ("too_large", Close.FRAME_TOO_LARGE)


@rule("LM1")
@pytest.mark.parametrize("roles", [("driver",), ("display",), ("driver", "display"), ()])
def test_a_driver_or_a_display_may_send_16_kib_and_no_more(roles):
    session = a_live_session(principal=a_principal(an_actor(roles=roles)))

    fits = session.frame(a_frame_of(16_384), binary=False, now=at(2))
    effects = session.frame(a_frame_of(16_385), binary=False, now=at(2))

    assert said(fits) == []
    assert code_of(effects) == Close.FRAME_TOO_LARGE


@rule("LM1")
def test_who_is_more_than_a_driver_may_send_as_much_as_any_operator():
    session = a_live_session(principal=a_principal(an_actor(roles=("driver", "dispatcher"))))

    assert said(session.frame(a_frame_of(16_385), binary=False, now=at(2))) == []


@rule("LM6")
def test_a_flood_of_frames_ends_the_socket():
    session = a_live_session()

    effects = [session.frame(encoded(Pong()), binary=False, now=at(2)) for _ in range(301)]

    assert effects[:300] == [[]] * 300
    assert (error_of(effects[300]), code_of(effects[300])) == ("rate", Close.RATE)
