"""The one clock and the one source of ids."""

from uuid import UUID

from protocols.vocabulary import Instant
from server.system import RandomIds, ScriptClock, SystemClock


def test_ids_are_uuids_of_version_7_and_ascend():
    ids = RandomIds()

    drawn = [ids.uuid() for _ in range(10_000)]

    assert drawn == sorted(set(drawn))
    assert {(UUID(one).version, UUID(one).variant) for one in drawn} == {
        (7, "specified in RFC 4122")
    }


def test_a_nonce_has_48_bits_and_is_never_zero():
    ids = RandomIds()

    assert all(0 < ids.nonce() < 2**48 for _ in range(1_000))


def test_a_token_has_256_bits():
    ids = RandomIds()

    assert len({ids.token() for _ in range(100)}) == 100
    assert len(ids.token()) == 43


def test_a_script_clock_shows_one_moment_per_look_and_then_stands():
    clock = ScriptClock(Instant(1))
    clock.follow([Instant(5), Instant(9)])

    assert [clock.now() for _ in range(4)] == [5, 9, 9, 9]


def test_the_clock_never_goes_back():
    clock = SystemClock()

    looks = [clock.monotonic() for _ in range(100)]

    assert looks == sorted(looks)
