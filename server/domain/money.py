"""Integer arithmetic of money: one way to round, one way to share an amount out."""

from collections.abc import Sequence

WHOLE = 10_000
"""Basis points of everything."""


def ratio(amount: int, part: int, whole: int) -> int:
    """`amount × part ÷ whole`, rounded half up. The only place where money is rounded. [MO]

    Amounts are never negative; `whole` is greater than zero.
    """
    # MO1
    return (2 * amount * part + whole) // (2 * whole)


def share(amount: int, basis_points: int) -> int:
    """That many hundredths of a percent of the amount."""
    return ratio(amount, basis_points, WHOLE)


def tax_inside(amount: int, rate: int) -> int:
    """The tax that an amount already contains at this rate."""
    return ratio(amount, rate, WHOLE + rate)


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Share an amount out in proportion to the weights, by largest remainder. [MO]

    The parts sum to the amount exactly; among equal remainders the earlier one gets the cent. As
    long as the amount is at most the sum of the weights, no part is greater than its weight: a
    part is rounded up only when its exact share has a fraction, and that share is at most the
    weight. When all weights are zero nobody gets anything.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    # MO2
    parts = [amount * weight // whole for weight in weights]
    missing = amount - sum(parts)
    if missing:
        by_remainder = sorted(
            range(len(weights)), key=lambda index: (-(amount * weights[index] % whole), index)
        )
        for index in by_remainder[:missing]:
            parts[index] += 1
    return parts
