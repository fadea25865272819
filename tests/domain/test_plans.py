"""Plans that hold: times, pauses, loads, fixed stops, insertion, and the reason of each rest."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.values import Point
from server.domain.dispatch.insertion import Tour, by_insertion, spot
from server.domain.dispatch.problem import FOR_EVER, Problem, Route, Task, Van, Ways
from server.domain.dispatch.solve import ease, solve
from server.domain.dispatch.timing import Clock, begin, drive, serves
from tests.support.rules import rule

HOUR = 3_600
HERE = Point(lat=0, lon=0)


def ways_of(spots: list[tuple[int, int]]) -> Ways:
    """Ten seconds and a hundred metres for each step on a grid."""
    steps = [[abs(a - c) + abs(b - d) for c, d in spots] for a, b in spots]
    return Ways(
        seconds=[[10 * each for each in row] for row in steps],
        metres=[[100 * each for each in row] for row in steps],
    )


LINE = ways_of([(n, 0) for n in range(11)])
"""Places in a row; the depot is place 0."""


def a_problem(
    *tasks: Task, vans: tuple[Van, ...] = (Van(driver="dora", start=0, end=0),)
) -> Problem:
    return Problem(places=(HERE,) * 11, tasks=tasks, vans=vans)


def a_task(place: int, **fields) -> Task:
    return Task(**({"id": f"t{place}", "place": place} | fields))


def why(task: Task, *others: Task, vans: tuple[Van, ...]) -> str | None:
    """The reason for which the first task is left, if it is."""
    solution = solve(a_problem(task, *others, vans=vans), LINE, by_insertion, "insertion")
    return {left.task: left.why for left in solution.left}.get(task.id)


DORA = Van(driver="dora", start=0, end=0)


@rule("PL13")
@pytest.mark.parametrize(
    ("task", "van", "reason"),
    [
        (a_task(3), DORA, None),
        (a_task(3), replace(DORA, zones=("east",)), "zone_not_served"),
        (a_task(3, zones=("east",)), replace(DORA, zones=("east", "west")), None),
        (a_task(3, skills=("cold",)), DORA, "no_skill"),
        (a_task(3, closes=-5), DORA, "window_closed"),
        (a_task(3, closes=20), DORA, "window_closed"),
        (a_task(3, load=(5, 0, 0)), replace(DORA, capacity=(4, 0, 0)), "over_capacity"),
        (a_task(9), replace(DORA, closes=150), "too_far"),
        (a_task(9, opens=HOUR), replace(DORA, closes=400), "window_closed"),
    ],
)
def test_what_nobody_can_bring_says_which_one_thing_keeps_it(task: Task, van: Van, reason: str):
    assert why(task, vans=(van,)) == reason


@rule("PL13")
def test_without_drivers_there_is_no_driver():
    assert why(a_task(3), vans=()) == "no_driver"


@rule("PL13")
def test_what_only_does_not_fit_beside_the_others_says_so():
    first = a_task(1, load=(3, 0, 0), closes=100)

    full = why(a_task(2, load=(3, 0, 0)), first, vans=(replace(DORA, capacity=(4, 0, 0)),))
    many = why(a_task(2), first, vans=(replace(DORA, most=1),))
    late = why(a_task(2, opens=15, closes=25), a_task(1, closes=15, service=60), vans=(DORA,))

    assert (full, many, late) == ("over_capacity", "shift_full", "window_closed")


@rule("PL14")
def test_a_stop_that_is_late_already_keeps_nothing_else_from_being_planned():
    late = a_task(5, closes=10)
    van = replace(DORA, fixed=("t5",), closes=30, capacity=(2, 0, 0))
    problem = a_problem(replace(late, load=(9, 0, 0)), a_task(2), vans=(van,))

    solution = solve(problem, LINE, by_insertion, "insertion")

    (route,) = solution.routes
    assert [stop.task for stop in route] == ["t2", "t5"]
    assert solution.left == ()
    assert ease(problem, LINE).vans[0].capacity == (9, 0, 0)


@rule("PL14")
def test_whatever_an_engine_finds_fixed_stops_keep_their_van_and_their_order():
    vans = (replace(DORA, fixed=("t7", "t2")), replace(DORA, driver="deniz"))
    problem = a_problem(a_task(2), a_task(7), a_task(5), vans=vans)

    def confused(_problem: Problem, _ways: Ways) -> tuple[Route, ...]:
        return ("t5", "t2"), ("t7",)

    solution = solve(problem, LINE, confused, "confused")

    first = [stop.task for stop in solution.routes[0]]
    assert [i for i in first if i != "t5"] == ["t7", "t2"]
    assert sorted(stop.task for route in solution.routes for stop in route) == ["t2", "t5", "t7"]


@rule("PL12")
def test_what_an_engine_left_out_or_could_not_make_is_tried_once_more():
    problem = a_problem(a_task(2), a_task(4, closes=60), a_task(6))

    def lazy(_problem: Problem, _ways: Ways) -> tuple[Route, ...]:
        return (("t6", "t4"),)

    solution = solve(problem, LINE, lazy, "lazy")

    assert solution.left == ()
    assert {stop.task for stop in solution.routes[0]} == {"t2", "t4", "t6"}


def test_nobody_drives_or_hands_over_in_a_pause():
    van = replace(DORA, pauses=((100, 160), (200, 210)))

    assert drive(van, 0, 100) == 100
    assert drive(van, 0, 101) == 161
    assert drive(van, 90, 60) == 220
    assert drive(van, 120, 10) == 170
    assert begin(van, a_task(1, service=30), 80) == 160
    assert begin(van, a_task(1, service=50), 80) == 210
    assert begin(van, a_task(1, opens=150), 80) == 160


def test_travel_before_and_after_is_told_with_the_plan():
    problem = replace(a_problem(a_task(2), a_task(4)), before=(("t4", "t2"),))

    solution = solve(problem, LINE, by_insertion, "insertion")

    assert (solution.seconds, solution.metres, solution.seconds_before) == (80, 800, 80)


def _random(seed: int) -> Problem:
    """Some stops on a grid with windows, loads, skills and zones, and some vans with pauses."""
    dice = random.Random(seed)
    tasks = []
    for n in range(dice.randrange(1, 14)):
        opens = dice.randrange(0, 600)
        free = dice.random() < 0.3
        tasks.append(
            Task(
                id=f"t{n}",
                place=dice.randrange(1, 11),
                opens=0 if free else opens,
                closes=FOR_EVER if free else opens + dice.randrange(-700, 400),
                service=dice.randrange(0, 60),
                load=(dice.randrange(0, 5), dice.randrange(0, 3), 1),
                zones=tuple(dice.sample(("east", "west"), dice.randrange(0, 3))),
                skills=("cold",) if dice.random() < 0.2 else (),
            )
        )
    ids = [task.id for task in tasks]
    dice.shuffle(ids)
    vans = []
    for n in range(dice.randrange(0, 4)):
        opens = dice.randrange(0, 200)
        vans.append(
            Van(
                driver=f"d{n}",
                start=dice.choice((None, 0, 5)),
                end=dice.choice((None, 0)),
                opens=opens,
                closes=opens + dice.randrange(50, 1_200),
                pauses=((opens + 100, opens + 130),) if dice.random() < 0.5 else (),
                capacity=dice.choice(((0, 0, 0), (8, 0, 0), (0, 4, 5))),
                most=dice.choice((0, 0, 3)),
                zones=dice.choice(((), ("east",))),
                skills=dice.choice(((), ("cold",))),
                fixed=tuple(ids.pop() for _ in range(min(len(ids), dice.randrange(0, 3)))),
            )
        )
    return a_problem(*tasks, vans=tuple(vans))


def _engine(seed: int):
    """Finds anything, also what is forbidden."""
    dice = random.Random(seed)

    def engine(problem: Problem, _ways: Ways) -> tuple[Route, ...]:
        ids = [task.id for task in problem.tasks if dice.random() < 0.8]
        dice.shuffle(ids)
        cuts = sorted(dice.randrange(0, len(ids) + 1) for _ in problem.vans[1:])
        ends = [0, *cuts, len(ids)]
        return tuple(tuple(ids[a:b]) for a, b in pairwise(ends))[: len(problem.vans)]

    return engine


@rule("PL12", "PL13", "PL14")
@settings(max_examples=150)
@given(st.integers(0, 10_000), st.booleans())
def test_every_plan_holds_and_every_rest_has_a_reason(seed: int, insert: bool):
    problem = _random(seed)
    ways = ways_of([(n, n * 7 % 5) for n in range(11)])

    solution = solve(problem, ways, by_insertion if insert else _engine(seed), "any")

    eased = ease(problem, ways)
    clock = Clock(eased, ways)
    brought = [stop.task for route in solution.routes for stop in route]
    assert sorted([*brought, *(left.task for left in solution.left)]) == sorted(clock.tasks)
    tours = []
    for van, route in zip(eased.vans, solution.routes, strict=True):
        tasks = [clock.tasks[stop.task] for stop in route]
        assert clock.times(van, tasks) == [stop.at for stop in route]
        assert tuple(task.id for task in tasks if task.id in van.fixed) == van.fixed
        assert all(serves(van, task) for task in tasks if task.id not in van.fixed)
        tours.append(Tour(van, clock, tasks))
    for left in solution.left:
        assert left.why
        assert spot(tours, clock.tasks[left.task]) is None
