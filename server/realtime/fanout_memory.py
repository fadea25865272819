"""News between the nodes of one process, for tests and for a single node without a bus."""

from protocols.vocabulary import TenantId
from server.application.ports import News
from server.realtime.ears import Ears


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

    def carry(self, sender: "MemoryFanout", news: News) -> None:
        """Bring the news to every other node at once."""
        for fanout in tuple(self._fanouts):
            if fanout is not sender:
                fanout.hear(news)


class MemoryFanout(Ears):
    """One node's end of a bus. See `ports.Fanout` for the guarantees."""

    def __init__(self, bus: MemoryBus) -> None:
        """Speak and hear through this bus, which is never away."""
        super().__init__(whole=True)
        self._bus = bus

    def publish(self, news: News) -> None:
        """See `Fanout`."""
        self._bus.carry(self, news)

    def follow(self, tenant_id: TenantId) -> None:
        """See `Fanout`."""
        self.followed[tenant_id] = None

    def unfollow(self, tenant_id: TenantId) -> None:
        """See `Fanout`."""
        self.followed.pop(tenant_id, None)
