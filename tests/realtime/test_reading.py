"""What a sender is told about a frame that is no message."""

from server.realtime.reading import Malformed, read


def test_a_pattern_is_shown_as_it_is_written():
    frame = b'{"type":"subscribe","wanted":{"channel":"board","cursor":"no cursor"}}'

    refused = read("json", frame, binary=False)

    assert isinstance(refused, Malformed)
    assert r"\." in refused.why
    assert "\\\\" not in refused.why
