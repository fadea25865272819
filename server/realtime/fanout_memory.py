"""Hints between the nodes of one process, for tests and for a single node without a bus."""

from collections.abc import Callable

from server.application.ports import Hint


class MemoryBus:
    """Joins the nodes that were given one of its fan-outs."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._fanouts: dict[MemoryFanout, None] = {}

    def fanout(self) -> "MemoryFanout":
        """One more node's end of the bus."""
        fanout = MemoryFanout(self)
        self._fanouts[fanout] = None
        return fanout

    def carry(self, sender: "MemoryFanout", hint: Hint) -> None:
        """Bring the hint to every other node at once."""
        for fanout in tuple(self._fanouts):
            if fanout is not sender:
                fanout.hear(hint)


class MemoryFanout:
    """One node's end of a bus. See `ports.Fanout` for the guarantees."""

    def __init__(self, bus: MemoryBus) -> None:
        """Speak and hear through this bus."""
        self._bus = bus
        self._receivers: dict[Callable[[Hint], None], None] = {}

    def publish(self, hint: Hint) -> None:
        """Tell the other nodes."""
        self._bus.carry(self, hint)

    def listen(self, receive: Callable[[Hint], None]) -> Callable[[], None]:
        """Hear hints of other nodes."""
        self._receivers[receive] = None
        return lambda: self._receivers.pop(receive, None) and None

    def hear(self, hint: Hint) -> None:
        """A hint of another node arrived."""
        for receive in tuple(self._receivers):
            receive(hint)
