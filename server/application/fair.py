"""A queue in which every tenant has its turn, however much one of them asks for. [FQ]"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from typing import Generic, TypeVar

T = TypeVar("T")


class _Lane(Generic[T]):
    """What one tenant has waiting, and how much of its turn is left."""

    __slots__ = ("credit", "waiting")

    def __init__(self, credit: int) -> None:
        self.credit = credit
        self.waiting: deque[tuple[int, T]] = deque()


class FairQueue(Generic[T]):
    """Deficit round robin (Shreedhar and Varghese, 1995): turns of equal cost, in rotation.

    Within a tenant the first come is the first served. Nothing is held back: while one tenant
    waits alone it gets everything. What costs more than a turn waits for as many turns as it
    costs, but only while others wait too. A tenant with nothing waiting saves nothing up.

    No locks and no waiting: the owner calls it from one thread or one event loop.
    """

    def __init__(self, turn: int = 1, *, is_gone: Callable[[T], bool] = lambda _: False) -> None:
        """A turn may cost so much; things of which `is_gone` is true are skipped, for nothing."""
        self._turn = turn
        self._is_gone = is_gone
        self._lanes: OrderedDict[str, _Lane[T]] = OrderedDict()

    def __bool__(self) -> bool:
        """Whether anything was put here that was not taken, be it gone or not."""
        return bool(self._lanes)

    def holds(self, whose: str) -> bool:
        """Whether anything of this tenant's was put here that was not taken, be it gone or not."""
        return whose in self._lanes

    def put(self, whose: str, thing: T, cost: int = 1) -> None:
        """Have it wait behind everything else of this tenant."""
        lane = self._lanes.get(whose)
        if lane is None:
            lane = self._lanes[whose] = _Lane(self._turn)
        lane.waiting.append((cost, thing))

    def take(self, barred: Collection[str] = ()) -> tuple[str, T] | None:
        """The next thing and whose it is, of any tenant that is not barred; None for nothing."""
        barred_seen = 0
        while barred_seen < len(self._lanes):
            whose, lane = next(iter(self._lanes.items()))
            if whose in barred:
                barred_seen += 1
                self._lanes.move_to_end(whose)
            elif self._is_spent(whose, lane):
                barred_seen = 0
            else:
                return whose, self._served(whose, lane)
        return None

    def _is_spent(self, whose: str, lane: _Lane[T]) -> bool:
        """Whether the lane has to let others go first, or to leave because nothing is in it."""
        waiting = lane.waiting
        while waiting and self._is_gone(waiting[0][1]):
            waiting.popleft()
        if not waiting:
            del self._lanes[whose]
            return True
        if lane.credit >= waiting[0][0]:
            return False
        lane.credit += self._turn
        self._lanes.move_to_end(whose)
        return True

    def _served(self, whose: str, lane: _Lane[T]) -> T:
        cost, thing = lane.waiting.popleft()
        lane.credit -= cost
        if not lane.waiting:
            del self._lanes[whose]
        return thing
