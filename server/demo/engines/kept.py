"""A server process that cannot outlive the tests: the near side of `keeper.py`."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from server.demo.engines import keeper
from server.demo.engines.found import ServiceFailedError

#: A machine with two busy cores needs 3 s for PostgreSQL (2026-11); ten times that is a fault.
_START_SECONDS = 30.0
_LOG_TAIL = 1500


class KeptServer:
    """One server in a folder of its own, stopped and removed when we close it or die."""

    def __init__(self, folder: Path, command: Sequence[str], user: str = "") -> None:
        self.folder = folder
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server
        # A session of its own: a Ctrl-C in the terminal must reach the tests alone.
        self._keeper = subprocess.Popen(
            [sys.executable, "-S", keeper.__file__, str(folder), user, *command],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return as soon as the server answers; raise with its log when it never will."""
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                said = self._end_of_log()
                self.close()
                raise ServiceFailedError(said)
            time.sleep(0.02)

    def close(self) -> None:
        """Let go of the keeper, and wait until server and folder are gone."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()
        self._log.close()

    def _end_of_log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-_LOG_TAIL:]
