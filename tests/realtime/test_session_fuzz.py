"""Whatever bytes come in, a session answers with effects and never with an exception."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.from_client import (
    Acknowledge,
    Authenticate,
    Bye,
    FromClient,
    Ping,
    Pong,
    ReportMismatch,
    ShowPresence,
    Subscribe,
    Unsubscribe,
)
from protocols.from_server import Error
from protocols.handshake import Wanted
from protocols.vocabulary import Number
from server.realtime.effects import Shut
from server.realtime.session import Closing
from tests.support.damage import damaged
from tests.support.rules import rule
from tests.support.sockets import a_command, a_hello, a_live_session, a_session, at, said

EVERY_MESSAGE: tuple[FromClient, ...] = (
    a_hello("board", "presence:board"),
    Subscribe(wanted=Wanted(channel="order:order-1", cursor="1.2.3")),
    Unsubscribe(channel="board"),
    a_command(1),
    ShowPresence(channel="presence:board", doing="viewing"),
    ReportMismatch(channel="board", cursor="1.2.3", shown=4, told=5),
    Acknowledge(number=Number(3)),
    Ping(),
    Pong(),
    Authenticate(token="token"),
    Bye(),
)

ENCODE = {"json": msgspec.json.encode, "msgpack": msgspec.msgpack.encode}


def test_every_message_a_client_may_send_is_among_them():
    assert {type(message) for message in EVERY_MESSAGE} == set(FromClient.__args__)


@rule("LM8")
@given(st.binary(max_size=300), st.sampled_from(["json", "msgpack"]), st.booleans())
def test_any_bytes_are_answered(payload, codec, is_live):
    session = a_live_session(codec=codec) if is_live else a_session(codec=codec)

    effects = session.frame(payload, binary=codec == "msgpack", now=at(2))

    assert isinstance(session.state, Closing) == any(isinstance(e, Shut) for e in effects)


@rule("LM8")
@pytest.mark.parametrize("codec", ["json", "msgpack"])
@pytest.mark.parametrize("seed", range(4))
def test_damaged_messages_are_understood_or_refused_and_nothing_else(codec, seed):
    chance = random.Random(seed)
    closings = 0

    for _ in range(600):
        frame = damaged(chance, ENCODE[codec](chance.choice(EVERY_MESSAGE)))
        session = a_live_session("board", "presence:board", codec=codec)
        effects = session.frame(frame, binary=codec == "msgpack", now=at(2))
        shut = [e for e in effects if isinstance(e, Shut)]
        assert len(shut) <= 1
        assert all(len(m.detail) <= 200 for m in said(effects) if isinstance(m, Error))
        closings += len(shut)

    assert closings > 100


@given(st.lists(st.sampled_from(EVERY_MESSAGE), max_size=30), st.integers(0, 30))
def test_messages_in_any_order_never_break_a_session(messages, greeted_after):
    session, shut = a_session(), 0

    for index, message in enumerate(messages):
        effects = session.receive(message, at(1 + index * 0.1))
        if index == greeted_after:
            effects = [*effects, *session.greeted(Number(0), at(1 + index * 0.1))]
        effects = [*effects, *session.tick(at(1 + index * 0.1), lagging=False)]
        assert shut == 0 or effects == []
        shut += sum(isinstance(e, Shut) for e in effects)

    assert shut <= 1
