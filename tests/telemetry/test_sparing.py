"""A log that somebody tries to fill stays small, and says what it left out."""

from server.telemetry.sparing import MINUTE, Sparing


class Hand:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_each_asker_has_its_lines_and_the_next_one_says_how_many_were_kept_back():
    clock = Hand()
    sparing = Sparing(clock)

    first = [sparing.admit("refused", "a", 2) for _ in range(5)]
    other = sparing.admit("refused", "b", 2)
    clock.seconds = MINUTE
    later = [sparing.admit("refused", "a", 2) for _ in range(2)]

    assert first == [0, 0, None, None, None]
    assert (other, later) == (3, [0, 0])


def test_a_thousand_askers_together_have_no_more_than_their_kind_may():
    clock = Hand()
    sparing = Sparing(clock)

    told = [sparing.admit("refused", number, 10) for number in range(1_000)]

    assert told.count(None) == 700
    # Another kind is not crowded out.
    assert sparing.admit("throttled", 1, 10) == 0
    clock.seconds = MINUTE
    assert sparing.admit("refused", 5_000, 10) == 700
