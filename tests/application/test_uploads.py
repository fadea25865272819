"""Pictures on their way in when nodes race, crash, and run out of room."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from protocols.vocabulary import (
    LARGEST_SIGNATURE,
    Instant,
    PersonId,
    TenantId,
    UploadId,
    UploadKind,
)
from server.application.one_at_a_time import OneAtATime
from server.application.ports import StorageBusy
from server.application.upload_ports import Announced, Cleaned, Cleaner, Unclean, UploadLedger
from server.application.uploads import Progress, Uploads
from server.domain.actor import Actor
from server.jobs.unfinished_uploads import KEPT_MS, UnfinishedUploads
from server.storage.blobs import FileBlobs
from tests.support.fakes import MONDAY, FakeClock, FakeIds
from tests.support.memory_uploads import MemoryUploads
from tests.support.rules import rule
from tests.support.site import a_site

pytestmark = pytest.mark.asyncio

ACME = TenantId("acme")
ANA = Actor(
    tenant_id=ACME, id=PersonId("ana"), name="Ana", roles=("driver",), permissions=frozenset()
)
RAW = b"what came in"
PAINTED = b"what is kept"
NEVER, ALL = Instant(0), Instant(2 * MONDAY)


class Painter:
    """Paints the same picture of everything."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        del kind, raw
        await asyncio.sleep(0)
        return Cleaned(PAINTED, "image/jpeg")


class Choosy:
    """Takes nothing."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        del kind, raw
        await asyncio.sleep(0)
        return Unclean("broken")


class Killed(BaseException):
    """The process ends here."""


class Mortal(FileBlobs):
    """Dies where it would delete what came in."""

    async def drop_parts(self, tenant_id: TenantId, name: str) -> None:
        raise Killed(tenant_id, name)


class Dying:
    """Dies while it looks."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        raise Killed(kind, raw)


