"""Ranks: text keys between two neighbours, so that placing one card touches no other.

Keys stay short by themselves where it matters: at the ends of a column a key counts like an
integer (at most one more digit per 62-fold growth). Only placing again and again into the same
gap lengthens them, by one digit for about six placements (log2 of 62): a thousand such drops give
about 170 characters, which costs nothing but space. `is_long` says when tidying up is worth it:
reorder the cards of the stage to the bottom one by one, from top to bottom, with ordinary
`reorder_order` commands; each gets the next short key and the order of the cards stays.
"""

from fractional_indexing import generate_key_between, generate_n_keys_between

from protocols.vocabulary import Rank

LONG = 64
"""About 380 drops into one gap; a key of this length is a fifth of a card's view."""


LONGEST = 512
"""About 3,000 drops into one gap; whoever goes on for ever must not make all cards large."""


def between(low: Rank | None, high: Rank | None) -> Rank:
    """A key after `low` and before `high`; None is the end of the column.

    Two cards can have the same rank, when a restored one comes back to a place that was taken
    meanwhile. Nothing fits between them, so the new key goes right behind both.
    """
    if low is not None and high is not None and low >= high:
        return Rank(low + "V")
    return Rank(str(generate_key_between(low, high)))


def several(low: Rank | None, high: Rank | None, count: int) -> tuple[Rank, ...]:
    """That many ascending keys after `low` and before `high`."""
    return tuple(Rank(key) for key in generate_n_keys_between(low, high, count))


def is_long(rank: Rank) -> bool:
    """Whether the stage deserves fresh keys."""
    return len(rank) > LONG
