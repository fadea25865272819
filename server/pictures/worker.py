"""Decodes one picture and writes it anew, in a process that may do nothing else.

Started as a program of its own with nothing but Pillow; the picture comes on standard input and
goes to standard output. Exit code 0: there it is. 3: refused, with the reason on standard error.
Anything else is a decoder that broke, which is a refusal too.
"""

import io
import os
import resource
import sys
import warnings

from PIL import Image, ImageFile, ImageOps

LARGEST_PIXELS = 12_000_000
LONGEST_EDGE = 2_000
"""Pixels of what is kept: a page in print."""

MEMORY = 768 * 1_024 * 1_024
"""Bytes of address space, Python and Pillow included."""

SECONDS = 8

MOST_SCANS = 100
"""Of a JPEG: cameras make about ten, and each costs a pass over all pixels."""

_FORMATS = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))


def main() -> int:
    """Clean what is on standard input."""
    _lock_in()
    raw = sys.stdin.buffer.read()
    found = kind_of(raw)
    if found is None:
        return _refuse("not_a_picture")
    # In the data of a JPEG 0xff is followed by 0, so that this counts beginnings of scans.
    if found == "JPEG" and raw.count(b"\xff\xda") > MOST_SCANS:
        return _refuse("too_many_scans")
    try:
        picture = Image.open(io.BytesIO(raw), formats=[found])
        width, height = picture.size
        if width * height > LARGEST_PIXELS:
            return _refuse("too_many_pixels")
        sys.stdout.buffer.write(made_anew(picture))
    except Image.DecompressionBombError:
        return _refuse("too_many_pixels")
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        return _refuse("broken")
    return 0


def kind_of(raw: bytes) -> str | None:
    """What the first bytes say it is; names and types of whoever sent it do not count."""
    for magic, kind in _FORMATS:
        if raw.startswith(magic):
            return kind
    return "WEBP" if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP" else None


def made_anew(picture: Image.Image) -> bytes:
    """A JPEG of the first frame's pixels, upright, and nothing else of what came in."""
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    flat = Image.new("RGB", upright.size, "white")
    visible = upright.convert("RGBA")
    flat.paste(visible, mask=visible.getchannel("A"))
    flat.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    made = io.BytesIO()
    flat.save(made, format="JPEG", quality=85)
    return made.getvalue()


def _lock_in() -> None:
    Image.MAX_IMAGE_PIXELS = LARGEST_PIXELS
    # Standard error holds the reason of a refusal and nothing else.
    warnings.simplefilter("ignore")
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # Loaded before the walls go up: afterwards nothing more can be opened.
    Image.init()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The three open ones stay: no file, no socket, no pipe can be opened any more.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    # The board's event loop goes first.
    os.nice(10)


def _refuse(reason: str) -> int:
    sys.stderr.write(reason)
    return 3


if __name__ == "__main__":
    sys.exit(main())
