"""What every `UploadLedger` and every `Blobs` promises: memory, the databases, and files."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from protocols.vocabulary import Instant, TenantId, UploadId
from server.application.ports import StorageBusy
from server.application.upload_ports import Blobs, Upload
from server.storage.blobs import FileBlobs
from tests.contracts.conftest import Opened
from tests.support.memory_uploads import MemoryBlobs
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ACME, OTHER = TenantId("acme"), TenantId("other")


def an_upload(name: str = "u-1", tenant: TenantId = ACME, **changed: object) -> Upload:
    upload = Upload(
        tenant_id=tenant,
        id=UploadId(name),
        kind="photo",
        order_id="o-1",
        delivery_id="o-1-d1",
        by_id="ana",
        bytes=100,
        sha256="0" * 64,
        blob=f"blob-{name}",
        created_at=Instant(1_000),
    )
    return msgspec.structs.replace(upload, **changed)


def stored(upload: Upload, size: int = 40) -> Upload:
    return msgspec.structs.replace(
        upload, state="stored", stored_bytes=size, media_type="image/jpeg"
    )


def refused(upload: Upload) -> Upload:
    return msgspec.structs.replace(upload, state="refused", reason="broken")


async def tenants(storage: Opened) -> None:
    for name in (ACME, OTHER):
        await storage.tenant(name)


@rule("UP1")
async def test_of_many_who_announce_one_id_the_first_is_kept(storage: Opened):
    await tenants(storage)
    asked = [an_upload(blob=f"blob-{number}") for number in range(30)]

    opened = await asyncio.gather(*(storage.uploads.open_upload(each) for each in asked))

    assert opened.count(True) == 1
    assert await storage.uploads.upload(ACME, "u-1") == asked[opened.index(True)]


async def test_an_upload_is_of_its_tenant(storage: Opened):
    await tenants(storage)
    mine, theirs = an_upload(), an_upload(tenant=OTHER, bytes=7)
    assert await storage.uploads.open_upload(mine)
    assert await storage.uploads.open_upload(theirs)

    assert await storage.uploads.end_upload(refused(theirs))

    assert await storage.uploads.upload(ACME, "u-1") == mine
    assert await storage.uploads.upload(OTHER, "u-1") == refused(theirs)
    assert await storage.uploads.upload(ACME, "u-2") is None


@rule("UP7")
async def test_an_upload_ends_once_however_many_judge_it(storage: Opened):
    await tenants(storage)
    upload = an_upload()
    await storage.uploads.open_upload(upload)
    ends = [stored(upload, size) if size % 2 else refused(upload) for size in range(1, 31)]

    ended = await asyncio.gather(*(storage.uploads.end_upload(each) for each in ends))

    assert ended.count(True) == 1
    assert await storage.uploads.upload(ACME, "u-1") == ends[ended.index(True)]


async def test_what_was_never_announced_does_not_end(storage: Opened):
    await tenants(storage)

    assert not await storage.uploads.end_upload(stored(an_upload()))
    assert await storage.uploads.upload(ACME, "u-1") is None


@rule("UP4")
async def test_open_uploads_take_what_they_announced_and_kept_ones_what_they_are(storage: Opened):
    await tenants(storage)
    for number in (1, 2, 3):
        await storage.uploads.open_upload(an_upload(f"u-{number}"))
    await storage.uploads.open_upload(an_upload(tenant=OTHER))

    await storage.uploads.end_upload(stored(an_upload("u-1"), 40))
    await storage.uploads.end_upload(refused(an_upload("u-2")))

    assert await storage.uploads.upload_bytes(ACME) == 140
    assert await storage.uploads.upload_bytes(TenantId("nobody")) == 0


@rule("UP10")
async def test_only_open_uploads_are_under_way_and_only_they_are_forgotten(storage: Opened):
    await tenants(storage)
    late, early = an_upload("u-2", created_at=Instant(2_000)), an_upload("u-3")
    for each in (an_upload("u-1"), late, early, an_upload("u-4", OTHER)):
        await storage.uploads.open_upload(each)
    await storage.uploads.end_upload(stored(an_upload("u-1")))

    assert await storage.uploads.open_uploads(ACME) == [early, late]
    assert not await storage.uploads.drop_upload(ACME, "u-1")
    assert not await storage.uploads.drop_upload(ACME, "u-4")
    assert await storage.uploads.drop_upload(ACME, "u-2")
    assert await storage.uploads.open_uploads(ACME) == [early]
    assert await storage.uploads.upload(ACME, "u-2") is None


def files_below(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def rename_to_half(folder: Path) -> None:
    (part,) = files_below(folder)
    part.rename(part.with_name("b-1.1234abcd.new"))


@pytest.fixture(params=["memory", "files"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return MemoryBlobs() if request.param == "memory" else FileBlobs(tmp_path / "uploads")


@rule("UP3")
async def test_a_part_is_written_where_all_before_it_is(blobs: Blobs):
    assert await blobs.received(ACME, "b-1") == 0
    assert await blobs.append(ACME, "b-1", 0, b"abc") == 3
    assert await blobs.append(ACME, "b-1", 0, b"xyz") == 3
    assert await blobs.append(ACME, "b-1", 9, b"xyz") == 3
    assert await blobs.append(ACME, "b-1", 3, b"de") == 5

    assert await blobs.received(ACME, "b-1") == 5
    assert await blobs.parts(ACME, "b-1") == b"abcde"
    assert await blobs.parts(OTHER, "b-1") == b""


@rule("UP6")
async def test_dropped_parts_are_gone_and_the_picture_stays(blobs: Blobs):
    await blobs.append(ACME, "b-1", 0, b"raw")
    await blobs.append(OTHER, "b-1", 0, b"theirs")
    await blobs.keep(ACME, "b-1", b"picture")
    assert await blobs.incoming(ACME) == {"b-1"}

    await blobs.drop_parts(ACME, "b-1")
    await blobs.drop_parts(ACME, "b-1")

    assert await blobs.incoming(ACME) == frozenset()
    assert await blobs.incoming(OTHER) == {"b-1"}
    assert await blobs.parts(ACME, "b-1") == b""
    assert await blobs.read(ACME, "b-1") == b"picture"
    assert await blobs.read(OTHER, "b-1") is None


@rule("UP10")
async def test_what_is_swept_is_no_longer_incoming_and_what_is_kept_stays(blobs: Blobs):
    await blobs.append(ACME, "b-1", 0, b"raw")
    await blobs.append(ACME, "b-2", 0, b"raw")
    await blobs.keep(ACME, "b-1", b"picture")

    await blobs.sweep(ACME, "b-1")
    await blobs.sweep(ACME, "b-9")

    assert await blobs.incoming(ACME) == {"b-2"}
    assert await blobs.read(ACME, "b-1") == b"picture"


async def test_a_picture_is_kept_over_one_of_the_same_name_until_it_is_dropped(blobs: Blobs):
    await blobs.keep(ACME, "b-1", b"first")
    await blobs.keep(ACME, "b-1", b"second")
    assert await blobs.read(ACME, "b-1") == b"second"

    await blobs.drop(ACME, "b-1")
    await blobs.drop(ACME, "b-1")

    assert await blobs.read(ACME, "b-1") is None
    assert await blobs.incoming(ACME) == frozenset()


async def test_no_tenant_leads_out_of_the_folder(tmp_path: Path):
    blobs = FileBlobs(tmp_path / "uploads")

    await blobs.append(TenantId("../../up"), "b-1", 0, b"raw")
    await blobs.keep(TenantId("../../up"), "b-1", b"picture")

    assert os.listdir(tmp_path) == ["uploads"]


@rule("UP6")
async def test_what_is_half_written_is_swept_and_not_dropped_under_its_writer(
    tmp_path: Path,
):
    blobs = FileBlobs(tmp_path)
    await blobs.append(ACME, "b-1", 0, b"raw")
    rename_to_half(tmp_path)

    assert await blobs.incoming(ACME) == {"b-1"}
    await blobs.drop_parts(ACME, "b-1")
    assert await blobs.incoming(ACME) == {"b-1"}

    await blobs.sweep(ACME, "b-1")
    assert files_below(tmp_path) == []


async def test_a_disk_that_cannot_is_busy_and_keeps_no_half_part(tmp_path: Path):
    (tmp_path / "uploads").write_text("a file stands where the folder should be")
    blobs = FileBlobs(tmp_path / "uploads")

    for attempt in (blobs.append(ACME, "b-1", 0, b"raw"), blobs.keep(ACME, "b-1", b"picture")):
        with pytest.raises(StorageBusy):
            await attempt
