"""When to come back after a socket is gone. [CL]"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from kanvoy_client._wire.closing import AT_ONCE, FINAL

GOING_AWAY, ABNORMAL, RESTARTING = 1001, 1006, 1012
"""Of RFC 6455: a proxy or a network let go, which says nothing about us."""

LONGEST = 30.0
"""Seconds; longer would leave a person in front of a dead board after a short outage."""

STEADY = 5.0
"""Seconds alive after which a lost socket counts as the first. A server that welcomes and hangs
up must not get a hot loop."""


@dataclass(frozen=True)
class Again:
    """Open a new socket after so many seconds."""

    after: float


@dataclass(frozen=True)
class Never:
    """Coming back unchanged would not help."""

    code: int


Plan: TypeAlias = Again | Never


class Reconnect:
    """Counts attempts and draws the waits: full jitter, `random() · min(30 s, 0.5 s · 2ⁿ)`."""

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` answers a number in [0, 1)."""
        self._random = random
        self._attempts = 0

    def lost(self, code: int, *, alive: float) -> Plan:
        """What to do after this close code, when the session had been alive so many seconds."""
        # CL61
        if code in FINAL:
            return Never(code)
        if alive >= STEADY:
            self._attempts = 0
        attempt = self._attempts
        self._attempts += 1
        # CL62
        if attempt == 0 and (code in AT_ONCE or code in (GOING_AWAY, ABNORMAL, RESTARTING)):
            return Again(0.0)
        # CL63; 2⁶ · 0.5 s is past the longest wait, and keeps the power small.
        return Again(self._random() * min(LONGEST, 0.5 * 2.0 ** min(attempt, 6)))
