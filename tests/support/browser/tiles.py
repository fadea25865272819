"""A tile server on this machine: pale squares, and one loud mark at a place that a test knows."""

import io
import json
import math
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image, ImageDraw

MARK = (255, 0, 200)
"""No colour of ours."""

MARK_PIXELS = 14
"""How far the mark reaches from its middle; more than a stop on the map."""

_TILE = 256
_PATH = re.compile(r"/(\d+)/(\d+)/(\d+)\.png")


class Tiles:
    """Serves from construction until `close`; `broken` makes every answer an error."""

    def __init__(self, mark: tuple[float, float]) -> None:
        """`mark` is a latitude and a longitude."""
        self.mark = mark
        self.broken = False
        self.asked: list[str] = []
        tiles = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tiles.answer(self)

            def log_message(self, *_: object) -> None:
                """Tests have a log of their own."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        """What a policy must allow."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        """What an administrator types."""
        return f"{self.origin}/{{z}}/{{x}}/{{y}}.png"

    @property
    def style(self) -> str:
        """The same tiles and a hand-drawn line, as a style says it."""
        return f"{self.origin}/style.json"

    def close(self) -> None:
        """Nobody answers here any more."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request, in a thread of its own."""
        self.asked.append(request.path)
        found = _PATH.fullmatch(request.path)
        if self.broken or not (found or request.path.endswith("json")):
            _send(request, 503, "text/plain", b"")
        elif found:
            z, x, y = map(int, found.groups())
            _send(request, 200, "image/png", self._tile(z, x, y))
        else:
            told = self._style() if request.path == "/style.json" else _LINE
            _send(request, 200, "application/json", json.dumps(told).encode())

    def _tile(self, z: int, x: int, y: int) -> bytes:
        image = Image.new(
            "RGB", (_TILE, _TILE), (214, 232, 214) if (x + y) % 2 else (206, 220, 238)
        )
        across, down = _pixel(self.mark, z)
        middle = (across - x * _TILE, down - y * _TILE)
        # Tiles are drawn at another size between two levels of zoom, and so is the mark.
        ImageDraw.Draw(image).circle(middle, MARK_PIXELS, fill=MARK)
        written = io.BytesIO()
        image.save(written, "PNG")
        return written.getvalue()

    def _style(self) -> dict[str, object]:
        thanks = '<a href="https://tiles.example">&copy; Streets</a>'
        return {
            "version": 8,
            "sources": {
                "tiles": {
                    "type": "raster",
                    "tiles": [self.address],
                    "tileSize": _TILE,
                    "attribution": thanks,
                },
                # Fetched by the library's worker, under the worker's own policy.
                "line": {"type": "geojson", "data": f"{self.origin}/line.json"},
            },
            "layers": [
                {"id": "tiles", "type": "raster", "source": "tiles"},
                {"id": "line", "type": "line", "source": "line"},
            ],
        }


_LINE = {
    "type": "Feature",
    "properties": {},
    "geometry": {"type": "LineString", "coordinates": [[0, 0], [10, 10]]},
}


def _pixel(place: tuple[float, float], z: int) -> tuple[float, float]:
    """Where a place is on the whole world's picture at a level of zoom."""
    lat, lon = place
    sine = math.sin(math.radians(lat))
    world = _TILE * 2**z
    return (
        (lon + 180) / 360 * world,
        (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * world,
    )


def _send(request: BaseHTTPRequestHandler, status: int, media_type: str, body: bytes) -> None:
    request.send_response(status)
    request.send_header("content-type", media_type)
    request.send_header("content-length", str(len(body)))
    request.send_header("access-control-allow-origin", "*")
    request.end_headers()
    request.wfile.write(body)
