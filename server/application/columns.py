"""The order of cards within stages: who is above whom, and how many there are."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Literal

from protocols.vocabulary import OrderId, Rank, StageId
from server.domain.orders.state import Order
from server.domain.world import Bounds

Place = tuple[Rank, OrderId]


class Columns:
    """Sorted places per stage. A fork shares all stages until it writes one."""

    def __init__(self, stages: dict[StageId, list[Place]] | None = None) -> None:
        """Start empty, or from given stages that are copied before the first write."""
        self._stages = stages if stages is not None else {}
        self._own: set[StageId] | None = None

    @classmethod
    def of(cls, orders: Iterable[Order]) -> "Columns":
        """The columns of these orders. Sorted once: one by one, 50,000 would stop all for 0.5 s."""
        stages: dict[StageId, list[Place]] = {}
        for order in orders:
            place = _place(order)
            if place is not None:
                stages.setdefault(order.stage_id, []).append(place)
        for places in stages.values():
            places.sort()
        return cls(stages)

    def fork(self) -> "Columns":
        """A copy whose writes are not seen here; this one must not be written meanwhile."""
        fork = Columns(dict(self._stages))
        fork._own = set()
        return fork

    def count(self, stage_id: StageId) -> int:
        """How many cards the stage holds."""
        return len(self._stages.get(stage_id, ()))

    def top(self, stage_id: StageId) -> Rank | None:
        """The smallest rank of the stage; None when it is empty."""
        places = self._stages.get(stage_id)
        return places[0][0] if places else None

    def tops(self, most: int) -> list[OrderId]:
        """The first so many cards of every stage."""
        return [order_id for places in self._stages.values() for _, order_id in places[:most]]

    def replace(self, before: Order | None, after: Order | None) -> None:
        """Take the card from where it was and put it where it is; closed orders have no place."""
        was = _place(before)
        now = _place(after)
        if before is not None and was is not None:
            if after is not None and now == was and after.stage_id == before.stage_id:
                return
            places = self._writable(before.stage_id)
            del places[bisect_left(places, was)]
        if after is not None and now is not None:
            insort(self._writable(after.stage_id), now)

    def around(
        self, stage_id: StageId, after: Place | None, before: Place | None, *, skip: OrderId | None
    ) -> Bounds:
        """The ranks next to a named card of this stage, as if `skip` were not there.

        Without a named card: the bottom. Two cards may share a rank after a restore; the other
        bound is then the nearest different rank, so that a key between the bounds always exists.
        """
        places = self._stages.get(stage_id, [])
        if after is not None:
            return Bounds(after[0], _nearest(places, after, 1, skip))
        if before is not None:
            return Bounds(_nearest(places, before, -1, skip), before[0])
        last = next((rank for rank, order_id in reversed(places) if order_id != skip), None)
        return Bounds(last, None)

    def _writable(self, stage_id: StageId) -> list[Place]:
        places = self._stages.get(stage_id)
        if places is None:
            places = self._stages[stage_id] = []
        elif self._own is not None and stage_id not in self._own:
            places = self._stages[stage_id] = places.copy()
        if self._own is not None:
            self._own.add(stage_id)
        return places


def _place(order: Order | None) -> Place | None:
    return (order.rank, order.id) if order is not None and order.open else None


def _nearest(
    places: list[Place], place: Place, step: Literal[1, -1], skip: OrderId | None
) -> Rank | None:
    index = bisect_left(places, place) + step
    while 0 <= index < len(places):
        rank, order_id = places[index]
        if rank != place[0] and order_id != skip:
            return rank
        index += step
    return None
