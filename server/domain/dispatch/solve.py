"""A plan out of what a solver found: fixed stops stay in place, feasible ones are all brought."""

from collections.abc import Callable
from collections.abc import Sequence as Series

from msgspec.structs import replace

from server.domain.dispatch.insertion import Tour, insert_all
from server.domain.dispatch.problem import (
    FOR_EVER,
    Arrival,
    Left,
    Problem,
    Route,
    Solution,
    Task,
    Van,
    Ways,
)
from server.domain.dispatch.reasons import why_left
from server.domain.dispatch.timing import Clock, serves

Engine = Callable[[Problem, Ways], tuple[Route, ...]]
"""Finds routes for the vans, in their order. What it leaves out is tried once more."""


def solve(problem: Problem, ways: Ways, engine: Engine, name: str) -> Solution:
    """Let the engine find routes and make a plan of them that holds. [PL]"""
    eased = ease(problem, ways)
    clock = Clock(eased, ways)
    found = _allowed(eased, engine(_hopeful(eased), ways), clock)
    tours = [_arranged(van, route, clock) for van, route in zip(eased.vans, found, strict=True)]
    brought = {task_id for tour in tours for task_id in tour.route}
    # PL12
    left = insert_all(tours, [task for task in eased.tasks if task.id not in brought])
    return Solution(
        routes=tuple(_timed(tour, clock) for tour in tours),
        left=tuple(Left(task=task.id, why=why_left(task, tours)) for task in left),
        seconds=sum(clock.travel(tour.van, tour.tasks)[0] for tour in tours),
        metres=sum(clock.travel(tour.van, tour.tasks)[1] for tour in tours),
        seconds_before=_before(problem, clock),
        solver=name,
    )


def ease(problem: Problem, ways: Ways) -> Problem:
    """The same problem, with vans that can make at least what they have to. [PL]

    A stop that stays with its driver and is late already, a shift that is too short already, or a
    van that is too full already must not keep the solver from planning the rest.
    """
    # PL14
    clock = Clock(problem, ways)
    vans, eased = [], dict(clock.tasks)
    for van in problem.vans:
        fixed = [clock.tasks[task_id] for task_id in van.fixed]
        begins, home = clock.lateness(van, fixed)
        for task, begins_at in zip(fixed, begins, strict=True):
            if begins_at > task.closes:
                eased[task.id] = replace(task, opens=0, closes=FOR_EVER)
        vans.append(_widened(van, fixed, home))
    return replace(problem, vans=tuple(vans), tasks=tuple(eased.values()))


def _allowed(problem: Problem, routes: Series[Route], clock: Clock) -> list[Route]:
    """The engine's routes without what these vans must not bring: no engine is believed blindly."""
    bound = {task_id for van in problem.vans for task_id in van.fixed}
    free = {task.id for task in problem.tasks} - bound
    found: list[Route] = []
    for van, route in zip(problem.vans, routes, strict=True):
        own = [i for i in route if i in van.fixed or (i in free and serves(van, clock.tasks[i]))]
        free -= set(own)
        found.append(tuple(dict.fromkeys(own)))
    return found


def _hopeful(problem: Problem) -> Problem:
    """Without what is too late for everybody: an engine that counts from zero would bring it."""
    return replace(problem, tasks=tuple(task for task in problem.tasks if task.closes >= 0))


def _widened(van: Van, fixed: Series[Task], home: int) -> Van:
    loads = tuple(sum(task.load[kind] for task in fixed) for kind in range(3))
    weight, volume, pieces = (
        max(limit, load) if limit else 0 for limit, load in zip(van.capacity, loads, strict=True)
    )
    return replace(
        van,
        closes=max(van.closes, home),
        capacity=(weight, volume, pieces),
        most=max(van.most, len(fixed)) if van.most else 0,
    )


def _arranged(van: Van, route: Route, clock: Clock) -> Tour:
    """The engine's route, if it leaves the fixed stops in their order and holds.

    Else the fixed stops, with the others inserted one by one in the engine's order.
    """
    tasks = [clock.tasks[task_id] for task_id in route]
    if tuple(i for i in route if i in van.fixed) == van.fixed and (
        clock.times(van, tasks) is not None
    ):
        return Tour(van, clock, tasks)
    tour = Tour(van, clock, [clock.tasks[task_id] for task_id in van.fixed])
    for task in tasks:
        best = None if task.id in van.fixed else tour.best(task, float("inf"))
        if best is not None:
            tour.insert(task, best[1])
    return tour


def _timed(tour: Tour, clock: Clock) -> tuple[Arrival, ...]:
    begins, _ = clock.lateness(tour.van, tour.tasks)
    return tuple(Arrival(task=task.id, at=at) for task, at in zip(tour.tasks, begins, strict=True))


def _before(problem: Problem, clock: Clock) -> int:
    return sum(
        clock.travel(van, [clock.tasks[task_id] for task_id in route])[0]
        for van, route in zip(problem.vans, problem.before, strict=False)
    )
