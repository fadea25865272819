"""The solver's process: warm between plans, gone when cancelled, and never a fault of the node."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec
import pytest

from protocols.values import Point
from server.application.solving import CannotSolve
from server.domain.dispatch.problem import Problem, Task, Van
from server.routing.exchange import Ask
from server.routing.vroom_engine import VroomEngine
from server.routing.ways import Estimate
from server.routing.worker import answer
from server.routing.worker_process import WorkerProcess
from tests.support.rules import rule

vroom = pytest.importorskip("vroom")

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


def a_problem(count: int = 6) -> Problem:
    """Some stops around a depot, two vans, of which one is cooled."""
    places = tuple(Point(lat=52.5 + n / 50, lon=13.4 + n % 3 / 20) for n in range(count + 1))
    tasks = tuple(
        Task(id=f"t{n}", place=n, service=300, load=(n, 0, 1), skills=("cold",) if n == 2 else ())
        for n in range(1, count + 1)
    )
    vans = (
        Van(driver="dora", start=0, end=0, closes=36_000, fixed=("t4", "t1")),
        Van(driver="deniz", start=0, end=0, closes=36_000, skills=("cold",), pauses=((600, 900),)),
    )
    return Problem(places=places, tasks=tasks, vans=vans)


def _is_alive(pid: int | None) -> bool:
    return pid is not None and Path(f"/proc/{pid}").exists()


async def test_the_process_solves_and_stays_warm_for_the_next_plan():
    worker = WorkerProcess()

    first = await worker.solve(a_problem(), 1)
    pid = worker.pid
    second = await worker.solve(a_problem(5), 1)

    assert first.solver == second.solver == "vroom"
    assert first.left == second.left == ()
    dora, deniz = ([stop.task for stop in route] for route in first.routes)
    assert [task for task in dora if task in ("t4", "t1")] == ["t4", "t1"]
    assert "t2" in deniz
    assert worker.pid == pid
    await worker.close()
    assert not _is_alive(pid)


@rule("PL27")
async def test_a_driver_without_hub_and_phone_begins_at_the_first_stop():
    problem = a_problem()
    nowhere = Van(driver="nobody-knows", closes=36_000, skills=("cold",))
    problem = msgspec.structs.replace(problem, vans=(nowhere, problem.vans[0]))

    found = answer(Ask(problem=problem, seconds=1), Estimate()).solution

    assert found is not None
    assert found.solver == "vroom"
    assert found.left == ()
    first = found.routes[0][0]
    assert first.at == 0, "no way leads to the first stop"


@rule("PL15")
async def test_a_cancelled_search_ends_its_process_at_once_and_leaves_no_child():
    worker = WorkerProcess()
    await worker.solve(a_problem(), 1)
    pid = worker.pid
    search = asyncio.create_task(worker.solve(a_problem(400), 60))
    # The process gets its problem before anybody can change their mind.
    await asyncio.wait([search], timeout=0.2)

    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search

    assert not _is_alive(pid)
    assert (await worker.solve(a_problem(), 1)).left == ()
    await worker.close()


@rule("PL26")
@pytest.mark.parametrize(
    "program",
    [
        "sys.exit(3)",
        "sys.stdin.buffer.read(4); sys.exit(0)",
        "sys.stdin.buffer.read(4); print('nonsense' * 9, flush=True)",
        "sys.stdout.buffer.write(bytes((0, 0, 0, 3, 9, 9, 9))); sys.stdout.flush()",
        "os.kill(os.getpid(), 9)",
    ],
)
async def test_a_process_that_dies_or_talks_nonsense_is_a_problem_of_the_plan(program: str):
    worker = WorkerProcess(command=("-c", f"import os, sys; {program}"))

    with pytest.raises(CannotSolve, match="broke off"):
        await worker.solve(a_problem(), 1)

    assert worker.pid is None


@rule("PL26")
async def test_a_process_that_never_answers_is_ended():
    worker = WorkerProcess(command=("-c", "import sys; sys.stdin.read()"), grace=0.2)
    with pytest.raises(CannotSolve, match="too long"):
        await worker.solve(a_problem(), 0)

    assert worker.pid is None


@rule("PL26")
async def test_a_process_that_was_killed_between_two_plans_is_replaced():
    worker = WorkerProcess()
    await worker.solve(a_problem(), 1)
    assert worker.pid is not None
    os.kill(worker.pid, 9)
    assert worker._process is not None
    await worker._process.wait()

    assert (await worker.solve(a_problem(), 1)).left == ()
    await worker.close()


async def test_a_process_that_nobody_needs_ends_and_the_next_plan_gets_a_new_one():
    worker = WorkerProcess(kept=0)
    await worker.solve(a_problem(), 1)
    process = worker._process
    assert process is not None

    assert await process.wait() == 0
    assert (await worker.solve(a_problem(), 1)).left == ()
    await worker.close()


async def test_the_process_ends_with_its_input():
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.routing.worker", "", stdin=asyncio.subprocess.PIPE
    )
    assert program.stdin is not None
    program.stdin.close()

    assert await program.wait() == 0


async def test_a_plan_without_stops_or_vans_needs_no_search():
    nothing = Problem(places=(), tasks=(), vans=())
    nobody = Problem(places=a_problem().places, tasks=a_problem().tasks, vans=())

    empty, lonely = (
        answer(Ask(problem=problem, seconds=1), Estimate()).solution
        for problem in (nothing, nobody)
    )

    assert empty is not None
    assert lonely is not None
    assert (empty.routes, empty.left) == ((), ())
    assert {left.why for left in lonely.left} == {"no_driver"}


async def test_what_time_is_left_goes_to_a_more_thorough_search():
    levels: list[int] = []
    times = iter((0.0, 1.0))

    class Watched(VroomEngine):
        def search(self, problem, ways, level, seconds):
            levels.append(level)
            return super().search(problem, ways, level, min(seconds, 1))

    problem = a_problem()
    engine = Watched(vroom, 8.0, 1, lambda: next(times))
    engine(problem, Estimate().between(problem.places))

    assert levels == [0, 3]
