"""Which commands are on their way, and which may go next. [RC]"""

from collections import deque
from collections.abc import Iterable

import msgspec

from kanvoy_client._wire.from_client import Submit
from kanvoy_client._wire.vocabulary import Number

UNACKNOWLEDGED = 32
"""Until `welcome.limits` says otherwise."""


def renumber(pending: Iterable[Submit]) -> tuple[dict[Number, Number], list[Submit]]:
    """The same commands numbered from 1, and old number → new number.

    What was answered already is no dependency any more.
    """
    commands = tuple(pending)
    numbers = {each.number: Number(place) for place, each in enumerate(commands, start=1)}
    renumbered = [
        msgspec.structs.replace(
            each,
            number=numbers[each.number],
            depends_on=[numbers[other] for other in each.depends_on if other in numbers],
        )
        for each in commands
    ]
    return numbers, renumbered


class Flight:
    """Commands in order: first those sent on this socket, then those that wait."""

    def __init__(self, pending: Iterable[Submit]) -> None:
        """Nothing of the outbox has been sent yet."""
        self._sent: dict[Number, Submit] = {}
        self._waiting = deque(pending)
        self._paused_until: float | None = None
        self.limit = UNACKNOWLEDGED

    def __contains__(self, number: object) -> bool:
        return number in self._sent or any(each.number == number for each in self._waiting)

    def oldest(self) -> Number | None:
        """The first command without a verdict."""
        first = (next(iter(self._sent), None), self._waiting[0].number if self._waiting else None)
        return min((number for number in first if number is not None), default=None)

    def add(self, submit: Submit) -> None:
        """One more, the newest."""
        self._waiting.append(submit)

    def settle(self, number: Number) -> None:
        """It has its verdict."""
        if self._sent.pop(number, None) is None:
            # A verdict may overtake our second sending, after a reconnect.
            self._waiting = deque(each for each in self._waiting if each.number != number)

    def rewind(self, number: Number) -> None:
        """Everything from this number on must be sent again."""
        again = [each for each in self._sent.values() if each.number >= number]
        for submit in again:
            del self._sent[submit.number]
        self._waiting.extendleft(reversed(again))

    def pause(self, until: float) -> None:
        """Send nothing before this moment."""
        self._paused_until = max(until, self._paused_until or until)

    def ready(self, now: float) -> list[Submit]:
        """What may be sent now; it counts as sent from here on."""
        if self._paused_until is not None:
            if now < self._paused_until:
                return []
            self._paused_until = None
        ready: list[Submit] = []
        while self._waiting and len(self._sent) < self.limit:
            submit = self._waiting.popleft()
            self._sent[submit.number] = submit
            ready.append(submit)
        return ready

    def due(self) -> float | None:
        """When a pause ends."""
        return self._paused_until if self._waiting else None
