"""Revocation across nodes: whoever signs a device out here closes its sockets there. [MN]"""

from protocols.vocabulary import PersonId, TenantId
from server.application.ports import Fanout, News
from server.realtime.news import Revoked
from server.realtime.roster import Roster


class RosterAbroad:
    """The sockets of all nodes. Implements the application's port `Sockets`.

    Changed roles, and drivers and views that ended, need no news of their own: each node sees the
    row in the journal. What the bus loses, the roster's round finds within ten seconds.
    """

    def __init__(self, roster: Roster, fanout: Fanout) -> None:
        """Reach the sockets here, and through the fan-out those of other nodes."""
        self._roster = roster
        self._fanout = fanout
        fanout.listen(self._heard)

    def close_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """See `Sockets`."""
        self._roster.close_sign_in(tenant_id, sign_in_id)
        self._fanout.publish(Revoked(tenant_id=tenant_id, what="device", id=sign_in_id))

    def close_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> None:
        """See `Sockets`."""
        self._roster.close_person(tenant_id, person_id, keep=keep)
        self._fanout.publish(Revoked(tenant_id=tenant_id, what="person", id=person_id, keep=keep))

    def sign_ins(self, tenant_id: TenantId) -> frozenset[str]:
        """The devices that have a socket on this node; those of other nodes are not known."""
        return self._roster.sign_ins(tenant_id)

    def _heard(self, news: News) -> None:
        match news:
            case Revoked(tenant_id=tenant_id, what="device", id=device_id):
                self._roster.close_sign_in(tenant_id, device_id)
            case Revoked(tenant_id=tenant_id, id=person_id, keep=keep):
                self._roster.close_person(tenant_id, PersonId(person_id), keep=keep)
            case _:
                pass
