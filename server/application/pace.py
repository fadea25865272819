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

LOOKUPS_PER_SECOND = 50
LOOKUPS_BURST = 500
"""Nobody types or leafs as fast; a program that reads all it can find is slowed down to this."""

TENANT_COMMANDS_PER_SECOND = 400
"""Fifty busy operators send 50 a second together."""

TENANT_BURST_SECONDS = 3
"""So many seconds' worth may come at once: a house that comes back with full outboxes."""

TENANT_WAIT = 1.0
"""Seconds to wait when the tenant has used up its share: told the moment of the next token, all
its sockets would come for that one."""

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
        if self.lacks(now, cost):
            return (cost - self._tokens) / self._rate
        self._tokens -= cost
        return 0.0

    def lacks(self, now: float, cost: int = 1) -> bool:
        """Whether there are too few tokens; takes none."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        # Whoever waited exactly as told must not fail by a rounding error.
        return self._tokens < cost - _ROUNDING


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
    """How fast each tenant sends commands, and each person without a socket. [LM12, LM13]"""

    def __init__(self, tenant_per_second: int = TENANT_COMMANDS_PER_SECOND) -> None:
        """Nobody has sent anything; a tenant may send so many a second on this node."""
        self._tenant_per_second = tenant_per_second
        self._people: dict[tuple[TenantId, PersonId], Bucket] = {}
        self._tenants: dict[TenantId, Bucket] = {}

    def of_tenant(self, tenant_id: TenantId) -> Bucket:
        """What all sockets of a tenant and its HTTP share."""
        bucket = self._tenants.get(tenant_id)
        if bucket is None:
            rate = self._tenant_per_second
            bucket = self._tenants[tenant_id] = Bucket(rate, rate * TENANT_BURST_SECONDS)
        return bucket

    def wait(self, actor: Actor, command: Command, now: float) -> float:
        """Seconds until this person may send this command; 0 when it counts from here on."""
        if len(self._people) >= _MOST_PEOPLE:
            self._people.clear()
        person = (actor.tenant_id, actor.id)
        bucket = self._people.get(person)
        if bucket is None:
            bucket = self._people[person] = Bucket(COMMANDS_PER_SECOND, COMMANDS_BURST)
        cost = cost_of(command)
        own = bucket.wait(now, cost)
        return own or tenant_wait(self.of_tenant(actor.tenant_id), now, cost)


def tenant_wait(tenant: Bucket, now: float, cost: int) -> float:
    """Seconds until a tenant's command may be sent again; 0 when it counts from here on."""
    wait = tenant.wait(now, cost)
    return max(TENANT_WAIT, wait) if wait else 0.0
