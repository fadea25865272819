"""A van's way through its stops in time: when it arrives where, and whether that is allowed."""

from collections.abc import Mapping
from collections.abc import Sequence as Series
from itertools import pairwise

from server.domain.dispatch.problem import Problem, Task, Van, Ways


class Clock:
    """Tells the time along routes of one problem."""

    def __init__(self, problem: Problem, ways: Ways) -> None:
        """Know the stops by their ids."""
        self.tasks: Mapping[str, Task] = {task.id: task for task in problem.tasks}
        self._seconds = ways.seconds
        self._metres = ways.metres

    def times(self, van: Van, route: Series[Task]) -> list[int] | None:
        """When each stop begins; None when the van cannot make this route. [PL]"""
        # PL7
        if not fits(van, route):
            return None
        begins = []
        place, moment = van.start, van.opens
        for task in route:
            moment = begin(van, task, drive(van, moment, self.seconds(place, task.place)))
            if moment > task.closes:
                return None
            begins.append(moment)
            place, moment = task.place, moment + task.service
        home = drive(van, moment, self.seconds(place, van.end))
        return begins if home <= van.closes else None

    def lateness(self, van: Van, route: Series[Task]) -> tuple[list[int], int]:
        """When each stop begins whatever windows say, and when the van is home."""
        begins = []
        place, moment = van.start, van.opens
        for task in route:
            moment = begin(van, task, drive(van, moment, self.seconds(place, task.place)))
            begins.append(moment)
            place, moment = task.place, moment + task.service
        return begins, drive(van, moment, self.seconds(place, van.end))

    def seconds(self, place: int | None, other: int | None) -> int:
        """How long the way takes; from or to anywhere, nothing."""
        return 0 if place is None or other is None else self._seconds[place][other]

    def metres(self, place: int | None, other: int | None) -> int:
        """How long the way is."""
        return 0 if place is None or other is None else self._metres[place][other]

    def travel(self, van: Van, route: Series[Task]) -> tuple[int, int]:
        """Seconds and metres of the whole way; a van without stops stays where it is."""
        if not route:
            return 0, 0
        stops = [van.start, *(task.place for task in route), van.end]
        legs = list(pairwise(stops))
        return sum(self.seconds(*leg) for leg in legs), sum(self.metres(*leg) for leg in legs)


def fits(van: Van, route: Series[Task]) -> bool:
    """Whether the van has room for all stops at once, and may make so many."""
    if van.most and len(route) > van.most:
        return False
    return all(
        limit == 0 or sum(task.load[kind] for task in route) <= limit
        for kind, limit in enumerate(van.capacity)
    )


def serves(van: Van, task: Task) -> bool:
    """Whether the driver goes there at all and has what it takes."""
    return serves_zone(van, task) and has_skills(van, task)


def serves_zone(van: Van, task: Task) -> bool:
    """Whether the stop lies where the driver goes."""
    return not van.zones or not set(van.zones).isdisjoint(task.zones)


def has_skills(van: Van, task: Task) -> bool:
    """Whether the driver has all skills the stop asks for."""
    return set(task.skills) <= set(van.skills)


def drive(van: Van, moment: int, seconds: int) -> int:
    """When so much driving is done; nobody drives in a pause."""
    for opens, closes in van.pauses:
        if closes <= moment:
            continue
        if moment + seconds <= opens:
            break
        seconds -= max(opens - moment, 0)
        moment = closes
    return moment + seconds


def begin(van: Van, task: Task, moment: int) -> int:
    """When the service begins for who arrives at that moment; no pause interrupts it."""
    moment = max(moment, task.opens)
    for opens, closes in van.pauses:
        if moment < closes and moment + task.service > opens:
            moment = closes
    return moment
