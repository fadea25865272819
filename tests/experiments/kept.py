"""Whether a picture that is shown is made of pixels only."""

import io
import struct

import httpx
from PIL import Image

from tests.experiments.pictures import MARK, Hostile

_PLAIN = frozenset({0xDB, 0xC0, 0xC4, 0xDA})
"""Quantization, frame, Huffman tables, scan: what a JPEG of pixels is made of, after its APP0."""

_JFIF = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"


def not_clean(picture: Hostile, shown: httpx.Response) -> str:
    """What is wrong with what is shown; nothing when it is a plain picture."""
    body, headers = shown.content, shown.headers
    if shown.status_code != 200:
        return f"it is stored and cannot be seen: {shown.text}"
    if body == picture.raw or MARK in body or b"<script" in body:
        return "bytes of what came in were kept"
    if (
        headers["x-content-type-options"] != "nosniff"
        or "sandbox" not in headers["content-security-policy"]
        or "filename=" not in headers["content-disposition"]
    ):
        return "it is shown without its headers"
    return _not_plain(body)


def _not_plain(body: bytes) -> str:
    if not body.startswith(_JFIF):
        return "it does not begin as a plain JPEG"
    place = 20
    while body[place + 1] != 0xDA:
        if body[place] != 0xFF or body[place + 1] not in _PLAIN:
            return f"it carries a segment {body[place + 1]:#x}"
        place += 2 + struct.unpack(">H", body[place + 2 : place + 4])[0]
    # A second scan or anything behind the end would be a place to hide in.
    markers = [
        body[at + 1] for at in range(place + 2, len(body) - 1)
        if body[at] == 0xFF and body[at + 1] not in range(0xD0, 0xD8) and body[at + 1] != 0
    ]  # fmt: skip
    if markers != [0xD9] or not body.endswith(b"\xff\xd9"):
        return "it goes on behind its pixels"
    with Image.open(io.BytesIO(body)) as kept:
        kept.load()
    return ""
