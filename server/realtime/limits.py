"""How much one socket may ask for, and the bucket that measures it. [LM]"""

from protocols.commands import Command, RunBulk
from protocols.handshake import Limits
from server.domain.actor import Actor
from server.domain.records import SaveRecord

FRAME_BYTES = 64 * 1024
"""What OWASP and Centrifugo allow too; the largest command, a bulk of 500 moves, needs 60 KB."""

SMALL_FRAME_BYTES = 16 * 1024
"""Drivers and displays never send bulks."""

SUBSCRIPTIONS = 16
COMMANDS_PER_SECOND = 20
COMMANDS_BURST = 60
UNANSWERED = 32
"""A client keeps at most so many commands unacknowledged, so more is not one of ours."""

BULK_ITEMS = 25
"""Items of a bulk that count as one command: a bulk of 500 takes as long to decide as 20 moves."""

KEPT = 64
"""Messages kept between `hello` and `welcome`: an honest client waits with its commands."""

REFUSALS = 10
"""So many `busy` in a row say that the client does not wait."""

FRAMES_PER_SECOND = 100
FRAMES_BURST = 300
"""Five times what an honest client sends when it resends a full outbox twice."""

PRESENCE_PER_SECOND = 10
PRESENCE_BURST = 20

SOCKETS_PER_PERSON = 20
ADMITTED_PER_SECOND = 150
ADMITTED_BURST = 300

HIGH_WATER = 48 * 1024
"""Below the feed's 64 KiB: whoever the feed left behind is certainly told when it has drained."""

LOW_WATER = 16 * 1024
"""A socket with less unsent counts as caught up."""


_ROUNDING = 1e-6


class Bucket:
    """Tokens that come back with time. Asked for one, it gives it or says how long to wait."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        """A full bucket of `burst` tokens that gets `rate` back per second."""
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at: float | None = None

    def wait(self, now: float, cost: int = 1) -> float:
        """Take tokens and answer 0, or leave them and answer the seconds until there are enough."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        # Whoever waited exactly as told must not fail by a rounding error.
        if self._tokens >= cost - _ROUNDING:
            self._tokens -= cost
            return 0.0
        return (cost - self._tokens) / self._rate


def frame_limit(actor: Actor) -> int:
    """The largest frame this actor may send."""
    small = all(role in {"driver", "display"} for role in actor.roles)
    return SMALL_FRAME_BYTES if small else FRAME_BYTES


def limits_of(actor: Actor) -> Limits:
    """What `welcome` tells the client about its limits."""
    return Limits(
        frame_bytes=frame_limit(actor),
        subscriptions=SUBSCRIPTIONS,
        commands_per_second=COMMANDS_PER_SECOND,
        commands_burst=COMMANDS_BURST,
        unacknowledged=UNANSWERED,
    )


def cost_of(command: Command | SaveRecord) -> int:
    """How many commands this one counts as."""
    return -(-len(command.items) // BULK_ITEMS) if isinstance(command, RunBulk) else 1
