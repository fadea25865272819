"""Everything a live socket reaches out to, in our words."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from protocols.vocabulary import ClientId, Number, Sequence, TenantId
from server.application.pace import Paces
from server.application.ports import Clock
from server.application.principal import Authenticator
from server.application.submission import Submission
from server.application.turns import Turns
from server.application.verdict import Verdict
from server.domain.actor import Actor
from server.realtime.connection import Connection
from server.realtime.heartbeat import Now
from server.realtime.intake import Intake
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.timers import Wheel
from server.telemetry.security import Security, Unheard

_ERRANDS, _ERRANDS_EACH = 8, 4
"""A subscription takes half a millisecond of the loop: a tenant gets so many between two looks at
everybody else's, and no tenant waits for more than all places."""

_ERRAND_PATIENCE = 30.0
"""Seconds that one waits for its place: whoever is sent away comes back and asks for more."""


def _errands() -> Turns:
    return Turns(_ERRANDS, _ERRANDS_EACH, patience=_ERRAND_PATIENCE)


class Feeds(Protocol):
    """The channels of this node's journals."""

    async def subscribe(
        self,
        tenant_id: TenantId,
        connection: Connection,
        channel: str,
        cursor: str | None,
        actor: Actor,
    ) -> None:
        """Watch a channel; the feed itself writes what follows, a refusal too."""

    def unsubscribe(self, connection: Connection, channel: str) -> None:
        """Stop watching one channel."""

    def detach(self, connection: Connection) -> None:
        """The socket is gone: all its watching ends."""

    async def drained(self, connection: Connection) -> None:
        """The socket can take more: what it missed, and the next parts of its snapshots."""

    def heads(self, connection: Connection) -> dict[str, Sequence]:
        """How far each channel was sent to this socket."""

    def checksums(self, connection: Connection) -> dict[str, int]:
        """What each counted channel must add up to there."""


class Commands(Protocol):
    """The one write path, and what is remembered about clients."""

    def submit(self, submission: Submission) -> Awaitable[Verdict]:
        """The verdict, once it is durable; raises `StorageBusy` when there is none.

        Ordering: commands are decided in the order of the calls.
        """

    async def last_number(self, tenant_id: TenantId, client_id: ClientId) -> Number:
        """The client's highest answered number; raises `StorageBusy`."""

    async def acknowledge(self, tenant_id: TenantId, client_id: ClientId, number: Number) -> None:
        """The client has all verdicts up to `number` safe; raises `StorageBusy`."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What every socket of this node shares."""

    feeds: Feeds
    commands: Commands
    authenticator: Authenticator
    presences: Presences
    roster: Roster
    wheel: Wheel
    clock: Clock
    paces: Paces = msgspec.field(default_factory=Paces)
    """How fast each tenant may send commands; shared with the HTTP side."""
    intake: Intake | None = None
    """Has tenants take turns with what comes in; without it everything is handled as it comes."""
    errands: Turns = msgspec.field(default_factory=_errands)
    """Places for subscriptions under way."""
    report: Callable[[BaseException], str]
    """Log a bug in full; answers the incident id under which it can be found."""
    security: Security = msgspec.field(default_factory=Unheard)

    def now(self) -> Now:
        """The moment on both clocks."""
        return Now(self.clock.monotonic(), self.clock.now())
