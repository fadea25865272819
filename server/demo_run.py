"""`kanvoy demo`: fills an embedded database with two tenants, then serves it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from protocols.vocabulary import Instant
from server.app import serve
from server.application.accounts import Credential, Tenant
from server.application.node import Node
from server.application.sign_in import Passwords
from server.application.submission import Submission
from server.demo.bakery import bakery
from server.demo.northwind import northwind
from server.demo.play import Played, play
from server.demo.script import DAY, Script
from server.desk import bring_up, open_desk
from server.http.passwords import Argon2
from server.listening import listen
from server.pairing import link, pair
from server.realtime.fanout_memory import MemoryBus
from server.settings import Settings
from server.storage.open import Storage, open_storage
from server.system import RandomIds, ScriptClock, SystemClock, local_time_zone

PASSWORD = "password"  # noqa: S105 - printed at every start; the demo listens on this machine only

_FOLDER = Path(".kanvoy/demo")

_MARK = "seeded.json"

_DRIVER, _DRIVER_NAME, _VIEW = "jonas-brandt", "Jonas Brandt", "hall"

_MANY = 1_000

_SHAPE = 3
"""Raised when the demo's content or storage changes, so that an old folder is filled anew."""

Tell = Callable[[str], None]


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """When and with what a folder was filled."""

    at: Instant
    shape: int


async def run(settings: Settings, *, fresh: bool, tell: Tell) -> int:
    """Fill what is not filled or older than a day, tell how to get in, and serve until stopped."""
    settings = at_home(settings)
    # Before the filling, which takes seconds and forgets what was there.
    sockets = listen(settings)
    clock = SystemClock()
    if fresh or not is_current(settings.data, clock.now()):
        begun = clock.monotonic()
        commands = await fill(settings, clock.now())
        seconds = clock.monotonic() - begun
        tell(f"Filled {settings.data} with {commands:,} commands in {seconds:.1f} s.")

    shown = await codes(settings)

    def greet() -> None:
        for line in greeting(settings, shown):
            tell(line)

    await serve(settings, sockets, greet)
    return 0


def at_home(settings: Settings) -> Settings:
    """The demo's own folder and database, unless somebody chose a folder."""
    chosen = settings.data if settings.data != Settings().data else _FOLDER
    return msgspec.structs.replace(settings, data=chosen, database_url="")


def is_current(folder: Path, now: Instant) -> bool:
    """Whether the folder holds this demo with windows around today."""
    try:
        seeded = msgspec.json.decode((folder / _MARK).read_bytes(), type=Seeded)
    except (OSError, msgspec.MsgspecError):
        return False
    return seeded.shape == _SHAPE and now - seeded.at < DAY


async def fill(settings: Settings, now: Instant) -> int:
    """Start the folder over and play both tenants into it; answers how many commands that took."""
    shutil.rmtree(settings.data, ignore_errors=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    await bring_up(settings)
    passwords, zone = Argon2(), local_time_zone()
    async with open_storage(settings.database) as storage:
        played = [
            await _fill_tenant(settings, storage, passwords, script)
            for script in (northwind(now, zone), bakery(now, zone))
        ]
    mark = Seeded(at=now, shape=_SHAPE)
    (settings.data / _MARK).write_bytes(msgspec.json.encode(mark))
    return sum(each.commands for each in played)


async def _fill_tenant(
    settings: Settings, storage: Storage, passwords: Passwords, script: Script
) -> Played:
    clock = ScriptClock(script.steps[0].at)
    await storage.accounts.create_tenant(
        Tenant(id=script.tenant_id, slug=script.slug, name=script.name, created_at=clock.now())
    )
    # One hash for all: the same password, told to everybody, needs no salt of its own.
    kept = await passwords.hash(PASSWORD)
    for person in script.people:
        await storage.accounts.put_credential(
            Credential(
                tenant_id=script.tenant_id,
                person_id=person.id,
                email=person.email,
                password_hash=kept,
                changed_at=clock.now(),
            )
        )
    node = Node(storage.store, clock, RandomIds(), MemoryBus().fanout(), _raise)
    try:
        return await play(node, clock, script, settings.preset)
    finally:
        await node.close()


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """Good for a day and for many devices: only in the demo."""

    driver: str
    display: str


async def codes(settings: Settings) -> Codes:
    """One for a phone and one for a display."""
    async with open_desk(settings) as desk:
        driver, _ = await pair(desk, "northwind", "driver", _DRIVER, uses=_MANY, lasts=DAY)
        display, _ = await pair(desk, "northwind", "display", _VIEW, uses=_MANY, lasts=DAY)
    return Codes(driver=driver, display=display)


def greeting(settings: Settings, codes: Codes) -> list[str]:
    """What a person at the terminal needs to get in."""
    return [
        "",
        f"  Kanvoy is at {settings.address}",
        "",
        "  Northwind Traders   nancy@northwind.example    back office",
        "                      andrew@northwind.example   owner",
        "                      wilma@northwind.example    warehouse, sees no prices",
        "  Kornblume Bakery    greta@kornblume.example    owner",
        "",
        f"  Password for all: {PASSWORD}. Two browsers show it best.",
        "",
        f"  Driver's phone      {link(settings, 'driver', codes.driver)}",
        f"                      {_DRIVER_NAME}'s code: {codes.driver}",
        f"  Display on a wall   {link(settings, 'display', codes.display)}",
        f"                      code: {codes.display}",
        "",
    ]


def _raise(bug: Exception, _submission: Submission) -> None:
    raise bug
