"""What is wrong with an installation, and how to mend it."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from protocols.vocabulary import Instant
from server.listening import CannotListen, bound, close
from server.settings import Settings
from server.storage.open import open_storage
from server.storage.postgres.role import boundless_role
from server.storage.revisions import revisions
from server.storage.sqlite.database import SqliteDatabase
from server.system import SystemClock

if sys.platform != "win32":
    import resource

State = Literal["fine", "doubtful", "broken"]

_OLDEST_PYTHON = (3, 11)

_LEAST_FREE = 512 * 1_024 * 1_024
"""Half a gigabyte: a busy day's journal with room for its write-ahead log."""

_EPOCH_2025 = Instant(1_735_689_600_000)
"""A clock before 2025-01-01 was never set: this program is younger."""

_FULL = 2
"""SQLite's number for `synchronous=FULL`: an acknowledged write survives a power cut."""

STATIC = Path(__file__).parent / "web" / "static"


_PATIENCE = 2.0
"""Seconds for whoever has our port to say who it is."""

_LONGEST = 1_024


class _Health(msgspec.Struct, frozen=True):
    """What `/health` of ours says."""

    status: str
    version: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. Without `mend` nothing needs to be done."""

    about: str
    state: State
    says: str
    mend: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything that keeps a node from serving; changes nothing."""
    for finding in await asyncio.to_thread(lambda: list(_quick(settings))):
        yield finding
    async for finding in _database(settings):
        yield finding


