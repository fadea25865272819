"""Presence across nodes: each tells what its own people say, and asks when somebody joins. [MN]

Nothing is kept between the nodes. Every word says how long it is good, and is told anew every five
seconds: a node that dies takes its people with it within 15 s, and a bus that was away has missed
nothing that is not told again.
"""

from protocols.vocabulary import TenantId
from server.application.ports import Clock, Fanout, News
from server.realtime.channels import DRIVERS
from server.realtime.circle import Circle
from server.realtime.news import Asked, Said
from server.realtime.presence import Place, Presences

REPEAT_SECONDS = 5.0
"""As clients do: two lost tellings are no absence."""


class PresenceAbroad:
    """Joins the presences of this node with those of the others. Implements `Abroad`."""

    def __init__(self, presences: Presences, fanout: Fanout, clock: Clock, node: str) -> None:
        """Join them; `node` is a name that no other process ever has."""
        self.presences = presences
        self._fanout = fanout
        self._clock = clock
        self._node = node
        presences.abroad = self
        fanout.listen(self._heard)
        fanout.attend(self._changed)

    async def round(self) -> None:
        """Tell all again; called every `REPEAT_SECONDS`."""
        self.presences.repeat()

    def tell(self, place: Place, circle: Circle, *, full: bool = False) -> None:
        """See `Abroad`."""
        words, gone = circle.tell(self._clock.monotonic(), full=full)
        if words or gone:
            tenant_id, channel = place
            self._fanout.publish(
                Said(
                    tenant_id=tenant_id,
                    node=self._node,
                    channel=channel,
                    words=words,
                    gone=gone,
                    full=full,
                )
            )

    def ask(self, place: Place) -> None:
        """See `Abroad`."""
        tenant_id, channel = place
        self._fanout.publish(Asked(tenant_id=tenant_id, channel=channel))

    def _heard(self, news: News) -> None:
        match news:
            case Said():
                # Planners look for drivers where no map is open.
                self.presences.heard(news, kept=news.channel == DRIVERS)
            case Asked(tenant_id=tenant_id, channel=channel):
                self.presences.asked((TenantId(tenant_id), channel))
            case _:
                pass

    def _changed(self) -> None:
        # MN9
        if self._fanout.whole:
            self.presences.repeat()
            self.presences.ask_again()
