import json
import zlib

import msgspec
import pytest
from kanvoy_client._wire.from_client import Submit
from kanvoy_client._wire.from_server import Pong, Receipt, Rejected
from kanvoy_client._wire.rejections import Invalid, Problem
from kanvoy_client.codec import decode, encode
from kanvoy_client.errors import Violation

from client.python.tests.builders import a_note, a_put, changes
from client.python.tests.rules import rule

FRAME = changes(1, 2, *(a_put(number, 1) for number in range(60)))


def deflated(payload: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(payload) + packer.flush()


@rule("HS63")
@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        ("json", msgspec.json.encode(FRAME).decode()),
        ("json", deflated(msgspec.json.encode(FRAME))),
        ("msgpack", b"\x00" + msgspec.msgpack.encode(FRAME)),
        ("msgpack", b"\x01" + deflated(msgspec.msgpack.encode(FRAME))),
    ],
    ids=["text", "deflated", "msgpack", "deflated msgpack"],
)
def test_a_frame_means_the_same_in_every_coding(codec, payload):
    assert decode(codec, payload) == FRAME


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_what_we_say_is_one_message(codec):
    message = Submit(number=1, command=a_note())

    payload = encode(codec, message)

    read = msgspec.json.decode if codec == "json" else msgspec.msgpack.decode
    assert read(payload)["type"] == "command"
    assert isinstance(payload, str) == (codec == "json")


@rule("HS62")
def test_a_message_of_a_newer_type_is_nothing():
    assert decode("json", '{"type":"hologram"}') is None


@rule("HS62")
def test_newer_fields_are_left_out():
    assert decode("json", '{"type":"pong","server_time":5,"mood":"fine"}') == Pong(server_time=5)


@rule("HS64")
def test_a_newer_rejection_is_still_a_rejection():
    text = json.dumps(
        {"type": "rejected", "number": 4, "rejection": {"code": "full_moon", "until": 9}}
    )

    assert decode("json", text) == Rejected(
        number=4, rejection=Invalid(problems=(Problem(field="code", rule="full_moon"),))
    )


@rule("HS64")
def test_a_newer_rejection_of_one_item_of_a_bulk_is_still_a_rejection():
    item = {"index": 0, "aggregate_id": "so-1", "rejection": {"code": "full_moon"}}
    receipt = {"type": "receipt", "number": 4, "outcome": "applied", "sequence": 7, "items": [item]}

    message = decode("json", json.dumps(receipt))

    assert isinstance(message, Receipt)
    assert message.items[0].rejection == Invalid(
        problems=(Problem(field="code", rule="full_moon"),)
    )


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        ("json", "{"),
        ("json", "[]"),
        ("json", '{"number":1}'),
        ("json", '{"type":"pong","server_time":"noon"}'),
        ("json", b"\xff\xff\xff"),
        ("json", deflated(b'{"type":"pong"')[:-4]),
        ("json", "[" * 100_000),
        ("msgpack", "text"),
        ("msgpack", b""),
        ("msgpack", b"\x07\x80"),
        ("msgpack", b"\x00\xc1"),
        ("msgpack", b"\x01\xff\xff"),
    ],
)
def test_what_is_no_message_is_a_violation(codec, payload):
    with pytest.raises(Violation):
        decode(codec, payload)
