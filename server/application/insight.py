"""What of a running node can be looked at beside its tallies. Read only when somebody asks."""

from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from protocols.vocabulary import TenantId
from server.application.tally import Timing


class Pulse:
    """How the node itself does, whoever its tenants are."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.loop_gap = Timing()
        """By how much the event loop was late, looked at four times a second."""
        self.rounds: dict[str, Timing] = {}
        self.failed: Counter[str] = Counter()

    def round_took(self, name: str, seconds: float, *, failed: bool) -> None:
        """A round came to its end."""
        self.rounds.setdefault(name, Timing()).took(seconds)
        self.failed[name] += failed


class Insight(msgspec.Struct, frozen=True):
    """Where to look. A tenant sees its own; None stands for all of the node."""

    sockets: Callable[[TenantId | None], Mapping[str, int]]
    """Live sockets by audience: desk, driver, display."""
    lag: Callable[[TenantId | None], Mapping[str, tuple[int, int]]]
    """Kind of channel → its readers, and the rows by which the last one is behind."""
    pulse: Pulse
