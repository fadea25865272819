"""Devices of drivers and views that are no longer active, and whether devices are still valid."""

from collections.abc import Callable
from collections.abc import Sequence as Series
from weakref import WeakSet

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Accounts
from server.application.devices import DeviceLedger
from server.application.images import Change, Images
from server.application.journal import Journal
from server.application.node import Node
from server.domain.fleet import Display, Driver

Ended = Callable[[TenantId, str], None]
"""Called when a driver or a view is no longer active: its devices must go."""


class DeviceNews:
    """Watches the journals in which devices were seen. A hint from another node does the same."""

    def __init__(self, node: Node, ended: Ended) -> None:
        """Watch nothing yet."""
        self._node = node
        self._ended = ended
        self._watched: WeakSet[Journal] = WeakSet()

    async def images(self, tenant_id: TenantId) -> Images:
        """What the tenant's journal says, and whatever becomes of it from now on is heard."""
        journal = await self._node.journal(tenant_id)
        if journal not in self._watched:
            self._watched.add(journal)
            journal.listen(_Watch(tenant_id, self._ended))
        return journal.images


class _Watch:
    """Listens to one journal."""

    def __init__(self, tenant_id: TenantId, ended: Ended) -> None:
        self._tenant_id = tenant_id
        self._ended = ended

    def applied(self, changes: Series[Change]) -> None:
        """Tell of each driver and view that is not active any more. [DV10]"""
        for change in changes:
            match change.after:
                case Driver(active=False):
                    self._ended(self._tenant_id, change.after.id)
                case Display(active=False):
                    self._ended(self._tenant_id, change.after.id)
                case _:
                    pass

    def reset(self) -> None:
        """Another history: whoever is not fit there is found by the next look at its token."""


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
