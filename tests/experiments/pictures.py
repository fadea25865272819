"""X10: hostile pictures through the whole way in; nothing raw is kept, and nothing breaks."""

import asyncio
import hashlib
import io
import random
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from PIL import Image, PngImagePlugin

from protocols.vocabulary import LARGEST_PART, PersonId, TenantId, UploadId, UploadKind
from server.application.uploads import Announced, Cleaned, Cleaner, Progress, Unclean, Uploads
from server.domain.actor import Actor
from server.pictures.cleaner import PictureCleaner
from server.storage.blobs import FileBlobs
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.support.fakes import FakeClock, FakeIds
from tests.support.memory_uploads import MemoryUploads

TENANT = TenantId("tenant-a")
MARK = b"canary-51.4779,-0.0015"
"""In the metadata of every picture that has some: it must not survive."""

DRIVER = Actor(
    tenant_id=TENANT, id=PersonId("ana"), name="Ana", roles=("driver",), permissions=frozenset()
)

Maker = Callable[[random.Random], bytes]


def a_jpeg(dice: random.Random, **options: object) -> bytes:
    size = (dice.randrange(8, 400), dice.randrange(8, 400))
    made = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(made, format="JPEG", **options)  # type: ignore[arg-type]
    return made.getvalue()


def with_gps(dice: random.Random) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = MARK.decode()
    exif.get_ifd(0x8825)[2] = (51.0, 28.0, 40.0)
    return a_jpeg(dice, exif=exif.tobytes(), comment=MARK + b"<script>")


def with_text(dice: random.Random) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("where", MARK.decode(), zip=dice.random() < 0.5)
    made = io.BytesIO()
    Image.effect_noise((60, 60), 40).save(made, format="PNG", pnginfo=info)
    return made.getvalue()


def with_tail(dice: random.Random) -> bytes:
    """A polyglot: a picture for one reader, a page or an archive for another."""
    tail = dice.choice((b"<html><script>alert(1)</script>", b"PK\x03\x04" + bytes(30), b"%PDF-1.7"))
    return a_jpeg(dice) + tail + MARK


def cut(dice: random.Random) -> bytes:
    raw = a_jpeg(dice, quality=95)
    return raw[: dice.randrange(3, len(raw))]


def flipped(dice: random.Random) -> bytes:
    raw = bytearray(dice.choice((a_jpeg, with_text, animated))(dice))
    for _ in range(dice.randrange(1, 40)):
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    return bytes(raw)


def png_of(width: int, height: int, body: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checked)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def wide_bomb(dice: random.Random) -> bytes:
    return png_of(dice.randrange(20_000, 2**31 - 1), dice.randrange(20_000, 2**31 - 1), b"x")


def deep_bomb(dice: random.Random) -> bytes:
    """A small picture whose data or metadata inflate without end."""
    much = zlib.compress(bytes(60_000_000), 9)
    where = dice.choice((b"iCCP", b"zTXt", b"IDAT"))
    if where == b"IDAT":
        return png_of(3_000, 3_000, much)
    return png_of(4, 4, zlib.compress(bytes(52)), (where, b"name\x00\x00" + much))


def many_scans(dice: random.Random) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    raw = a_jpeg(dice, progressive=True)
    scan = raw.rfind(b"\xff\xda")
    again = raw[scan:-2] * dice.randrange(500, 3_000)
    return (raw[:scan] + again + b"\xff\xd9")[:2_000_000]


def animated(dice: random.Random) -> bytes:
    frames = [Image.effect_noise((40, 40), 30 + n).convert("RGB") for n in range(12)]
    made = io.BytesIO()
    kind = dice.choice(("WEBP", "PNG"))
    frames[0].save(made, format=kind, save_all=True, append_images=frames[1:])
    return made.getvalue()


def odd_colours(dice: random.Random) -> bytes:
    mode, kind = dice.choice((("CMYK", "JPEG"), ("L", "JPEG"), ("I;16", "PNG"), ("P", "PNG")))
    made = io.BytesIO()
    Image.new(mode, (50, 50)).save(made, format=kind)
    return made.getvalue()


def disguised(dice: random.Random) -> bytes:
    return dice.choice(
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<!doctype html><script>alert(1)</script>",
            b"%PDF-1.7\n" + MARK,
            b"GIF89a" + bytes(60),
            b"\xff\xd8\xff" + dice.randbytes(400),
            b"RIFF\xff\xff\xff\xffWEBP" + dice.randbytes(300),
            b"\x89PNG\r\n\x1a\n" + dice.randbytes(300),
            bytes(dice.randrange(1, 50)),
        )
    )


