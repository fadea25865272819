"""Every message survives the wire, and each side meets what it does not know as agreed."""

from functools import cache
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polyfactory.factories.msgspec_factory import MsgspecFactory

from protocols.commands import Command
from protocols.from_client import FromClient
from protocols.from_server import FromServer, Op
from protocols.generate.declared import members, tag_of
from protocols.generate.examples import FROM_CLIENT, FROM_SERVER
from protocols.rejections import Rejection, RejectionCode
from protocols.views import View
from tests.support.rules import rule

SENT, SAID = members(FromClient), members(FromServer)
EXAMPLES = [*FROM_CLIENT, *FROM_SERVER]
CODECS = [msgspec.json, msgspec.msgpack]


def named(struct: type[msgspec.Struct]) -> str:
    return f"{struct.__module__.rpartition('.')[2]}.{struct.__name__}"


def name_of(message: msgspec.Struct) -> str:
    return named(type(message))


@cache
def factory_of(struct: type[msgspec.Struct]) -> type[MsgspecFactory]:
    """Builds valid instances: factories keep the lengths and patterns of all fields."""
    return MsgspecFactory.create_factory(
        struct, __randomize_collection_length__=True, __max_collection_length__=3
    )


def a_message(struct: type[msgspec.Struct], seed: int) -> msgspec.Struct:
    """Some valid instance, the same for the same seed."""
    factory = factory_of(struct)
    factory.seed_random(seed)
    return factory.build()


def union_of(struct: type[msgspec.Struct]) -> object:
    return FromClient if struct in SENT else FromServer


@pytest.mark.parametrize("codec", CODECS, ids=["json", "msgpack"])
@pytest.mark.parametrize("struct", [*SENT, *SAID], ids=named)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_message_survives_the_wire(struct, codec, seed):
    message = a_message(struct, seed)

    received = codec.decode(codec.encode(message), type=union_of(struct))

    assert received == message


@pytest.mark.parametrize("codec", CODECS, ids=["json", "msgpack"])
@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_survives_the_wire(example, codec):
    assert codec.decode(codec.encode(example), type=union_of(type(example))) == example


def test_every_message_has_an_example():
    assert {type(each) for each in FROM_CLIENT} == set(SENT)
    assert {type(each) for each in FROM_SERVER} == set(SAID)


@rule("LM8")
@pytest.mark.parametrize("example", FROM_CLIENT, ids=name_of)
def test_an_unknown_field_from_a_client_is_refused(example):
    message = msgspec.to_builtins(example) | {"mood": "fine"}

    with pytest.raises(msgspec.ValidationError, match="mood"):
        msgspec.json.decode(msgspec.json.encode(message), type=FromClient)


@rule("LM8")
@pytest.mark.parametrize("command", members(Command), ids=tag_of)
def test_an_unknown_argument_of_a_command_is_refused(command):
    intent = {"kind": tag_of(command), "mood": "fine"}
    message = {"type": "command", "number": 1, "command": intent}

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(message), type=FromClient)


@rule("HS62")
@pytest.mark.parametrize("example", FROM_SERVER, ids=name_of)
def test_an_unknown_field_from_the_server_is_ignored(example):
    message = msgspec.to_builtins(example) | {"mood": "fine"}

    assert msgspec.json.decode(msgspec.json.encode(message), type=FromServer) == example


@pytest.mark.parametrize("union", [FromClient, FromServer, Command, View, Rejection, Op])
def test_no_two_members_of_a_union_share_a_tag(union):
    tags = [tag_of(member) for member in members(union)]

    assert len(set(tags)) == len(tags)


def test_the_closed_list_of_rejection_codes_is_complete():
    assert list(get_args(RejectionCode)) == [tag_of(member) for member in members(Rejection)]
