"""Whom devices speak for as the journals say it, and what is heard when that ends. [DV]"""

from collections.abc import Callable
from collections.abc import Sequence as Series
from weakref import WeakKeyDictionary

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Accounts
from server.application.devices import DeviceLedger
from server.application.images import Change, Images
from server.application.journal import Journal
from server.application.node import Node
from server.application.standing import Standing, standings
from server.domain.fleet import Display, Driver
from server.domain.records import Person

Ended = Callable[[TenantId, str], None]
"""Called when nobody may speak for a driver or a view any more: its live sockets must go."""


class DeviceNews:
    """Watches this node's journals. A row that came from another node does the same."""

    def __init__(self, node: Node, ended: Ended) -> None:
        """Watch nothing yet."""
        self._node = node
        self._ended = ended
        self._watches: WeakKeyDictionary[Journal, _Watch] = WeakKeyDictionary()
        self._unsettled: dict[TenantId, None] = {}

    async def standing(self, tenant_id: TenantId, subject: str) -> Standing | None:
        """A driver or a view that devices may speak for at this moment; None for any other."""
        journal = await self._node.journal(tenant_id)
        return self._watch(journal).standings.get(subject)

    async def inactive(self, tenant_id: TenantId) -> frozenset[str]:
        """Drivers and views that are known and not active."""
        images = await self._node.images(tenant_id)
        drivers = (str(driver.id) for driver in images.records(Driver) if not driver.active)
        displays = (str(display.id) for display in images.records(Display) if not display.active)
        return frozenset((*drivers, *displays))

    def attend(self) -> None:
        """Watch all journals that this node holds, whether or not a device came in yet."""
        for journal in self._node.held():
            self._watch(journal)

    def take_unsettled(self) -> list[TenantId]:
        """Tenants in which a driver or a view may have ended since the last call, each once."""
        found, self._unsettled = list(self._unsettled), {}
        return found

    def put_back(self, tenant_id: TenantId) -> None:
        """The tenant could not be settled now; tell of it again."""
        self._unsettled[tenant_id] = None

    def _watch(self, journal: Journal) -> "_Watch":
        watch = self._watches.get(journal)
        if watch is None:
            watch = self._watches[journal] = _Watch(journal, self._left)
            journal.listen(watch)
            # Somebody may have left before we began to listen, on whichever node.
            self._unsettled[journal.tenant_id] = None
        return watch

    def _left(self, tenant_id: TenantId, subject: str) -> None:
        self._unsettled[tenant_id] = None
        self._ended(tenant_id, subject)


class _Watch:
    """Listens to one journal."""

    def __init__(self, journal: Journal, left: Ended) -> None:
        self._tenant_id = journal.tenant_id
        self._images: Images = journal.images
        self._left = left
        self.standings = standings(journal.images)

    def applied(self, changes: Series[Change]) -> None:
        """Tell of each driver and view that devices may not speak for any more. [DV10]"""
        if any(isinstance(change.after, Driver | Display | Person) for change in changes):
            self._compare()

    def reset(self) -> None:
        """Another history may not know a driver, or know it as gone. [DV10]"""
        self._compare()

    def _compare(self) -> None:
        before, self.standings = self.standings, standings(self._images)
        for subject in before:
            if subject not in self.standings:
                self._left(self._tenant_id, subject)


class Valid:
    """Which sign-ins and devices still hold, whichever kind they are."""

    def __init__(self, accounts: Accounts, ledger: DeviceLedger) -> None:
        """Ask both."""
        self._accounts = accounts
        self._ledger = ledger

    async def valid_sign_ins(
        self, tenant_id: TenantId, ids: Series[str], now: Instant
    ) -> frozenset[str]:
        """Those that are neither expired nor revoked."""
        people = await self._accounts.valid_sign_ins(tenant_id, ids, now)
        rest = tuple(each for each in ids if each not in people)
        return people | await self._ledger.valid_devices(tenant_id, rest) if rest else people
