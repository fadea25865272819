"""The one numbering of a client's commands, over all its sockets and identities. [RC]"""

from collections.abc import Callable

from kanvoy_client._wire.from_client import Submit
from kanvoy_client._wire.handshake import Welcome
from kanvoy_client._wire.rejections import Rejection
from kanvoy_client._wire.vocabulary import ClientId, Number
from kanvoy_client.flight import Flight, renumber
from kanvoy_client.outbox import Outbox


class Numbering:
    """What the outbox remembers and what is on its way, kept in step."""

    def __init__(self, outbox: Outbox, fresh_id: Callable[[], ClientId]) -> None:
        """Continue with what the outbox remembers."""
        self._outbox, self._fresh_id = outbox, fresh_id
        self._flight = Flight(outbox.pending())

    @property
    def client_id(self) -> ClientId:
        """Who numbers."""
        return self._outbox.client_id

    @property
    def last(self) -> Number:
        """The highest number given out."""
        return self._outbox.last_number

    @property
    def seen(self) -> Number:
        """All verdicts up to this number are safe with us."""
        oldest = self._flight.oldest()
        return Number(oldest - 1) if oldest is not None else self._outbox.last_number

    @property
    def is_settled(self) -> bool:
        """Whether every command has its verdict."""
        return self._flight.oldest() is None

    def reopen(self) -> None:
        """On a new socket nothing has been sent yet."""
        self._flight = Flight(self._outbox.pending())

    def add(self, submit: Submit) -> None:
        """Keep the next command and send it when there is room."""
        # RC61: durable before it is sent, or a crash would lose it and reuse its number.
        self._outbox.add(submit)
        self._flight.add(submit)

    def settle(self, number: Number, rejection: Rejection | None = None) -> bool:
        """Whether this is the first verdict of one of ours; it is settled then."""
        if number not in self._flight:
            return False
        self._outbox.settle(number, rejection)
        self._flight.settle(number)
        return True

    def agree(self, welcome: Welcome) -> bool:
        """Whether the server remembers what we do; if so, we learn what only it knows."""
        if welcome.last_number < self.seen:
            return False
        self._outbox.skip_to(welcome.last_number)
        self._flight.limit = welcome.limits.unacknowledged
        return True

    def fill(self, expected: Number) -> bool:
        """Send again from the number that the server misses, if we still have it."""
        oldest = self._flight.oldest()
        if oldest is None or oldest > expected:
            return False
        self._flight.rewind(expected)
        return True

    def wait(self, number: Number, until: float) -> None:
        """Send from this number on again, but not before this moment."""
        self._flight.rewind(number)
        self._flight.pause(until)

    def start_over(self) -> dict[Number, Number]:
        """Become a new client with what is unanswered; answers old number → new number."""
        numbers, renumbered = renumber(self._outbox.pending())
        self._outbox.start_over(self._fresh_id(), renumbered)
        self._flight = Flight(renumbered)
        return numbers

    def ready(self, now: float) -> list[Submit]:
        """What may be sent now; it counts as sent from here on."""
        return self._flight.ready(now)

    def due(self) -> float | None:
        """When there may be more to send without anything having come in."""
        return self._flight.due()
