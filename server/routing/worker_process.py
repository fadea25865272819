"""The solver as a process of its own: kept warm between plans, killed to cancel one. [PL]"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process

from server.application.solving import CannotSolve
from server.domain.dispatch.problem import Problem, Solution
from server.routing.exchange import LENGTH_BYTES, Answer, Ask, decode_answer, framed

_COMMAND = ("-m", "server.routing.worker")

_GRACE = 30.0
"""Seconds beyond those asked for: a cold start, a slow routing server, a busy machine."""

_KEPT = 600.0
"""Seconds without a plan after which the process ends: it holds some 100 MB."""

_LARGEST = 64 * 1_024 * 1_024


class WorkerProcess:
    """The `Solver` of the real installation. One search at a time; the others wait."""

    def __init__(
        self,
        routing_url: str = "",
        command: tuple[str, ...] = _COMMAND,
        *,
        grace: float = _GRACE,
        kept: float = _KEPT,
    ) -> None:
        """Start nothing yet."""
        self._arguments = (*command, routing_url)
        self._grace = grace
        self._kept = kept
        self._one = asyncio.Lock()
        self._process: Process | None = None
        self._ending: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process there is now."""
        return self._process.pid if self._process is not None else None

    async def solve(self, problem: Problem, seconds: float) -> Solution:
        """See `Solver`. Whatever goes wrong, the next problem gets a new process. [PL]"""
        async with self._one:
            try:
                answer = await self._asked(Ask(problem=problem, seconds=seconds))
            except TimeoutError as late:
                await self.close()
                raise CannotSolve("the solver took too long") from late
            except (OSError, EOFError, ValueError) as fault:
                await self.close()
                raise CannotSolve("the solver broke off") from fault
            except BaseException:
                # PL15: cancelled, so nobody wants the search any more
                await self.close()
                raise
            self._end_later()
        if answer.solution is None:
            raise CannotSolve(answer.fault)
        return answer.solution

    async def close(self) -> None:
        """End the process, if there is one; returns when it is gone."""
        process, self._process = self._process, None
        if self._ending is not None:
            self._ending.cancel()
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _asked(self, ask: Ask) -> Answer:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        async with asyncio.timeout(ask.seconds + self._grace):
            process.stdin.write(framed(ask))
            await process.stdin.drain()
            head = await process.stdout.readexactly(LENGTH_BYTES)
            length = int.from_bytes(head, "big")
            if length > _LARGEST:
                raise ValueError(length)
            return decode_answer(await process.stdout.readexactly(length))

    async def _running(self) -> Process:
        if self._ending is not None:
            self._ending.cancel()
        if self._process is None or self._process.returncode is not None:
            await self.close()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._arguments,
                stdin=PIPE,
                stdout=PIPE,
                env=_environment(),
                # Ctrl-C is for the node, which ends this process in its own time.
                start_new_session=True,
            )
        return self._process

    def _end_later(self) -> None:
        self._ending = asyncio.get_running_loop().call_later(self._kept, self._end)

    def _end(self) -> None:
        if self._process is not None and not self._one.locked():
            process, self._process = self._process, None
            # Its input ends, and so does it.
            assert process.stdin is not None
            process.stdin.close()


def _environment() -> dict[str, str]:
    """Where our modules are, and nothing of what the operator told the node in confidence."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
