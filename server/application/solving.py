"""What the planner needs of a solver."""

from typing import Protocol

from server.domain.dispatch.problem import Problem, Solution


class CannotSolve(Exception):
    """There is no solution, for no fault of the problem; the message may be shown to people."""


class Solver(Protocol):
    """Solves problems outside the event loop."""

    async def solve(self, problem: Problem, seconds: float) -> Solution:
        """The best plan found within about so many seconds; raises `CannotSolve`.

        Problems are solved one after the other. Cancellation ends the search at once.
        """

    async def close(self) -> None:
        """Leave nothing behind; it may be asked again."""
