"""`kanvoy serve --workers N`: several processes behind one port, and a parent that keeps them.

The parent holds the listening sockets and does nothing else, so whoever connects while a worker is
started anew waits a moment instead of being refused.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from structlog import get_logger

from server.app import CannotServe
from server.settings import Settings
from server.telemetry.logs import start_logging

_log = get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that ended is started anew; doubled while it does not live."""

LIVED_SECONDS = 60.0
"""A worker that lived so long did not end because of how it was started."""

CLOSING_SECONDS = 20.0
"""What a worker may need besides the drain time before it is killed."""


class Crew:
    """The workers of one node."""

    def __init__(
        self, settings: Settings, sockets: list[socket.socket], opened: Callable[[], None]
    ) -> None:
        """`opened` is called once, when all workers answer."""
        self._settings = settings
        self._sockets = sockets
        self._opened = opened
        self._missing = settings.workers
        self._living: dict[int, asyncio.subprocess.Process] = {}
        self._leaving = asyncio.Event()

    async def run(self) -> None:
        """Keep all workers until a signal comes. Raises `CannotServe` when one never answers."""
        start_logging(self._settings.log_level, self._settings.log_format)
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._leave, each)
        with tempfile.TemporaryDirectory(prefix="kanvoy-") as folder:
            keeping = [
                asyncio.create_task(self._keep(n, Path(folder)))
                for n in range(self._settings.workers)
            ]
            try:
                await asyncio.gather(*keeping)
            finally:
                self._leave(signal.SIGTERM)
                await asyncio.gather(*keeping, return_exceptions=True)

    def _leave(self, sent: signal.Signals) -> None:
        """Ask all workers to leave; a second Ctrl-C does not wait for anybody."""
        hurried = self._leaving.is_set() and sent == signal.SIGINT
        self._leaving.set()
        for process in self._living.values():
            _send(process, signal.SIGKILL if hurried else signal.SIGTERM)

    async def _keep(self, number: int, folder: Path) -> None:
        """Have this worker run, again and again, until we leave."""
        loop, short_lives, ready = asyncio.get_running_loop(), 0, False
        while not self._leaving.is_set():
            begun = loop.time()
            code, answered = await self._live(number, folder, first=not ready)
            ready = ready or answered
            if self._leaving.is_set():
                return
            if not ready:
                raise CannotServe("a worker could not be opened; the log says why")
            short_lives = 0 if loop.time() - begun > LIVED_SECONDS else short_lives + 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (short_lives - 1)) if short_lives else 0.0
            _log.warning("a worker ended", worker=number, code=code, again_in=pause)
            await _pause(self._leaving, pause)

    async def _live(self, number: int, folder: Path, *, first: bool) -> tuple[int, bool]:
        """One life of a worker; answers how it ended, and whether it ever answered."""
        hears, tells = os.pipe()
        try:
            process = await self._spawn(folder, tells)
        finally:
            os.close(tells)
        self._living[number] = process
        if self._leaving.is_set():
            _send(process, signal.SIGTERM)
        answers = asyncio.create_task(self._answers(hears, first=first))
        try:
            code = await self._ended(process)
            return code, await answers
        finally:
            answers.cancel()
            del self._living[number]

    async def _spawn(self, folder: Path, tells: int) -> asyncio.subprocess.Process:
        settings, descriptors = self._settings, [each.fileno() for each in self._sockets]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "server.worker", ",".join(map(str, descriptors)), str(tells), str(folder)),
            pass_fds=(*descriptors, tells),
            # It closes when we die, however that comes about.
            stdin=asyncio.subprocess.PIPE,
            # A Ctrl-C in the terminal is ours to pass on.
            start_new_session=True,
            env={
                **os.environ,
                "KANVOY_DATA": str(settings.data.absolute()),
                "KANVOY_HOST": settings.host,
                "KANVOY_PORT": str(settings.port),
            },
        )

    async def _answers(self, hears: int, *, first: bool) -> bool:
        """Whether the worker came to the point where it answers requests."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(hears, "rb")
        )
        try:
            answered = bool(await reader.read(1))
        finally:
            transport.close()
        if answered and first:
            self._missing -= 1
            if not self._missing:
                self._opened()
        return answered

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Wait for its end, which comes by force when it takes too long to leave."""
        end = asyncio.create_task(process.wait())
        leaving = asyncio.create_task(self._leaving.wait())
        await asyncio.wait([end, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        patience = self._settings.drain_seconds + CLOSING_SECONDS
        done, _ = await asyncio.wait([end], timeout=patience if self._leaving.is_set() else None)
        if not done:
            _send(process, signal.SIGKILL)
        return await end


def _send(process: asyncio.subprocess.Process, sent: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(sent)


async def _pause(event: asyncio.Event, seconds: float) -> None:
    """Wait, or until the event."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
