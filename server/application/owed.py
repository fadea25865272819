"""What the drivers of a journal do not know yet, as far as rows of this process told. [WU]"""

from collections.abc import Sequence as Series
from typing import Literal

from protocols.vocabulary import DriverId, OrderId
from server.application.images import Change, Images
from server.application.journal import Journal
from server.application.ports import Clock
from server.domain.audience import drivers_of, is_open
from server.domain.orders.delivery_events import StopEscalated
from server.domain.orders.state import Order
from server.domain.records import Person

News = Literal["told", "alarm", "left"]
"""Changed and not delivered · not acknowledged in time · taken out of the run."""


class Debt:
    """What one driver does not know yet, and how far waking each phone has come."""

    def __init__(self, since: float) -> None:
        """Nothing is owed yet; `since` is in the clock's monotonic seconds."""
        self.since = since
        self.orders: dict[OrderId, News] = {}
        self.tries: dict[str, Try] = {}

    @property
    def is_urgent(self) -> bool:
        """Whether somebody waits for the driver already."""
        return "alarm" in self.orders.values()


class Try:
    """How often one phone was tried, and when that may go on; `done` until there is more news."""

    def __init__(self) -> None:
        """Never tried."""
        self.times = 0
        self.not_before = 0.0
        self.taken = False
        self.done = False


class Owed:
    """Listens to one journal. What was owed before it began is told again by its alarm. [ES1]"""

    def __init__(self, journal: Journal) -> None:
        """Nothing is owed yet."""
        self._images: Images = journal.images
        self._clock: Clock = journal.clock
        self.debts: dict[DriverId, Debt] = {}

    def applied(self, changes: Series[Change]) -> None:
        """Note whom these rows concern."""
        for change in changes:
            if isinstance(change.after, Order):
                self._note(change, change.after)

    def reset(self) -> None:
        """Another history: what is owed there is told by its alarms."""
        self.debts.clear()

    def settle(self) -> None:
        """Forget what the drivers have learned meanwhile."""
        for driver_id, debt in tuple(self.debts.items()):
            debt.orders = {
                order_id: news
                for order_id, news in debt.orders.items()
                if news == "left" or _waits(self._images.order(order_id), driver_id, news)
            }
            if not debt.orders:
                del self.debts[driver_id]

    def _note(self, change: Change, after: Order) -> None:
        before = set(drivers_of(change.before)) if isinstance(change.before, Order) else set()
        now = set(drivers_of(after))
        escalated = any(isinstance(event, StopEscalated) for event in change.row.events)
        for driver in now:
            driver_id = DriverId(driver)
            if escalated and _waits(after, driver_id, "alarm"):
                self._owe(driver_id, after.id, "alarm")
            elif _waits(after, driver_id, "told"):
                self._owe(driver_id, after.id, "told")
        for driver in before - now:
            if not self._was_by(DriverId(driver), change.row.actor_id):
                self._owe(DriverId(driver), after.id, "left")

    def _owe(self, driver_id: DriverId, order_id: OrderId, news: News) -> None:
        debt = self.debts.get(driver_id)
        if debt is None:
            debt = self.debts[driver_id] = Debt(self._clock.monotonic())
        # A row about something else says nothing new.
        if debt.orders.get(order_id) == "alarm" and news == "told":
            return
        debt.orders[order_id] = news
        for each in debt.tries.values():
            each.done = False

    def _was_by(self, driver_id: DriverId, actor_id: str) -> bool:
        """Whether the driver did it, as a phone or as the colleague who is the driver."""
        if actor_id == driver_id:
            return True
        return any(
            person.id == actor_id and person.driver_id == driver_id
            for person in self._images.records(Person)
        )


def _waits(order: Order | None, driver_id: DriverId, news: News) -> bool:
    """Whether a stop of the driver has news that did not come as far as it should."""
    if order is None or not order.open:
        return False
    receipts = [d.receipt for d in order.deliveries if d.driver_id == driver_id and is_open(d)]
    if news == "alarm":
        return any(each.acknowledged < each.told for each in receipts)
    return any(each.delivered < each.told for each in receipts)
