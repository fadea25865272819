"""A solver without a process: cheapest insertion at once, or when the test lets it."""

import asyncio

from server.application.solving import CannotSolve
from server.domain.dispatch.insertion import by_insertion
from server.domain.dispatch.problem import Problem, Solution
from server.domain.dispatch.solve import solve
from server.routing.ways import Estimate


class InlineSolver:
    """See `Solver`. Solves as the worker does where there is no VROOM."""

    def __init__(self) -> None:
        """Answer at once."""
        self.problems: list[Problem] = []
        self.asked = asyncio.Event()
        self.cancelled = 0
        self.fault = ""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def solve(self, problem: Problem, seconds: float) -> Solution:
        """See `Solver`."""
        del seconds
        self.problems.append(problem)
        self.asked.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fault:
            raise CannotSolve(self.fault)
        ways = Estimate().between(problem.places)
        return solve(problem, ways, by_insertion, "insertion")

    async def close(self) -> None:
        """Nothing to leave behind."""
