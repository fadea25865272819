"""Photos through a process of their own, signatures through our own eyes. [UP]"""

import asyncio
import sys
from pathlib import Path

from protocols.vocabulary import UploadKind
from server.application.uploads import Cleaned, Unclean
from server.pictures.signature import drawn

_WORKER = Path(__file__).with_name("worker.py")

_AT_ONCE = 2
"""Pictures decoded at the same time; the others wait."""

_SECONDS = 15.0
"""By the wall clock; the worker's own limit is of CPU time."""

_REFUSED = 3

_LARGEST = 8 * 1_024 * 1_024


class PictureCleaner:
    """The `Cleaner` of the real installation."""

    def __init__(self, worker: Path = _WORKER) -> None:
        """Have pictures decoded by this program."""
        self._worker = worker
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """See `Cleaner`. Cancellation ends the worker too."""
        if kind == "signature":
            return drawn(raw)
        async with self._room:
            return await self._decoded(raw)

    async def _decoded(self, raw: bytes) -> Cleaned | Unclean:
        # -I: neither the environment nor the current folder decides what is imported there.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(self._worker),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
        )
        try:
            async with asyncio.timeout(_SECONDS):
                body, said = await process.communicate(raw)
        except TimeoutError:
            return Unclean("too_slow")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0 and 0 < len(body) <= _LARGEST:
            return Cleaned(body, "image/jpeg")
        reason = said.decode("ascii", "replace") if process.returncode == _REFUSED else "broken"
        return Unclean(reason[:40] or "broken")
