"""Nobody changes the wire without noticing."""

from protocols.generate.schema import fingerprint
from protocols.version import HISTORY, OLDEST_SUPPORTED, PROTOCOL_VERSION

# `python -m protocols.generate` prints the second one. Until the first release only it changes;
# from then on a new fingerprint means a new version with a line in HISTORY.
PINNED = (1, "3edccb1238a5ca56")


def test_the_wire_is_the_one_of_this_version():
    assert (PROTOCOL_VERSION, fingerprint()) == PINNED


def test_every_version_has_its_line_of_history():
    assert list(HISTORY) == list(range(1, PROTOCOL_VERSION + 1))
    assert all(HISTORY.values())


def test_the_oldest_supported_version_exists():
    assert OLDEST_SUPPORTED in HISTORY
