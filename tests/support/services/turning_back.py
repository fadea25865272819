"""A PostgreSQL whose data folder can be turned back to an older copy, as a bad failover does."""

import itertools
import shutil
import subprocess
import tempfile
from pathlib import Path

from server.demo.engines.databases import Database, Databases, local_dsn
from server.demo.engines.found import Found
from server.demo.engines.kept import KeptServer
from server.demo.engines.postgres import SETTINGS, initialise, who_may_run


class TurningBack:
    """One cluster behind one socket, whatever becomes of its data."""

    def __init__(self, found: Found) -> None:
        self._binaries = Path(found.location)
        # A short path: a unix socket's may have about 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="kanvoy-back-", dir="/tmp"))
        self._user, self._prefix = who_may_run(self._binaries, self._folder)
        initialise(self._binaries, self._folder, self._user, self._prefix)
        self._numbers = itertools.count(1)
        self._server = self._started()
        self._databases = Databases(local_dsn(self._folder))
        self._databases.create_owner()

    def database(self) -> Database:
        """An empty database."""
        return self._databases.create()

    def keep_a_copy(self) -> None:
        """Copy the data as it is on disk now, with the server stopped meanwhile."""
        self._server.close()
        shutil.rmtree(self._folder / "old", ignore_errors=True)
        self._copy("data", "old")
        self._server = self._started()

    def turn_back(self) -> None:
        """Go on with the copy; whatever was written since has never been."""
        self._server.close()
        shutil.rmtree(self._folder / "data")
        self._copy("old", "data")
        self._server = self._started()

    def close(self) -> None:
        """Stop the server and remove everything."""
        self._server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _copy(self, source: str, target: str) -> None:
        subprocess.run(["cp", "-a", source, target], cwd=self._folder, check=True)

    def _started(self) -> KeptServer:
        # Its keeper removes the folder that the server runs in, which is not the data's.
        run = self._folder / f"run-{next(self._numbers)}"
        run.mkdir(mode=0o755)
        if self._user:
            shutil.chown(run, self._user)
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        program, data = str(self._binaries / "postgres"), str(self._folder / "data")
        command = [*self._prefix, program, "-D", data, "-k", str(self._folder), *settings]
        server = KeptServer(run, command, self._user)
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._folder)]
        server.wait_until(
            lambda: subprocess.run([*ready, "-U", "postgres"], check=False).returncode == 0
        )
        return server
