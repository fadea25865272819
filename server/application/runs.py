"""The stops of each driver in the order of their ranks: a run is nothing more than that."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from protocols.vocabulary import DeliveryId, DriverId, Rank
from server.domain.audience import is_open
from server.domain.orders.state import Order
from server.domain.world import Bounds

Stop = tuple[Rank, DeliveryId]

_Held = tuple[DriverId, Stop]


class Runs:
    """Sorted stops per driver. A fork shares all runs until it writes one."""

    def __init__(self, runs: dict[DriverId, list[Stop]] | None = None) -> None:
        """Start empty, or from given runs that are copied before the first write."""
        self._runs = runs if runs is not None else {}
        self._own: set[DriverId] | None = None

    @classmethod
    def of(cls, orders: Iterable[Order]) -> "Runs":
        """The runs of these orders."""
        runs: dict[DriverId, list[Stop]] = {}
        for order in orders:
            for driver_id, stop in _stops(order):
                runs.setdefault(driver_id, []).append(stop)
        for stops in runs.values():
            stops.sort()
        return cls(runs)

    def fork(self) -> "Runs":
        """A copy whose writes are not seen here; this one must not be written meanwhile."""
        fork = Runs(dict(self._runs))
        fork._own = set()
        return fork

    def replace(self, before: Order | None, after: Order | None) -> None:
        """Take the order's stops from where they were and put them where they are."""
        was, now = _stops(before), _stops(after)
        if was == now:
            return
        for driver_id, stop in was:
            stops = self._writable(driver_id)
            del stops[bisect_left(stops, stop)]
        for driver_id, stop in now:
            insort(self._writable(driver_id), stop)

    def around(
        self,
        driver_id: DriverId,
        after_id: DeliveryId | None,
        before_id: DeliveryId | None,
        moving: DeliveryId,
    ) -> Bounds:
        """See `World.stop_bounds`. Ranks that two stops share are stepped over."""
        stops = [stop for stop in self._runs.get(driver_id, ()) if stop[1] != moving]
        place = {delivery_id: index for index, (_, delivery_id) in enumerate(stops)}
        if after_id in place:
            low = stops[place[after_id]][0]
            return Bounds(low, next((rank for rank, _ in stops if rank > low), None))
        if before_id in place:
            high = stops[place[before_id]][0]
            below = [rank for rank, _ in stops if rank < high]
            return Bounds(below[-1] if below else None, high)
        return Bounds(stops[-1][0] if stops else None, None)

    def all(self) -> dict[DriverId, tuple[DeliveryId, ...]]:
        """Every driver's stops in the order of the run."""
        return {
            driver_id: tuple(delivery_id for _, delivery_id in stops)
            for driver_id, stops in self._runs.items()
        }

    def _writable(self, driver_id: DriverId) -> list[Stop]:
        stops = self._runs.get(driver_id)
        if stops is None:
            stops = self._runs[driver_id] = []
        elif self._own is not None and driver_id not in self._own:
            stops = self._runs[driver_id] = stops.copy()
        if self._own is not None:
            self._own.add(driver_id)
        return stops


def _stops(order: Order | None) -> list[_Held]:
    """The order's stops that have a place in a run, with whose run it is."""
    if order is None or not order.open:
        return []
    return [
        (each.driver_id, (each.stop_rank, each.id))
        for each in order.deliveries
        if each.driver_id is not None and each.stop_rank is not None and is_open(each)
    ]
