"""The built browser apps: kept in memory, sent as fast as they can be."""

import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import FromPath

from server.application.node import Node
from server.application.tickets import Doors
from server.http.given import Given
from server.http.policy import allow_tiles
from server.http.problems import Refused, problem
from server.http.tiles import tiles_for
from server.settings import Settings

_SMALLEST_PACKED = 1_024
"""Below this, a packed answer saves no network packet."""

_PACKABLE = (".html", ".js", ".mjs", ".css", ".svg", ".json", ".webmanifest", ".map", ".txt")

_APPS = {"driver": "driver/index.html", "wallboard": "wallboard/index.html"}
"""First part of the address → page of the app; everything else is the board."""

_WORKER = "driver/sw.js"
"""The driver's service worker lies beside its page, and may serve it only with leave."""

_WITH_MAP = frozenset({"board/index.html"})
"""Pages that show a map."""

_MAP_WORKER = "assets/maplibre-gl-worker-"
"""The map's worker fetches a style's tiles; what it may fetch is said where it is served."""

_NOT_BUILT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Kanvoy</title>
<h1>The browser client is not built</h1>
<p>Run <code>make setup</code> in the checkout, then start the server again.</p>
"""

Files = dict[str, "Asset"]


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One file with its packed forms."""

    body: bytes
    packed: dict[str, bytes]
    """Content coding → bytes; the best coding first."""
    media_type: str
    etag: str
    immutable: bool


def read_files(folder: Path) -> Files:
    """All built files by address. The folder may be missing: then there is nothing to serve."""
    found: Files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.suffix not in {".br", ".gz"}:
            found[name] = _asset(path, immutable=name.startswith("assets/"))
    return found


def page_of(files: Files, address: str) -> str | None:
    """The file an address means: itself, or the page of an app for the app's own addresses."""
    name = address.strip("/")
    if name in files:
        return name
    if name.startswith("v1/") or "." in name.rpartition("/")[2]:
        # A missing script must be a plain 404, or browsers would run the page as a script.
        return None
    page = _APPS.get(name.split("/", 1)[0], "board/index.html")
    return page if page in files else None


@get(["/", "/{address:path}"], include_in_schema=False)
async def serve_file(
    request: Request[Any, Any, Any],
    files: Given[Files],
    doors: Given[Doors],
    node: Given[Node],
    settings: Given[Settings],
    address: FromPath[str] = "",
) -> Response[bytes]:
    """A built file, or the page of the app that owns the address."""
    name = page_of(files, address)
    if name is None:
        if files or address.strip("/"):
            raise Refused(problem(404))
        return Response(_NOT_BUILT, status_code=503, media_type="text/html")
    asset = files[name]
    origin = await tiles_for(request, doors, node, settings) if _shows_map(name) else None
    if origin is not None:
        allow_tiles(request.scope, origin)
    coding, body = _negotiated(asset, request.headers.get("accept-encoding", ""))
    etag = _etag(asset, origin)
    headers = {"etag": etag, "vary": "accept-encoding", "cache-control": _kept(name, asset, origin)}
    if name == _WORKER:
        headers["service-worker-allowed"] = "/driver"
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    if coding:
        headers["content-encoding"] = coding
    return Response(body, headers=headers, media_type=asset.media_type)


def _shows_map(name: str) -> bool:
    return name in _WITH_MAP or name.startswith(_MAP_WORKER)


def _etag(asset: Asset, origin: str | None) -> str:
    """Browsers keep the headers of what they kept, so a page under another policy is another."""
    if origin is None:
        return asset.etag
    return f'{asset.etag[:-1]}-{hashlib.sha256(origin.encode()).hexdigest()[:8]}"'


def _kept(name: str, asset: Asset, origin: str | None) -> str:
    """How long caches may keep a file without asking."""
    if origin is not None:
        return "private, no-cache"
    lasting = asset.immutable and not _shows_map(name)
    return "public, max-age=31536000, immutable" if lasting else "no-cache"


def _asset(path: Path, *, immutable: bool) -> Asset:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(
        body=body,
        packed=_packed(path, body),
        media_type=media_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        immutable=immutable,
    )


def _packed(path: Path, body: bytes) -> dict[str, bytes]:
    forms = {
        coding: twin.read_bytes()
        for coding, ending in (("br", ".br"), ("gzip", ".gz"))
        if (twin := path.with_name(path.name + ending)).is_file()
    }
    if "gzip" not in forms and path.suffix in _PACKABLE and len(body) >= _SMALLEST_PACKED:
        forms["gzip"] = gzip.compress(body, mtime=0)
    return forms


def _negotiated(asset: Asset, accepted: str) -> tuple[str, bytes]:
    asked = [part.replace(" ", "").partition(";q=") for part in accepted.split(",")]
    # A weight of zero, however many digits it has, means: not this one.
    codings = {coding for coding, _, weight in asked if not weight or weight.strip("0.")}
    for coding, body in asset.packed.items():
        if coding in codings:
            return coding, body
    return "", asset.body


routes = Router("/", route_handlers=[serve_file])
