from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary import Rank
from server.domain.rank import LONG, between, is_long, several


def test_the_only_card_gets_a_key():
    assert between(None, None) == "a0"


@given(st.lists(st.integers(0, 1_000), max_size=60))
def test_keys_placed_anywhere_stay_in_order(places: list[int]):
    keys: list[Rank] = []
    for place in places:
        index = place % (len(keys) + 1)
        low = keys[index - 1] if index else None
        high = keys[index] if index < len(keys) else None

        keys.insert(index, between(low, high))

    assert keys == sorted(set(keys))


def test_between_two_cards_of_the_same_rank_a_third_comes_behind_both():
    key = between(Rank("a1"), Rank("a1"))

    assert Rank("a1") < key < Rank("a2")
    assert key < between(key, Rank("a2")) < Rank("a2")


def test_many_keys_at_once_ascend_between_their_neighbours():
    keys = several(Rank("a0"), Rank("a1"), 50)

    assert list(keys) == sorted(set(keys))
    assert Rank("a0") < keys[0]
    assert keys[-1] < Rank("a1")


def test_a_thousand_drops_into_one_gap_keep_keys_below_two_hundred_characters():
    low, high = Rank("a0"), Rank("a1")
    for _ in range(1_000):
        high = between(low, high)

    assert LONG < len(high) < 200
    assert is_long(high)


def test_ends_of_a_column_keep_keys_short():
    top, bottom = Rank("a0"), Rank("a0")
    for _ in range(1_000):
        top, bottom = between(None, top), between(bottom, None)

    assert not is_long(top)
    assert not is_long(bottom)
