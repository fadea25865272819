"""Hostile pictures by seed: families of files that want to break, fill or outlive their reader."""

import io
import json
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Literal

import msgspec
from PIL import Image, PngImagePlugin

from protocols.vocabulary import UploadKind

MARK = b"canary-51.4779,-0.0015"
"""In whatever of a picture is not its pixels: it must not survive."""

SCRIPT = b"<script>alert(1)</script>" + MARK

End = Literal["stored", "refused", "either"]


class Hostile(msgspec.Struct, frozen=True):
    """One file, and what must become of it."""

    raw: bytes
    end: End
    reason: str = ""
    """The one word of its refusal, where there is just one."""
    kind: UploadKind = "photo"


Maker = Callable[[random.Random], Hostile]


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, format=kind, **options)  # type: ignore[arg-type]
    return made.getvalue()


def noise(dice: random.Random) -> Image.Image:
    size = (dice.randrange(16, 400), dice.randrange(16, 400))
    return Image.effect_noise(size, 50).convert("RGB")


def exif() -> bytes:
    made = Image.Exif()
    made[0x010E] = SCRIPT.decode()
    made.get_ifd(0x8825)[2] = (51.0, 28.0, 40.0)
    return made.tobytes()


def with_gps(dice: random.Random) -> Hostile:
    """Where it was taken, and a script where a word was meant; in all three formats."""
    kind = dice.choice(("JPEG", "PNG", "WEBP"))
    more = {"comment": SCRIPT} if kind == "JPEG" else {}
    return Hostile(encoded(noise(dice), kind, exif=exif(), **more), "stored")


def with_text(dice: random.Random) -> Hostile:
    info = PngImagePlugin.PngInfo()
    info.add_text("where", SCRIPT.decode(), zip=dice.random() < 0.5)
    info.add_itxt("XML:com.adobe.xmp", SCRIPT.decode())
    return Hostile(encoded(noise(dice), "PNG", pnginfo=info), "stored")


def with_segments(dice: random.Random) -> Hostile:
    """Everything that a JPEG may carry beside its pixels: XMP, profiles, what programs add."""
    raw = encoded(noise(dice), "JPEG")
    bodies = (b"http://ns.adobe.com/xap/1.0/\x00", b"ICC_PROFILE\x00\x01\x01", b"Photoshop 3.0\x00")
    extra = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(body + SCRIPT) + 2) + body + SCRIPT
        for marker, body in zip((0xE1, 0xE2, 0xED), bodies, strict=True)
    )
    return Hostile(raw[:2] + extra + raw[2:], "stored")


def polyglot(dice: random.Random) -> Hostile:
    """A picture for one reader; a page, an archive or a paper for another."""
    tails = (b"<html>" + SCRIPT, b"PK\x03\x04" + bytes(30), b"%PDF-1.7", b"<?php echo 1;")
    kind = dice.choice(("JPEG", "PNG", "WEBP"))
    return Hostile(encoded(noise(dice), kind) + dice.choice(tails) + MARK, "stored")


def cut(dice: random.Random) -> Hostile:
    kind = dice.choice(("JPEG", "PNG", "WEBP"))
    raw = encoded(noise(dice), kind)
    return Hostile(raw[: dice.randrange(1, len(raw))], "either")


def flipped(dice: random.Random) -> Hostile:
    made = dice.choice((with_gps, with_text, with_segments, animated))(dice)
    raw = bytearray(made.raw)
    for _ in range(dice.randrange(1, 40)):
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    return Hostile(bytes(raw), "either")