class Full:
    """Has no room for a worker."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        del kind, raw
        raise StorageBusy


def uploads(
    folder: Path, ledger: UploadLedger, cleaner: Cleaner | None = None, **more: object
) -> Uploads:
    made: dict = {"clock": FakeClock(), "ids": FakeIds(), "quota": 10_000, **more}
    blobs = made.pop("blobs", FileBlobs)(folder)
    return Uploads(ledger, blobs, cleaner or Painter(), **made)


def announced(name: str = "u-1", **changed: object) -> Announced:
    facts: dict = {
        "id": UploadId(name),
        "kind": "photo",
        "order_id": "o-1",
        "delivery_id": "o-1-d1",
        "bytes": len(RAW),
        "sha256": hashlib.sha256(RAW).hexdigest(),
    }
    return Announced(**{**facts, **changed})


def files(folder: Path, below: str = "") -> list[bytes]:
    return [each.read_bytes() for each in (folder / below).rglob("*") if each.is_file()]


def state(found: object) -> str:
    assert isinstance(found, Progress), found
    return found.upload.state


@rule("UP6", "UP7")
async def test_two_nodes_that_judge_one_picture_keep_it_once(tmp_path: Path):
    ledger = MemoryUploads()
    one, two = uploads(tmp_path, ledger), uploads(tmp_path, ledger)
    await one.announce(ANA, announced())

    answers = await asyncio.gather(
        *(node.take(ANA, "u-1", 0, RAW) for node in (one, two)), return_exceptions=True
    )
    last = await two.progress(ANA, "u-1")

    assert not [each for each in answers if isinstance(each, BaseException)]
    assert state(last) == "stored"
    assert files(tmp_path) == [PAINTED]


@rule("UP7")
async def test_a_picture_that_another_node_refused_is_not_kept_here(tmp_path: Path):
    ledger = MemoryUploads()
    one, two = uploads(tmp_path, ledger), uploads(tmp_path, ledger, Choosy())
    await one.announce(ANA, announced())
    found = await ledger.upload(ACME, "u-1")
    assert found is not None
    await FileBlobs(tmp_path).append(ACME, found.blob, 0, RAW)

    answers = await asyncio.gather(*(node.take(ANA, "u-1", 12, b"") for node in (two, one)))
    last = state(await one.progress(ANA, "u-1"))

    assert {state(each) for each in answers if isinstance(each, Progress)} <= {last, "open"}
    assert files(tmp_path) == ([PAINTED] if last == "stored" else [])


@rule("UP3")
async def test_of_many_last_parts_at_once_one_counts(tmp_path: Path):
    node = uploads(tmp_path, MemoryUploads())
    await node.announce(ANA, announced())

    answers = await asyncio.gather(*(node.take(ANA, "u-1", 0, RAW) for _ in range(20)))

    assert {state(each) for each in answers} == {"stored"}
    assert files(tmp_path) == [PAINTED]


@rule("UP6", "UP10")
async def test_what_a_crash_kept_of_a_judged_picture_is_deleted_by_the_round(tmp_path: Path):
    ledger = MemoryUploads()
    dying = uploads(tmp_path, ledger, blobs=Mortal)
    await dying.announce(ANA, announced())
    with pytest.raises(Killed):
        await dying.take(ANA, "u-1", 0, RAW)
    assert RAW in files(tmp_path, "incoming")

    await uploads(tmp_path, ledger).tidy(ACME, NEVER)

    assert files(tmp_path) == [PAINTED]


@rule("UP10")
async def test_a_picture_that_was_whole_when_the_node_died_is_judged_by_the_round(tmp_path: Path):
    ledger = MemoryUploads()
    dying = uploads(tmp_path, ledger, Dying(), blobs=Mortal)
    await dying.announce(ANA, announced())
    with pytest.raises(Killed):
        await dying.take(ANA, "u-1", 0, RAW)

    node = uploads(tmp_path, ledger)
    await node.tidy(ACME, NEVER)

    assert state(await node.announce(ANA, announced())) == "stored"
    assert files(tmp_path) == [PAINTED]


@rule("UP10")
async def test_the_round_forgets_what_is_old_and_leaves_what_is_under_way(tmp_path: Path):
    clock, site = FakeClock(), await a_site()
    ledger, tenants = MemoryUploads(), await site.accounts.tenants()
    node = uploads(tmp_path, ledger, clock=clock)
    driver = Actor(
        tenant_id=tenants[0].id,
        id=ANA.id,
        name="Ana",
        roles=("driver",),
        permissions=frozenset(),
    )
    await node.announce(driver, announced("u-old"))
    await node.take(driver, "u-old", 0, RAW[:4])
    clock.advance(KEPT_MS / 1_000)
    await node.announce(driver, announced("u-new"))
    await node.take(driver, "u-new", 0, RAW[:5])
    clock.advance(1)

    await UnfinishedUploads(node, site.accounts, clock).round()

    assert await node.progress(driver, "u-old") == "unknown"
    assert state(await node.progress(driver, "u-new")) == "open"
    assert files(tmp_path) == [RAW[:5]]
    assert state(await node.take(driver, "u-new", 5, RAW[5:])) == "stored"


@rule("UP6")
async def test_without_room_for_a_worker_nothing_is_judged_and_nothing_raw_stays(tmp_path: Path):
    ledger = MemoryUploads()
    full = uploads(tmp_path, ledger, Full())
    await full.announce(ANA, announced())

    with pytest.raises(StorageBusy):
        await full.take(ANA, "u-1", 0, RAW)

    again = await full.announce(ANA, announced())
    assert isinstance(again, Progress)
    assert (again.upload.state, again.offset) == ("open", 0)
    assert files(tmp_path) == []
    assert state(await uploads(tmp_path, ledger).take(ANA, "u-1", 0, RAW)) == "stored"


@rule("UP4")
async def test_many_who_ask_at_once_do_not_find_the_same_room(tmp_path: Path):
    node = uploads(tmp_path, MemoryUploads(), quota=10 * len(RAW))
    asked = [announced(f"u-{number}") for number in range(30)]

    answers = await asyncio.gather(*(node.announce(ANA, each) for each in asked))

    assert answers.count("quota") == 20


@rule("UP8")
async def test_a_signature_that_is_too_long_is_not_even_sent(tmp_path: Path):
    node = uploads(tmp_path, MemoryUploads(), quota=10**9)
    long = announced(kind="signature", bytes=LARGEST_SIGNATURE + 1)

    assert await node.announce(ANA, long) == "too_much"


async def test_one_at_a_time_holds_while_the_turn_passes_on():
    turns, inside, most = OneAtATime(), 0, 0

    async def work(number: int) -> None:
        nonlocal inside, most
        for _ in range(number):
            await asyncio.sleep(0)
        async with turns.alone("key"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work(number) for number in range(60)))

    assert most == 1
    assert len(turns) == 0


async def test_a_fault_gives_the_turn_away():
    turns = OneAtATime()

    with pytest.raises(KeyError):
        async with turns.alone("key"):
            raise KeyError

    assert len(turns) == 0
