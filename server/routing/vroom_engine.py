"""VROOM as an engine: our problem in its words, its routes in ours."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from server.domain.dispatch.problem import FOR_EVER, Problem, Route, Task, Van, Ways
from server.domain.dispatch.timing import serves

_COSTS = {1: 2.0, 2: 3.5, 3: 6.0, 4: 10.0, 5: 17.0}
"""How many times longer than level 0 each level of VROOM takes (200 stops, 2026-11)."""

_FIRST = 100
"""VROOM's highest priority: what stays with its driver is never left out for something else."""


class VroomEngine:
    """Searches for so long. Holds Python's lock meanwhile, so it belongs into its own process.

    VROOM shares a time-out among all its starts: a thorough search that is cut short is worse than
    a quick one that ends. So a quick one goes first, and how long it took says which one more there
    is time for; the better of the two counts.
    """

    def __init__(
        self,
        vroom: Any,  # noqa: ANN401 - the module, which ships no types
        seconds: float,
        threads: int = os.cpu_count() or 1,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use the module `vroom`; it is imported where it is needed, which takes a second."""
        self._vroom = vroom
        self._seconds = seconds
        self._threads = threads
        self._monotonic = monotonic

    def __call__(self, problem: Problem, ways: Ways) -> tuple[Route, ...]:
        """See `Engine`."""
        if not problem.tasks or not problem.vans:
            return tuple(() for _ in problem.vans)
        begun = self._monotonic()
        found = self.search(problem, ways, 0, self._seconds)
        took = self._monotonic() - begun
        left = self._seconds - took
        level = max((n for n, cost in _COSTS.items() if cost * took < left), default=0)
        if level:
            found = min(found, self.search(problem, ways, level, left), key=_worth)
        routes: list[Route] = [() for _ in problem.vans]
        for route in found["routes"]:
            stops = (step for step in route["steps"] if step["type"] == "job")
            routes[route["vehicle"]] = tuple(problem.tasks[step["id"]].id for step in stops)
        return tuple(routes)

    def search(self, problem: Problem, ways: Ways, level: int, seconds: float) -> dict[str, Any]:
        """VROOM's own solution at one of its levels, 0 to 5."""
        asked = self._vroom.Input()
        asked.set_durations_matrix("car", _with_nowhere(ways.seconds))
        nowhere = len(problem.places)
        groups = _groups(problem)
        limit = sum(max(task.load) for task in problem.tasks) + 1
        for index, van in enumerate(problem.vans):
            asked.add_vehicle(self._vehicle(index, van, groups, limit, nowhere))
        fixed = {task_id for van in problem.vans for task_id in van.fixed}
        for index, task in enumerate(problem.tasks):
            asked.add_job(self._job(index, task, groups, first=task.id in fixed))
        solved: dict[str, Any] = asked.solve(
            exploration_level=level,
            nb_threads=self._threads,
            timeout=timedelta(seconds=max(seconds, 0.05)),
        ).to_dict()
        return solved

    def _vehicle(
        self, index: int, van: Van, groups: list[frozenset[int]], limit: int, nowhere: int
    ) -> Any:  # noqa: ANN401
        vroom = self._vroom
        kinds = {group for group, members in enumerate(_distinct(groups)) if index in members}
        pauses = [
            vroom.Break(
                number,
                time_windows=[vroom.TimeWindow(opens, opens)],
                service=closes - opens,
            )
            for number, (opens, closes) in enumerate(van.pauses)
        ]
        return vroom.Vehicle(
            index,
            start=nowhere if van.start is None and van.end is None else van.start,
            end=van.end,
            profile="car",
            capacity=[each or limit for each in van.capacity],
            skills=kinds,
            time_window=vroom.TimeWindow(van.opens, min(van.closes, FOR_EVER)),
            breaks=pauses,
            **({"max_tasks": van.most} if van.most else {}),
        )

    def _job(self, index: int, task: Task, groups: list[frozenset[int]], *, first: bool) -> Any:  # noqa: ANN401
        vroom = self._vroom
        kind = list(_distinct(groups)).index(groups[index])
        return vroom.Job(
            index,
            location=task.place,
            default_service=task.service,
            delivery=list(task.load),
            skills={kind},
            priority=_FIRST if first else 0,
            time_windows=[vroom.TimeWindow(max(task.opens, 0), max(task.closes, 0))],
        )


def _with_nowhere(seconds: list[list[int]]) -> list[list[int]]:
    """The ways with one more place that is no way from anywhere.

    VROOM wants a start or an end; who has neither begins wherever the first stop is. [PL27]
    """
    return [*([*row, 0] for row in seconds), [0] * (len(seconds) + 1)]


def _groups(problem: Problem) -> list[frozenset[int]]:
    """For each stop the vans that may make it; VROOM knows this as a skill that they have."""
    owner = {task_id: index for index, van in enumerate(problem.vans) for task_id in van.fixed}
    return [
        frozenset({owner[task.id]})
        if task.id in owner
        else frozenset(index for index, van in enumerate(problem.vans) if serves(van, task))
        for task in problem.tasks
    ]


def _distinct(groups: list[frozenset[int]]) -> dict[frozenset[int], None]:
    return dict.fromkeys(groups)


def _worth(solved: dict[str, Any]) -> tuple[int, int]:
    """Sort key of solutions: fewer stops left out, then less travel."""
    return solved["summary"]["unassigned"], solved["summary"]["cost"]
