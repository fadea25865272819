"""Streets on which one tenant hears of the other, one at a time: X6 must see each of them."""

from collections.abc import Callable

from protocols.from_server import Person
from protocols.vocabulary import Nonce, TenantId
from server.realtime.connection import Connection
from server.realtime.presence import Presences
from tests.experiments.neighbours import IdsPerTenant, Parts
from tests.support.fakes import FakeIds
from tests.support.site import NORTH


class OneRoom(Presences):
    """Forgets whose board somebody looks at."""

    def join(self, tenant_id: TenantId, channel: str, connection: Connection) -> None:
        """Bring all together."""
        del tenant_id
        super().join(NORTH, channel, connection)

    def show(self, tenant_id: TenantId, channel: str, person: Person) -> None:
        """Show all to all."""
        del tenant_id
        super().show(NORTH, channel, person)


class OneCounter(IdsPerTenant):
    """Counts for all tenants together, as a global sequence does."""

    def __init__(self) -> None:
        """Count from one."""
        super().__init__()
        self._all = FakeIds(3)

    def nonce(self) -> Nonce:
        """The next one of all."""
        return self._all.nonce()


DEFECTS: dict[str, tuple[Callable[[], Parts], str]] = {
    "presence without a tenant": (lambda: Parts(presences=OneRoom), "presence"),
    "one sequence for all": (lambda: Parts(ids=OneCounter), "nonce"),
}
"""What each bug is, and the words of what must be found."""
