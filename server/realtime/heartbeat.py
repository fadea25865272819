"""How long a socket may live: signs of life, and the end of its credential. Time comes in. [LV]"""

from math import inf
from typing import Literal

import msgspec

from protocols.handshake import App
from protocols.struct import Struct
from protocols.vocabulary import Instant
from server.application.principal import Principal
from server.domain.actor import Actor

PING_SECONDS = 25.0
"""Below the 30 s after which many proxies and mobile networks forget a silent connection."""

DISPLAY_PING_SECONDS = 2.0
"""A display must say within 5 s that it hears nothing, so two pings may be lost or late."""

FIRST_PING_SECONDS = (12.5, 25.0)
"""Random, so that sockets that came together do not ping together."""

PONG_SECONDS = 10.0

REMINDER_SECONDS = 30.0
"""How long before its bearer ends a client is asked for a fresh one."""


class Now(Struct, frozen=True):
    """One moment on both clocks: for deadlines, and for people."""

    seconds: float
    instant: Instant


def ping_seconds(actor: Actor, app: App) -> float:
    """Seconds between two pings. A screen on a wall has nobody who would notice that it died.

    A person may look at a display's view in the same app, and it must not call that dead.
    """
    on_a_wall = "display" in actor.roles or app.kind == "wallboard"
    return DISPLAY_PING_SECONDS if on_a_wall else PING_SECONDS


Sign = Literal["alive", "ping", "dead"]


class Heartbeat(Struct, frozen=True, kw_only=True):
    """When to ping next and, after a ping, until when something must be heard."""

    ping_at: float
    heard_by: float | None = None
    every: float = PING_SECONDS

    @property
    def due(self) -> float:
        """When `beat` has something to say next."""
        return self.ping_at if self.heard_by is None else min(self.ping_at, self.heard_by)

    def beat(self, now: float, *, lagging: bool) -> tuple["Heartbeat", Sign]:
        """What to do now. A lagging socket is not judged: our own ping may still be unsent."""
        if self.heard_by is not None and now >= self.heard_by:
            # LV3
            if lagging:
                return msgspec.structs.replace(self, heard_by=now + PONG_SECONDS), "alive"
            # LV2
            return self, "dead"
        if now < self.ping_at:
            return self, "alive"
        if self.heard_by is None:
            # LV1
            return self._pinged(now, heard_by=now + PONG_SECONDS), "ping"
        # HB22: the answer to an earlier ping is on its way; one more would only fill a full line.
        return self._pinged(now, heard_by=self.heard_by), "alive" if lagging else "ping"

    def _pinged(self, now: float, heard_by: float) -> "Heartbeat":
        return msgspec.structs.replace(self, ping_at=now + self.every, heard_by=heard_by)

    def heard(self) -> "Heartbeat":
        """Something came in: the socket lives until the next ping."""
        return self if self.heard_by is None else msgspec.structs.replace(self, heard_by=None)


class Term(Struct, frozen=True, kw_only=True):
    """Until when a credential speaks for its socket, and when to ask for a fresh one."""

    ends: float
    remind_at: float = inf

    @property
    def due(self) -> float:
        """When the term has to be looked at next."""
        return min(self.ends, self.remind_at)


def term_of(principal: Principal, now: Now) -> Term:
    """The term of a credential. A browser cannot be asked for a new cookie, so it is not."""
    ends = now.seconds + (principal.expires_at - now.instant) / 1_000
    if principal.kind == "cookie":
        return Term(ends=ends)
    return Term(ends=ends, remind_at=ends - REMINDER_SECONDS)
