"""Wakes phones that did not hear of a change: a round that every node makes. [WU]"""

import asyncio
from typing import Protocol, assert_never
from weakref import WeakKeyDictionary

from structlog import get_logger

from protocols.vocabulary import DriverId, TenantId
from server.application.all_of import all_of
from server.application.journal import Journal
from server.application.node import Node
from server.application.owed import Debt, Owed, Try
from server.application.ports import Ids
from server.application.push import (
    Accepted,
    Gone,
    Later,
    PushLedger,
    PushService,
    PushSubscription,
    Sent,
    Unfit,
)

_log = get_logger()

ROUND_SECONDS = 2.0

GRACE_SECONDS = 3.0
"""A phone that is awake has said “delivered” by then, and is left alone."""

PAUSE_MS = 30_000
"""A phone is woken once in so long, unless the office waits for an answer already."""

MOST_TRIES = 4
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 900.0

_AT_ONCE = 8
"""Messages under way at the same time: one slow push service must not keep all others waiting."""


class Awake(Protocol):
    """Who can say which devices have a socket here."""

    def sign_ins(self, tenant_id: TenantId) -> frozenset[str]:
        """See `Sockets`."""


class WakeUps:
    """Follows the journals that this node holds; nothing that writes ever waits for it.

    A wake-up is a hint: one that is lost costs time, for the socket brings what is true.
    """

    def __init__(
        self, node: Node, ledger: PushLedger, service: PushService, awake: Awake, ids: Ids
    ) -> None:
        """Nothing is followed before the first round."""
        self._node = node
        self._ledger = ledger
        self._service = service
        self._awake = awake
        self._ids = ids
        self._followed: WeakKeyDictionary[Journal, Owed] = WeakKeyDictionary()
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def round(self) -> None:
        """Wake whoever must be, in all journals, whatever becomes of one of them.

        Raises what the first failing one raised; what was not sent is due again next time.
        """
        due = []
        for journal in self._node.held():
            owed = self._owed(journal)
            owed.settle()
            due += [self._wake(journal, owed, *each) for each in tuple(owed.debts.items())]
        await all_of(due)

    def _owed(self, journal: Journal) -> Owed:
        owed = self._followed.get(journal)
        if owed is None:
            owed = self._followed[journal] = Owed(journal)
            journal.listen(owed)
        return owed

    async def _wake(self, journal: Journal, owed: Owed, driver_id: DriverId, debt: Debt) -> None:
        # WU5
        if journal.clock.monotonic() - debt.since < GRACE_SECONDS:
            return
        phones = await self._ledger.subscriptions_of(journal.tenant_id, driver_id)
        tries = [(phone, debt.tries.setdefault(phone.device_id, Try())) for phone in phones]
        await asyncio.gather(*(self._try(journal, debt, phone, each) for phone, each in tries))
        if all(each.done for _, each in tries) and owed.debts.get(driver_id) is debt:
            del owed.debts[driver_id]

    async def _try(self, journal: Journal, debt: Debt, phone: PushSubscription, tried: Try) -> None:
        if tried.done or journal.clock.monotonic() < tried.not_before:
            return
        only_left = set(debt.orders.values()) == {"left"}
        if only_left and phone.device_id in self._awake.sign_ins(journal.tenant_id):
            tried.done = True
            return
        now = journal.clock.now()
        if not tried.taken:
            # WU6
            if not debt.is_urgent and now - phone.woken_at < PAUSE_MS:
                return
            # WU7: another node was faster
            if not await self._ledger.take_wake(phone, now):
                tried.done = True
                return
            tried.taken = True
        # News that comes while we send is news of its own: only what was known is done.
        tried.done = True
        async with self._room:
            sent = await self._service.wake(phone, "high" if debt.is_urgent else "normal")
        await self._follow_up(journal, phone, tried, sent)

    async def _follow_up(
        self, journal: Journal, phone: PushSubscription, tried: Try, sent: Sent
    ) -> None:
        match sent:
            case Accepted():
                tried.times, tried.taken = 0, False
            case Gone():
                # WU8
                await self._ledger.end(phone)
            case Unfit(status):
                tried.taken = False
                _log.warning("push service refuses a wake-up", status=status)
            case Later(seconds):
                self._put_off(journal, tried, seconds)
            case _:
                assert_never(sent)

    def _put_off(self, journal: Journal, tried: Try, seconds: float) -> None:
        """Try again later, but not for ever: a hint that is hours late says nothing. [WU9]"""
        tried.times += 1
        if tried.times >= MOST_TRIES or seconds > _LONGEST_PAUSE:
            tried.times, tried.taken = 0, False
            _log.warning("push service takes no wake-up", asked_to_wait=seconds)
            return
        pause = _FIRST_PAUSE * 4 ** (tried.times - 1) * self._ids.uniform(0.8, 1.2)
        tried.not_before = journal.clock.monotonic() + max(seconds, pause)
        tried.done = False
