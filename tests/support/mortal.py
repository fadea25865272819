"""Engines that can be killed at any moment, and come back at the same place.

PostgreSQL keeps what was on its disk, Valkey comes back empty. Each runs under the keeper of
server/demo/engines, so that none outlives the tests, whatever ends them.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis

from server.demo.engines.databases import Databases, local_dsn
from server.demo.engines.found import Found, ServiceFailedError
from server.demo.engines.kept import KeptServer
from server.demo.engines.postgres import initialise, who_may_run
from server.demo.engines.valkey import Valkey

#: As in production: what was committed survives.
DURABLE = ("listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on",
           "max_connections=100", "shared_buffers=32MB")  # fmt: skip

_PATIENCE = 30.0
"""Seconds that a predecessor's remains may keep a server from starting."""


class Mortal:
    """A server in a folder that outlives it."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        *,
        answers: Callable[[], bool],
        pid: Callable[[], int],
        user: str = "",
    ) -> None:
        """Run nothing yet. `pid` tells the process of the server that answers."""
        self._folder, self._command, self._user = folder, command, user
        self._answers, self._find_pid = answers, pid
        self._server: KeptServer | None = None
        self._pid = 0

    @property
    def is_up(self) -> bool:
        """Whether it was started and not killed since."""
        return self._server is not None

    def start(self) -> None:
        """Start it where it was; it answers when this returns.

        Tried again for a while: the children of a killed postmaster hold its shared memory until
        they notice, and as long as they do no other one may have the folder.
        """
        until = time.monotonic() + _PATIENCE
        while self._server is None:
            server = KeptServer(self._run_folder(), self._command, self._user)
            try:
                server.wait_until(self._answers)
            except ServiceFailedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                self._server, self._pid = server, self._find_pid()

    def kill(self) -> None:
        """End it without a word: SIGKILL. Its process is gone when this returns."""
        if self._server is not None:
            os.kill(self._pid, signal.SIGKILL)
            self._server.close()
            self._server = None

    def close(self) -> None:
        """End it in peace, and leave nothing behind."""
        if self._server is not None:
            self._server.close()
            self._server = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run_folder(self) -> Path:
        """The keeper removes its folder with the server, so it gets one that nobody needs."""
        return Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))


class MortalValkey(Mortal):
    """A Valkey with nothing on disk."""

    def __init__(self, found: Found) -> None:
        """Run the program that was found."""
        folder = _short_folder("kanvoy-valkey-")
        options = ["--port", "0", "--unixsocket", str(folder / "v.sock"), "--save", ""]
        self.valkey = Valkey(f"unix://{folder / 'v.sock'}", None)
        super().__init__(
            folder,
            [_program(found), *options, "--appendonly", "no"],
            answers=self.valkey.answers,
            pid=self._said_pid,
        )

    def _said_pid(self) -> int:
        with redis.Redis.from_url(self.valkey.url) as client:
            return int(client.info("server")["process_id"])


class MortalPostgres(Mortal):
    """A PostgreSQL that keeps its promises, and the databases in it."""

    def __init__(self, found: Found, settings: Sequence[str] = DURABLE) -> None:
        """Make an empty cluster for the program that was found."""
        binaries, folder = Path(_program(found)), _short_folder("kanvoy-pg-")
        user, prefix = who_may_run(binaries, folder)
        initialise(binaries, folder, user, prefix)
        given = [part for setting in settings for part in ("-c", setting)]
        program, data = str(binaries / "postgres"), folder / "data"
        self._ready = [str(binaries / "pg_isready"), "-q", "-h", str(folder), "-U", "postgres"]
        self._pid_file = data / "postmaster.pid"
        self.databases = Databases(local_dsn(folder))
        super().__init__(
            folder,
            [*prefix, program, "-D", str(data), "-k", str(folder), *given],
            answers=lambda: subprocess.run(self._ready, check=False).returncode == 0,
            pid=lambda: int(self._pid_file.read_text().split()[0]),
            user=user,
        )

    def found(self) -> None:
        """Start for the first time, with the role that owns all databases."""
        self.start()
        self.databases.create_owner()

    def _run_folder(self) -> Path:
        folder = super()._run_folder()
        # Its working directory; PostgreSQL may run as somebody else.
        folder.chmod(0o755)
        return folder


def _program(found: Found) -> str:
    """Where the program is; a server that somebody else runs is not ours to kill."""
    if "://" in found.location:
        raise ServiceFailedError(f"{found.origin} names a server, and one is needed to kill")
    return found.location


def _short_folder(prefix: str) -> Path:
    # A unix socket's path may have about 100 characters.
    return Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
