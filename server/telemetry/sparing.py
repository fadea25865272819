"""How many lines of one kind a minute the log takes: whoever asks for more fills no disk."""

from collections import Counter
from collections.abc import Callable, Hashable
from time import monotonic

MINUTE = 60.0

_MOST_TOGETHER = 300
"""Lines of one kind a minute, whoever causes them: 90 KB, or 130 MB in a day of an attack."""


class Sparing:
    """Lets a few lines of each subject through, and counts what it keeps back.

    A minute begins anew for all subjects at once, so nothing is remembered for longer.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Count by this clock, in seconds that only grow."""
        self._clock = clock
        self._minute = -1
        self._told: Counter[tuple[str, Hashable]] = Counter()
        self._together: Counter[str] = Counter()
        self._unsaid: Counter[str] = Counter()

    def admit(self, kind: str, subject: Hashable, most: int) -> int | None:
        """How many lines of this kind were kept back before this one; None when it is, too."""
        minute = int(self._clock() // MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._told.clear()
            self._together.clear()
        if self._told[kind, subject] >= most or self._together[kind] >= _MOST_TOGETHER:
            self._unsaid[kind] += 1
            return None
        self._told[kind, subject] += 1
        self._together[kind] += 1
        return self._unsaid.pop(kind, 0)
