import msgspec
import pytest
from kanvoy_client._wire.from_client import Subscribe
from kanvoy_client.codec import Codec, decode

from client.python.tests.builders import a_session, a_welcome
from client.python.tests.conversations import Conversation, conversations
from client.python.tests.rules import rule


@rule("CH61", "CH62", "CH63", "CH64", "CH65", "SN61", "SN62", "SN63", "SN64", "SN65", "HS62")
@pytest.mark.parametrize("codec", ["json", "msgpack"])
@pytest.mark.parametrize("conversation", conversations(), ids=lambda each: each.name)
def test_a_golden_conversation_ends_in_the_expected_state(conversation: Conversation, codec: Codec):
    session = a_session()
    session.watch(conversation.channel)
    session.opened(0.0)
    session.receive(a_welcome(), 0.0)
    for frame in conversation.before:
        session.receive(frame, 0.0)
    session.take(0.0)

    for text in conversation.frames:
        payload = (
            text if codec == "json" else b"\x00" + msgspec.msgpack.encode(msgspec.json.decode(text))
        )
        message = decode(codec, payload)
        if message is not None:
            session.receive(message, 1.0)

    channel = session.replica.channels[conversation.channel]
    shown = {key: (held.version, held.view) for key, held in channel.items.items()}
    assert shown == conversation.items()
    cursor = channel.cursor.text() if channel.cursor else None
    assert cursor == conversation.expected["cursor"]
    assert channel.whole == conversation.expected["whole"]
    asked = [each for each in session.take(1.0) if isinstance(each, Subscribe)]
    assert bool(asked) == conversation.expected["asks_again"]
