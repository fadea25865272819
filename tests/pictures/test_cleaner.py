"""The process that decodes pictures: what it may do, and what becomes of it."""

import asyncio
import io
import os
from pathlib import Path

import psutil
import pytest
from PIL import Image

from server.application.ports import StorageBusy
from server.application.upload_ports import Cleaned, Unclean
from server.pictures import worker as real_worker
from server.pictures.cleaner import PictureCleaner
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

SOURCE = Path(real_worker.__file__)
READ = "    raw = sys.stdin.buffer.read()\n"


def a_worker(folder: Path, source: str) -> Path:
    path = folder / "worker.py"
    path.write_text(source)
    return path


def the_worker_doing(folder: Path, line: str) -> Path:
    """The real worker that does something else once it is locked in."""
    source = SOURCE.read_text()
    assert READ in source
    more = f"    {line}\n    return _refuse('could')\n"
    return a_worker(folder, source.replace(READ, READ + more))


def the_worker_in_a_second(folder: Path, line: str) -> Path:
    path = the_worker_doing(folder, line)
    source = path.read_text()
    assert "SECONDS = 8" in source
    return a_worker(folder, source.replace("SECONDS = 8", "SECONDS = 1"))


def a_photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    made = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(made, format=kind, **options)
    return made.getvalue()


def children() -> list[psutil.Process]:
    # Ours only: a database that serves other tests starts and ends its own.
    return psutil.Process().children()


@rule("UP7")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
async def test_pictures_of_each_kind_become_a_jpeg(kind: str):
    cleaned = await PictureCleaner().clean("photo", a_photo(kind))

    assert isinstance(cleaned, Cleaned)
    assert Image.open(io.BytesIO(cleaned.body)).format == "JPEG"


@rule("UP6")
async def test_a_picture_that_was_held_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6

    cleaned = await PictureCleaner().clean("photo", a_photo(exif=exif.tobytes()))

    assert isinstance(cleaned, Cleaned)
    assert Image.open(io.BytesIO(cleaned.body)).size == (40, 60)


@rule("UP7")
async def test_twelve_megapixels_are_taken_and_kept_smaller():
    cleaned = await PictureCleaner().clean("photo", a_photo(size=(4_000, 3_000), quality=60))

    assert isinstance(cleaned, Cleaned)
    assert Image.open(io.BytesIO(cleaned.body)).size == (2_000, 1_500)


@rule("UP11")
@pytest.mark.parametrize(
    "line",
    [
        "import socket; socket.socket()",
        "open('/etc/hostname')",
        "open('kanvoy-left', 'w')",
        "os.pipe()",
        "import subprocess; subprocess.run(['true'])",
        "bytearray(1 << 30)",
    ],
)
async def test_the_worker_opens_nothing_and_takes_no_memory(tmp_path: Path, line: str):
    cleaner = PictureCleaner(the_worker_doing(tmp_path, line))

    assert await cleaner.clean("photo", a_photo()) == Unclean("broken")


@rule("UP11")
async def test_the_worker_knows_nothing_of_our_surroundings(tmp_path: Path):
    cleaner = PictureCleaner(the_worker_doing(tmp_path, "assert os.environ.keys() <= {'LC_CTYPE'}"))

    assert await cleaner.clean("photo", a_photo()) == Unclean("could")


@rule("UP11")
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(1)", "broken"),
        ("import os; os.abort()", "broken"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "broken"),
        ("import sys; sys.stderr.write('no word'); sys.exit(3)", "broken"),
        ("import sys; sys.stderr.write('x' * 999_999); sys.exit(3)", "broken"),
        ("pass", "broken"),
        ("import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))", "broken"),
        ("import time; time.sleep(60)", "too_slow"),
    ],
)
async def test_a_worker_that_breaks_is_a_refusal_and_is_gone(
    tmp_path: Path, source: str, reason: str
):
    cleaner = PictureCleaner(a_worker(tmp_path, source), seconds=5.0)
    before = {each.pid for each in children()}

    # More than a pipe holds: whoever does not read it must not hold us up.
    assert await cleaner.clean("photo", bytes(2_000_000)) == Unclean(reason)
    assert {each.pid for each in children()} <= before


@rule("UP11")
async def test_a_picture_that_takes_no_end_costs_its_seconds_of_the_processor(tmp_path: Path):
    cleaner = PictureCleaner(the_worker_in_a_second(tmp_path, "while True: pass"), seconds=50.0)

    assert await cleaner.clean("photo", a_photo()) == Unclean("broken")


@rule("UP11")
async def test_two_are_decoded_at_once_and_a_cancelled_one_leaves_no_process(tmp_path: Path):
    cleaner = PictureCleaner(a_worker(tmp_path, "import time; time.sleep(60)"))
    before = {each.pid for each in children()}

    def started() -> set[int]:
        return {each.pid for each in children()} - before

    tasks = [asyncio.create_task(cleaner.clean("photo", b"x")) for _ in range(5)]
    async with asyncio.timeout(20):
        while len(started()) < 2:  # noqa: ASYNC110 - the process table tells nobody
            await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(started()) == 2

    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(each, asyncio.CancelledError) for each in ended)
    assert started() == set()


@rule("UP11")
async def test_a_machine_that_starts_no_process_is_busy_and_the_picture_is_not_to_blame(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    # The interpreter that is not there stands for a machine that starts nothing.
    monkeypatch.setattr("sys.executable", os.fspath(tmp_path / "nothing"))

    with pytest.raises(StorageBusy):
        await PictureCleaner().clean("photo", a_photo())


async def test_a_picture_under_way_holds_nobody_up():
    photo = a_photo(size=(3_000, 2_000))
    gaps, loop = [0.0], asyncio.get_running_loop()

    async def watch() -> None:
        last = loop.time()
        while True:
            await asyncio.sleep(0.005)
            gaps.append(loop.time() - last)
            last = loop.time()

    watching = asyncio.create_task(watch())
    await PictureCleaner().clean("photo", photo)
    watching.cancel()

    # Generous: other tests share the processor. A decode in this process would take 0.5 s.
    assert sorted(gaps)[-2] < 0.25
