"""How fast commands may come, whichever way, and the bucket that measures it. [LM]"""

from collections import OrderedDict

from protocols.commands import Command, RunBulk
from protocols.vocabulary import PersonId, TenantId
from server.application.ports import Clock
from server.domain.actor import Actor
from server.domain.orders.escalate import EscalateStop
from server.domain.records import SaveRecord

COMMANDS_PER_SECOND = 20
COMMANDS_BURST = 60
"""Nobody drags faster; a script that imports uses bulks."""

BULK_ITEMS = 25
"""Items of a bulk that count as one command: a bulk of 500 takes as long to decide as 20 moves."""

_MOST_PEOPLE = 4_096
"""People whose pace is remembered; then all begin again, which costs a burst each."""

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


def cost_of(command: Command | SaveRecord | EscalateStop) -> int:
    """How many commands this one counts as."""
    return -(-len(command.items) // BULK_ITEMS) if isinstance(command, RunBulk) else 1


class Paced:
    """How fast strangers ask something, by whatever names them. Remembers the most recent ones."""

    def __init__(self, clock: Clock) -> None:
        """Nobody has asked."""
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, who: str, *, per_second: float, burst: float) -> float:
        """Seconds until this asker may ask; 0 when it counts from here on."""
        bucket = self._buckets.get(who)
        if bucket is None:
            # Whoever draws many names pushes out those that nobody used for longest.
            if len(self._buckets) >= _MOST_PEOPLE:
                self._buckets.popitem(last=False)
            bucket = self._buckets[who] = Bucket(per_second, burst)
        self._buckets.move_to_end(who)
        return bucket.wait(self._clock.monotonic())


class Paces:
    """How fast each person sends commands without a socket. [LM12]"""

    def __init__(self) -> None:
        """Nobody has sent anything."""
        self._buckets: dict[tuple[TenantId, PersonId], Bucket] = {}

    def wait(self, actor: Actor, command: Command, now: float) -> float:
        """Seconds until this person may send this command; 0 when it counts from here on."""
        if len(self._buckets) >= _MOST_PEOPLE:
            self._buckets.clear()
        person = (actor.tenant_id, actor.id)
        bucket = self._buckets.get(person)
        if bucket is None:
            bucket = self._buckets[person] = Bucket(COMMANDS_PER_SECOND, COMMANDS_BURST)
        return bucket.wait(now, cost_of(command))
