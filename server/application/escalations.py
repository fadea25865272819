"""The alarm for news that drivers do not acknowledge: a round that every node makes. [ES]"""

import asyncio
from weakref import WeakKeyDictionary

from protocols.vocabulary import ClientId, Instant, Number, PersonId, TenantId
from server.application.all_of import all_of
from server.application.journal import Journal
from server.application.node import Node
from server.application.submission import Submission, belonging_to
from server.application.unacknowledged import Unacknowledged, Waiting
from server.domain.actor import Actor
from server.domain.orders.escalate import EscalateStop

ROUND_SECONDS = 5.0
"""How much later than asked for an alarm may come."""

_MOST = 64
"""Alarms of one journal in one round: a batch of the writer. The rest come in the next rounds."""


class Escalations:
    """Raises the alarms of the journals that this node holds.

    A journal that nobody uses is not held, and then nobody is there to be alarmed: the alarm comes
    within a round of the first one who looks.
    """

    def __init__(self, node: Node) -> None:
        """Nothing is watched before the first round."""
        self._node = node
        self._watched: WeakKeyDictionary[Journal, Unacknowledged] = WeakKeyDictionary()

    async def round(self) -> None:
        """Raise what is due in all journals, whatever becomes of one of them.

        Raises what the first failing one raised. Whatever was not raised is due again next time.
        """
        await all_of(self._raise(journal) for journal in self._node.held())

    async def _raise(self, journal: Journal) -> None:
        stops = await self._unacknowledged(journal)
        # ES1
        if not stops.since(journal.clock.now(), 1):
            return
        patience = journal.images.settings.acknowledge_seconds * 1_000
        due = stops.since(Instant(journal.clock.now() - patience), _MOST)
        if due:
            await self._submit(journal.tenant_id, due)

    async def _unacknowledged(self, journal: Journal) -> Unacknowledged:
        """What the journal's drivers owe us; the first time in slices, between other work."""
        stops = self._watched.get(journal)
        if stops is None:
            stops = self._watched[journal] = Unacknowledged(journal.images)
            journal.listen(stops)
        for _ in stops.look():
            await asyncio.sleep(0)
        return stops

    async def _submit(self, tenant_id: TenantId, due: list[Waiting]) -> None:
        """Ask for the alarms under the numbers that come next.

        Another node may take the same numbers at the same time. Then its verdicts are ours, and
        what it did not ask for is still due in the next round. [ES2]
        """
        actor = _clock_of(tenant_id)
        client_id = belonging_to(actor, ClientId("escalations"))
        last = await self._node.last_number(tenant_id, client_id)
        verdicts = [
            self._node.submit(
                Submission(
                    actor=actor,
                    client_id=client_id,
                    number=Number(last + ahead),
                    command=EscalateStop(
                        order_id=stop.order_id, delivery_id=stop.delivery_id, version=stop.version
                    ),
                )
            )
            for ahead, stop in enumerate(due, start=1)
        ]
        await asyncio.gather(*verdicts)


def _clock_of(tenant_id: TenantId) -> Actor:
    """Who raises the alarm: nobody asked, it became late."""
    return Actor(
        tenant_id=tenant_id,
        id=PersonId("system"),
        name="Kanvoy",
        roles=(),
        permissions=frozenset(),
        via="system",
    )