def too_large(dice: random.Random) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (4_001, 3_000 + dice.randrange(50))).save(made, format="PNG")
    return made.getvalue()


FAMILIES: tuple[Maker, ...] = (
    with_gps,
    with_text,
    with_tail,
    cut,
    flipped,
    wide_bomb,
    deep_bomb,
    many_scans,
    animated,
    odd_colours,
    disguised,
    too_large,
)


class PassingThrough:
    """A defect for the experiment to find: it keeps what came in."""

    async def clean(self, kind: UploadKind, raw: bytes) -> Cleaned | Unclean:
        """Clean nothing."""
        del kind
        return Cleaned(raw, "image/jpeg")


class Trial(msgspec.Struct, frozen=True):
    """What became of one picture."""

    stored: bool
    trouble: str = ""


async def send(seed: int, cleaner: Cleaner, folder: Path) -> Trial:
    """One picture of the seed's family through the parts, the check and the folder."""
    dice = random.Random(seed)
    raw = FAMILIES[seed % len(FAMILIES)](dice)
    uploads = Uploads(
        MemoryUploads(),
        FileBlobs(folder),
        cleaner,
        clock=FakeClock(),
        ids=FakeIds(seed),
        quota=10**9,
    )
    lying = dice.random() < 0.05
    announced = Announced(
        id=UploadId(f"upload-{seed}"),
        kind="photo",
        order_id="order-1",
        delivery_id="order-1-d1",
        bytes=len(raw),
        sha256="0" * 64 if lying else hashlib.sha256(raw).hexdigest(),
    )
    await uploads.announce(DRIVER, announced)
    if await uploads.take(DRIVER, announced.id, dice.randrange(1, 99), b"x") != "wrong_offset":
        return Trial(stored=False, trouble="a part out of order was taken")
    progress: object = None
    for offset in range(0, len(raw), LARGEST_PART):
        part = raw[offset : offset + LARGEST_PART]
        progress = await uploads.take(DRIVER, announced.id, offset, part)
    return await judged(uploads, announced, progress, raw, folder)


async def judged(
    uploads: Uploads, announced: Announced, progress: object, raw: bytes, folder: Path
) -> Trial:
    """Whether anything of what came in is left."""
    if not isinstance(progress, Progress) or progress.upload.state == "open":
        return Trial(stored=False, trouble=f"it was never judged: {progress}")
    if any((folder / "incoming").glob("*")):
        return Trial(stored=False, trouble="what came in is still there")
    if progress.upload.state == "refused":
        return Trial(stored=False)
    found = await uploads.content(DRIVER, announced.id)
    if not isinstance(found, tuple):
        return Trial(stored=True, trouble="it is stored and cannot be read")
    body = found[1]
    if body == raw or MARK in body or b"<script" in body:
        return Trial(stored=True, trouble="bytes of what came in were kept")
    kept = Image.open(io.BytesIO(body))
    if kept.format != "JPEG" or dict(kept.getexif()) or kept.info.get("comment"):
        return Trial(stored=True, trouble="it is not a plain picture")
    return Trial(stored=True)


async def play(seed: int, cleaner: Cleaner) -> Trial:
    """One trial in a folder of its own. Whatever it raises is a finding."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return await send(seed, cleaner, Path(folder))
        except Exception as crash:  # noqa: BLE001 - a crash is what we look for
            return Trial(stored=False, trouble=f"crash: {crash!r}")


async def played(request: Request, cleaner: Cleaner) -> Result:
    """All trials, a few at a time."""
    room = asyncio.Semaphore(request.workers)

    async def one(seed: int) -> tuple[int, Trial]:
        async with room:
            return seed, await play(seed, cleaner)

    trials = await asyncio.gather(*(one(request.seed + n) for n in range(request.count)))
    findings = [(seed, trial.trouble) for seed, trial in trials if trial.trouble]
    raw = sum("kept" in trouble for _, trouble in findings)
    return Result(
        counts={
            "images": len(trials),
            "cleaned": sum(trial.stored and not trial.trouble for _, trial in trials),
            "stored raw": raw,
        },
        bad="crashes",
        findings=tuple(Finding(seed, trouble) for seed, trouble in findings),
    )


def run(request: Request) -> Result:
    """Play as many pictures as asked."""
    return asyncio.run(played(request, PictureCleaner()))


X10 = Experiment(name="X10", title="hostile images", counts={"pr": 100, "release": 500}, run=run)