def png_of(width: int, height: int, body: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checked)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def wide_bomb(dice: random.Random) -> Hostile:
    """A few bytes that claim to be a country."""
    width, height = dice.randrange(20_000, 65_000), dice.randrange(20_000, 65_000)
    if dice.random() < 0.5:
        return Hostile(png_of(width * 9, height * 9, b"x"), "refused", "too_many_pixels")
    raw = bytearray(encoded(noise(dice), "JPEG"))
    frame = raw.index(b"\xff\xc0")
    raw[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return Hostile(bytes(raw), "refused", "too_many_pixels")


@cache
def endless() -> bytes:
    """200 MB of nothing."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()


def deep_bomb(dice: random.Random) -> Hostile:
    """A small picture whose data or metadata inflate without end."""
    much = endless()
    where = dice.choice((b"iCCP", b"zTXt", b"IDAT"))
    if where == b"IDAT":
        return Hostile(png_of(3_000, 3_000, much), "either")
    raw = png_of(4, 4, zlib.compress(bytes(52)), (where, b"name\x00\x00" + much))
    return Hostile(raw, "either")


def many_scans(dice: random.Random) -> Hostile:
    """A progressive JPEG whose last scan comes again and again: time, not space."""
    raw = encoded(Image.effect_noise((1_000, 1_000), 50).convert("RGB"), "JPEG", progressive=True)
    scan = raw.rfind(b"\xff\xda")
    one = raw[scan : scan + 12]
    if dice.random() < 0.3:
        return Hostile(raw[:scan] + one * dice.randrange(20, 80) + b"\xff\xd9", "either")
    again = one * dice.randrange(2_000, 90_000)
    return Hostile(raw[:scan] + again + b"\xff\xd9", "refused", "too_many_scans")


def animated(dice: random.Random) -> Hostile:
    frames = [Image.effect_noise((40, 40), 30 + n).convert("RGB") for n in range(12)]
    kind = dice.choice(("WEBP", "PNG"))
    raw = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    return Hostile(raw, "stored")


def odd_colours(dice: random.Random) -> Hostile:
    colours = (("CMYK", "JPEG"), ("L", "JPEG"), ("I;16", "PNG"), ("P", "PNG"), ("RGBA", "WEBP"))
    mode, kind = dice.choice(colours)
    return Hostile(encoded(Image.new(mode, (50, 50)), kind), "stored")


def disguised(dice: random.Random) -> Hostile:
    """No picture of ours, whatever it is called."""
    formats = ("GIF", "BMP", "TIFF", "ICO", "PDF", "EPS")
    raw = dice.choice(
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<!doctype html>" + SCRIPT,
            *(encoded(noise(dice), each) for each in formats),
            dice.randbytes(dice.randrange(1, 3)),
        )
    )
    return Hostile(raw, "refused", "not_a_picture")


def only_magic(dice: random.Random) -> Hostile:
    """The first bytes of a picture, and nothing of it behind them."""
    heads = (b"\xff\xd8\xff", b"RIFF\xff\xff\xff\xffWEBP", b"\x89PNG\r\n\x1a\n")
    return Hostile(dice.choice(heads) + dice.randbytes(dice.randrange(400)), "refused", "broken")


def too_large(dice: random.Random) -> Hostile:
    """12.1 megapixels: a little too much is too much."""
    raw = a_little_too_large(dice.choice(("PNG", "JPEG", "WEBP")))
    return Hostile(raw, "refused", "too_many_pixels")


@cache
def a_little_too_large(kind: str) -> bytes:
    return encoded(Image.new("RGB", (4_000, 3_025)), kind)


def bad_signature(dice: random.Random) -> Hostile:
    """Strokes with words, without end, out of the pad, or no JSON at all."""
    pad = {"width": 300, "height": 120}
    raw = dice.choice(
        (
            json.dumps({**pad, "strokes": [[["<script>", 1]]]}).encode(),
            json.dumps({**pad, "strokes": [[[1, 1]]], "onload": "alert(1)"}).encode(),
            json.dumps({**pad, "strokes": [[[1, 2]] * 5_001]}).encode(),
            json.dumps({**pad, "strokes": [[[1e308, float("inf")]]]}).encode(),
            b'{"width":1,"height":1,"strokes":' + b"[" * 100_000,
            encoded(noise(dice), "PNG"),
        )
    )
    return Hostile(raw, "refused", "not_a_signature", kind="signature")


FAMILIES: tuple[Maker, ...] = (
    with_gps,
    with_text,
    with_segments,
    polyglot,
    cut,
    flipped,
    wide_bomb,
    deep_bomb,
    many_scans,
    animated,
    odd_colours,
    disguised,
    only_magic,
    too_large,
    bad_signature,
)


def hostile(seed: int) -> Hostile:
    """The picture of this seed; families take turns."""
    return FAMILIES[seed % len(FAMILIES)](random.Random(seed))
