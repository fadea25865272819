"""Cheapest insertion: each stop where it lengthens the ways least. Quick, and never wrong."""

from collections.abc import Iterable
from collections.abc import Sequence as Series

from protocols.struct import Struct
from server.domain.dispatch.problem import Problem, Route, Task, Van, Ways
from server.domain.dispatch.timing import Clock, begin, drive, fits, serves


class Spot(Struct, frozen=True):
    """A place for one stop: how much longer the ways become, which van, before which stop."""

    longer: int
    van: int
    position: int


class Tour:
    """One van's stops while a plan is made."""

    def __init__(self, van: Van, clock: Clock, tasks: Series[Task]) -> None:
        """Begin with these stops, which the van can make."""
        self.van = van
        self._clock = clock
        self.tasks = list(tasks)
        self._begins = clock.times(van, self.tasks) or []

    @property
    def route(self) -> Route:
        """The ids of the stops."""
        return tuple(task.id for task in self.tasks)

    def emptied(self) -> "Tour":
        """The same van as if it had nothing to do."""
        return Tour(self.van, self._clock, ())

    def insert(self, task: Task, position: int) -> None:
        """Make one more stop there; it was asked before whether that works."""
        self.tasks.insert(position, task)
        self._begins = self._clock.times(self.van, self.tasks) or []

    def best(self, task: Task, below: float) -> tuple[int, int] | None:
        """How much longer the way becomes at least, and where; None when not below, or nowhere."""
        if not fits(self.van, [*self.tasks, task]):
            return None
        found = None
        for position in range(len(self.tasks) + 1):
            longer = self._longer(task, position)
            if longer < below and self._holds(task, position):
                found, below = (longer, position), longer
        return found

    def _longer(self, task: Task, position: int) -> int:
        before, after = self._around(position)
        way = self._clock.seconds
        new = way(before, task.place) + way(task.place, after)
        return new - (way(before, after) if self.tasks else 0)

    def _around(self, position: int) -> tuple[int | None, int | None]:
        before = self.tasks[position - 1].place if position else self.van.start
        after = self.tasks[position].place if position < len(self.tasks) else self.van.end
        return before, after

    def _holds(self, task: Task, position: int) -> bool:
        """Whether all times still hold; the stops behind only as far as they become later."""
        van, way = self.van, self._clock.seconds
        place, moment = van.start, van.opens
        if position:
            earlier = self.tasks[position - 1]
            place, moment = earlier.place, self._begins[position - 1] + earlier.service
        for index, stop in enumerate((task, *self.tasks[position:])):
            moment = begin(van, stop, drive(van, moment, way(place, stop.place)))
            if moment > stop.closes:
                return False
            if index and moment <= self._begins[position + index - 1]:
                return True
            place, moment = stop.place, moment + stop.service
        return drive(van, moment, way(place, van.end)) <= van.closes


def spot(tours: Series[Tour], task: Task) -> Spot | None:
    """The cheapest place for a stop among all tours; None when there is none."""
    found: Spot | None = None
    for index, tour in enumerate(tours):
        if not serves(tour.van, task):
            continue
        best = tour.best(task, float("inf") if found is None else found.longer)
        if best is not None:
            found = Spot(best[0], index, best[1])
    return found


def insert_all(tours: Series[Tour], tasks: Iterable[Task]) -> list[Task]:
    """Insert what fits, those first that must be done first; answers what fits nowhere."""
    left = []
    for task in sorted(tasks, key=lambda each: (each.closes, each.id)):
        found = spot(tours, task)
        if found is None:
            left.append(task)
        else:
            tours[found.van].insert(task, found.position)
    return left


def by_insertion(problem: Problem, ways: Ways) -> tuple[Route, ...]:
    """A whole plan by insertion alone, for where there is no better solver."""
    clock = Clock(problem, ways)
    tours = [Tour(van, clock, [clock.tasks[i] for i in van.fixed]) for van in problem.vans]
    fixed = {task_id for van in problem.vans for task_id in van.fixed}
    insert_all(tours, [task for task in problem.tasks if task.id not in fixed])
    return tuple(tour.route for tour in tours)
