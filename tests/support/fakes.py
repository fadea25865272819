"""A clock that moves when told and identifiers that repeat with their seed."""

import random
from uuid import UUID

from protocols.vocabulary import Instant, Nonce

MONDAY = Instant(1_795_000_000_000)
"""Where fake time starts: 2026-11-18T11:06:40Z."""


class FakeClock:
    """Time that stands still between `advance`s."""

    def __init__(self, now: Instant = MONDAY) -> None:
        """Start at a moment."""
        self._now = now
        self._monotonic = 0.0

    def now(self) -> Instant:
        """The moment it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since its start."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        self._monotonic += seconds
        self._now = Instant(self._now + round(seconds * 1_000))


class FakeIds:
    """Chance from a seed: the same seed draws the same identifiers."""

    def __init__(self, seed: int = 1) -> None:
        """Begin the sequence of this seed."""
        self._random = random.Random(seed)

    def uuid(self) -> str:
        """An identifier in the form of a UUIDv7."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def nonce(self) -> Nonce:
        """48 bits, never 0."""
        return Nonce(self._random.getrandbits(48) or 1)

    def token(self) -> str:
        """A secret."""
        return f"{self._random.getrandbits(256):064x}"

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high]."""
        return self._random.uniform(low, high)
