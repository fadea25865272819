"""Photos through a process of their own, signatures through our own eyes. [UP]"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from protocols.vocabulary import UploadKind
from server.application.ports import StorageBusy
from server.application.upload_ports import Cleaned, Unclean
from server.pictures.signature import drawn

_WORKER = Path(__file__).with_name("worker.py")

_AT_ONCE = 2
"""Pictures decoded at the same time; the others wait."""

_SECONDS = 30.0
"""By the wall clock, on a busy machine; the worker's own limit is 8 s of CPU time."""

_REFUSED = 3

_LARGEST = 8 * 1_024 * 1_024

_LONGEST_REASON = 40


class PictureCleaner:
    """The `Cleaner` of the real installation."""

    def __init__(self, worker: Path = _WORKER, *, seconds: float = _SECONDS) -> None:
        """Have pictures decoded by this program."""
        self._worker, self._seconds = worker, seconds
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """See `Cleaner`. Cancellation ends the worker too."""
        if kind == "signature":
            return drawn(raw)
        async with self._room:
            return await self._decoded(raw)

    async def _decoded(self, raw: bytes) -> Cleaned | Unclean:
        process = await self._started()
        try:
            async with asyncio.timeout(self._seconds):
                body, said, _ = await asyncio.gather(
                    _at_most(_LARGEST, process.stdout, process),
                    _at_most(_LONGEST_REASON, process.stderr, process),
                    _feed(process, raw),
                )
                code = await process.wait()
        except TimeoutError:
            return Unclean("too_slow")
        finally:
            await _gone(process)
        if code == 0 and body:
            return Cleaned(body, "image/jpeg")
        return Unclean(_reason(said) if code == _REFUSED else "broken")

    async def _started(self) -> Process:
        try:
            # -I: neither the environment nor the current folder decides what is imported there.
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                str(self._worker),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env={},
            )
        except OSError as fault:
            # No memory or no process is our trouble and not the picture's.
            raise StorageBusy(5.0) from fault


async def _at_most(most: int, stream: asyncio.StreamReader | None, process: Process) -> bytes:
    """All of it. A worker that says more broke loose: it is ended, and nothing of it counts."""
    assert stream is not None
    read = bytearray()
    while chunk := await stream.read(64 * 1_024):
        if len(read) + len(chunk) > most:
            _end(process)
            # What is in the pipe already is read and forgotten, so that the pipe closes.
            read, most = bytearray(), 0
        else:
            read += chunk
    return bytes(read)


async def _feed(process: Process, raw: bytes) -> None:
    assert process.stdin is not None
    # It may refuse by the first bytes and be gone before it has read the last.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(raw)
        await process.stdin.drain()
    process.stdin.close()


async def _gone(process: Process) -> None:
    """Leave no process and no pipe behind."""
    if process.returncode is None:
        _end(process)
        await process.communicate()


def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


def _reason(said: bytes) -> str:
    """The worker's one word; what is no word was not said by it."""
    word = said.decode("ascii", "replace")
    return word if word.replace("_", "").isalpha() else "broken"
