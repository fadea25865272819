"""Whether the other side is still there. [LV]"""

from typing import Literal

Alarm = Literal["none", "probe", "dead"]

PROBE = 3.0
"""Seconds for the answer to a probe: several times the worst round trip of a phone."""


class Watchdog:
    """Any frame is a sign of life. Silence alone never ends a session, an unanswered probe does.

    A laptop that wakes up has heard nothing for hours on a socket that may be fine.
    """

    def __init__(self, now: float, patience: float) -> None:
        """Start listening."""
        self._patience = patience
        self._heard = now
        self._probed: float | None = None

    def heard(self, now: float) -> None:
        """A frame came."""
        self._heard = now
        self._probed = None

    def doubt(self, now: float) -> Alarm:
        """The machine woke up or changed its network: ask now."""
        if self._probed is not None:
            return "none"
        self._probed = now
        return "probe"

    def tick(self, now: float) -> Alarm:
        """What to do at this moment."""
        if self._probed is not None:
            return "dead" if now - self._probed >= PROBE else "none"
        return self.doubt(now) if now - self._heard >= self._patience else "none"

    def due(self) -> float:
        """When to tick next."""
        if self._probed is not None:
            return self._probed + PROBE
        return self._heard + self._patience