def _quick(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield _clock()
    yield from _folder(settings)
    yield _client()
    yield _port(settings)
    yield from _origins(settings)
    yield _files(settings)


def _python() -> Finding:
    said = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return _broken("python", said, "Install Python 3.11 or newer and make the venv anew.")
    return _fine("python", said)


def _clock() -> Finding:
    now = SystemClock().now()
    if now < _EPOCH_2025:
        return _broken("clock", "is years behind", "Set it, e.g. `timedatectl set-ntp true`.")
    return _fine("clock", "plausible")


def _folder(settings: Settings) -> Iterator[Finding]:
    if not settings.embedded:
        return
    folder = Path(_file(settings)).parent
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir():
        yield _broken("data folder", f"{nearest} is a file", "Set KANVOY_DATA to a folder.")
        return
    if not _takes_files(nearest):
        mend = f"Give this user the right: `chown $USER {nearest}`, or set KANVOY_DATA."
        yield _broken("data folder", f"{nearest} cannot be written", mend)
        return
    free = shutil.disk_usage(nearest).free
    if free < _LEAST_FREE:
        yield _doubt("data folder", f"{free // 2**20} MiB are left", "Make room on this disk.")
    else:
        yield _fine("data folder", str(folder))


def _takes_files(folder: Path) -> bool:
    """Only trying tells: root may write everywhere, and /proc takes nothing from anybody."""
    try:
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _client() -> Finding:
    if not (STATIC / "board" / "index.html").is_file():
        return _broken("browser client", "is not built", "Run `make setup` in the checkout.")
    return _fine("browser client", "built")


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        close(bound(settings))
    except CannotListen as problem:
        running = _kanvoy_at(settings)
        if running:
            return _fine("port", f"Kanvoy {running} serves {where}")
        mend = "End what listens there, or set KANVOY_PORT or KANVOY_HOST to another one."
        return _broken("port", f"{where}: {problem.reason}", mend)
    return _fine("port", f"{where} is free")


def _kanvoy_at(settings: Settings) -> str:
    """The version of the server that has the port; nothing when it is none of ours."""
    at = urlsplit(settings.address)
    asking = HTTPConnection(at.hostname or "", settings.port, timeout=_PATIENCE)
    try:
        asking.request("GET", "/health")
        said = msgspec.json.decode(asking.getresponse().read(_LONGEST), type=_Health)
    except (OSError, HTTPException, msgspec.MsgspecError):
        return ""
    finally:
        asking.close()
    return said.version if said.status == "alive" else ""


def _origins(settings: Settings) -> Iterator[Finding]:
    said = ", ".join(sorted(settings.allowed_origins))
    plain = [o for o in settings.allowed_origins if o.startswith("http://") and not _is_local(o)]
    public = not _is_local(f"http://{settings.host}")
    if plain:
        mend = "Serve over TLS and name https:// origins in KANVOY_ORIGINS; passwords travel there."
        yield _doubt("origins", f"{plain[0]} is not encrypted", mend)
    elif public and not settings.origins:
        mend = "Set KANVOY_ORIGINS to the address people type, e.g. https://orders.example.com."
        yield _broken("origins", "only this machine's own pages may connect", mend)
    else:
        yield _fine("origins", said)
    if settings.secure_cookies is False and not plain and settings.origins:
        yield _doubt("cookies", "are sent without TLS too", "Remove KANVOY_SECURE_COOKIES=no.")


def _files(settings: Settings) -> Finding:
    if sys.platform == "win32":
        return _fine("open files", "not limited here")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most < settings.sockets + 200:
        mend = f"`ulimit -n {settings.sockets + 1_000}` before starting, or lower KANVOY_SOCKETS."
        return _doubt("open files", f"{most} allowed, {settings.sockets} sockets wanted", mend)
    return _fine("open files", f"{most} allowed")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    about, shown = "database", _without_password(settings.database)
    if settings.embedded and not await asyncio.to_thread(Path(_file(settings)).exists):
        yield _doubt(about, f"{shown} is not there yet", "`kanvoy migrate` or `serve` makes it.")
        return
    try:
        stands, wanted = await revisions(settings.database)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is the finding
        said = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        mend = "Check KANVOY_DATABASE_URL, and that the server is up and lets this user in."
        yield _broken(about, f"{shown}: {said}", mend)
        return
    if stands != wanted:
        mend = "Run `kanvoy migrate`."
        yield _broken("schema", f"stands at {stands or 'nothing'}, needs {wanted}", mend)
        return
    yield _fine(about, f"{shown}, schema {wanted}")
    if role := await boundless_role(settings.database):
        mend = f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS, or serve with another role."
        yield _broken("row-level security", f"does not bind the role {role}", mend)
    async with open_storage(settings.database) as storage:
        tenants = await storage.accounts.tenants()
        if isinstance(storage.database, SqliteDatabase):
            yield _durable(storage.database)
    if tenants:
        yield _fine("tenants", ", ".join(tenant.slug for tenant in tenants))
    else:
        yield _doubt("tenants", "there is none", "Run `kanvoy create-tenant`.")


def _durable(database: SqliteDatabase) -> Finding:
    connection = database.connect()
    try:
        ((level,),) = connection.execute("PRAGMA synchronous").fetchall()
        ((journal,),) = connection.execute("PRAGMA journal_mode").fetchall()
    finally:
        connection.close()
    if journal != "wal" or level < _FULL:
        mend = "Move the folder to a local disk; network disks cannot do it."
        return _broken("durability", f"journal {journal}, synchronous {level}", mend)
    return _fine("durability", "write-ahead log, synchronous FULL")


def _file(settings: Settings) -> str:
    return settings.database.removeprefix("sqlite:///")


def _fine(about: str, says: str) -> Finding:
    return Finding(about=about, state="fine", says=says)


def _doubt(about: str, says: str, mend: str) -> Finding:
    return Finding(about=about, state="doubtful", says=says, mend=mend)


def _broken(about: str, says: str, mend: str) -> Finding:
    return Finding(about=about, state="broken", says=says, mend=mend)


def _is_local(origin: str) -> bool:
    return urlsplit(origin).hostname in {"localhost", "127.0.0.1", "::1"}


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return url.replace(f":{parts.password}@", ":…@", 1)
