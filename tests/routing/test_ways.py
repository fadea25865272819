"""Ways between places: the estimate, and servers that speak OSRM's or Valhalla's language."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from protocols.values import Point
from server.domain.dispatch.places import road_m, road_s
from server.domain.dispatch.problem import Ways
from server.routing.servers import matrix_of
from server.routing.ways import Estimate, NoWays
from tests.support.rules import rule

PLACES = tuple(Point(lat=50 + n / 100, lon=8 + n / 50) for n in range(120))


class _Double(BaseHTTPRequestHandler):
    """Answers as both servers do: as the estimate says, and southwards a second more."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        assert path.startswith("/table/v1/driving/")
        points = [
            Point(lon=float(pair.split(",")[0]), lat=float(pair.split(",")[1]))
            for pair in path.rpartition("/")[2].split(";")
        ]
        assert len(points) <= 100
        asked = dict(part.split("=") for part in query.split("&"))
        here, there = (
            [points[int(n)] for n in asked[name].split(";")] for name in ("sources", "destinations")
        )
        ways = [[_way(one, other) for other in there] for one in here]
        self._answer(
            {
                "code": "Ok",
                "durations": [[time for time, _ in line] for line in ways],
                "distances": [[metres for _, metres in line] for line in ways],
            }
        )

    def do_POST(self) -> None:
        assert self.path == "/sources_to_targets"
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        here, there = ([Point(**each) for each in asked[name]] for name in ("sources", "targets"))
        ways = [[_way(one, other) for other in there] for one in here]
        cells = [[{"time": t, "distance": m / 1_000} for t, m in line] for line in ways]
        self._answer({"sources_to_targets": cells, "units": "kilometers"})

    def _answer(self, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _Islands(_Double):
    """There is no road to anywhere."""

    def _answer(self, body: dict) -> None:  # type: ignore[override]
        nothing = [[None for _ in line] for line in body["durations"]]
        super()._answer({"durations": nothing, "distances": nothing})


class _Rubbish(_Double):
    def _answer(self, _body: object) -> None:
        super()._answer({"durations": [[1]], "distances": [[1]]})


class _Down(_Double):
    def _answer(self, _body: object) -> None:
        self.send_error(503)


def _way(one: Point, other: Point) -> tuple[float, float]:
    metres = road_m(one, other)
    return road_s(metres) + (1 if one.lat > other.lat else 0), metres


@contextmanager
def serving(double: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), double)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@rule("PL25")
@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_a_server_is_asked_in_blocks_for_every_way(kind: str):
    with serving(_Double) as url:
        ways = matrix_of(f"{kind}+{url}/").between(PLACES)

    expected = Estimate().between(PLACES)
    # Coordinates travel with six decimals: a few centimetres.
    assert _close(ways.metres, expected.metres)
    assert ways.seconds[3][100] == pytest.approx(expected.seconds[3][100], abs=2)
    assert ways.seconds[100][3] == pytest.approx(ways.seconds[3][100] + 1, abs=1)
    assert all(ways.seconds[n][n] == 0 for n in range(len(PLACES)))


def _close(one: list[list[int]], other: list[list[int]]) -> bool:
    cells = (zip(row, line, strict=True) for row, line in zip(one, other, strict=True))
    return all(abs(a - b) <= 2 for row in cells for a, b in row)


@rule("PL25")
def test_places_without_a_road_are_too_far_and_a_place_is_at_itself():
    with serving(_Islands) as url:
        ways = matrix_of(f"osrm+{url}").between(PLACES[:2])

    assert ways.seconds[0][0] == ways.seconds[1][1] == 0
    assert ways.seconds[0][1] > 24 * 3_600 * 2


@rule("PL25")
@pytest.mark.parametrize("double", [_Rubbish, _Down])
def test_an_answer_that_cannot_be_used_is_told(double: type[BaseHTTPRequestHandler]):
    with serving(double) as url, pytest.raises(NoWays, match="routing server"):
        matrix_of(f"osrm+{url}").between(PLACES[:3])


@rule("PL25")
def test_a_server_that_is_not_there_is_told():
    with pytest.raises(NoWays, match="does not answer"):
        matrix_of("valhalla+http://127.0.0.1:9").between(PLACES[:2])


@rule("PL25")
def test_without_a_server_ways_are_estimated_and_longer_ones_are_faster():
    ways = matrix_of("").between(PLACES[:3])

    assert isinstance(ways, Ways)
    assert ways.metres[0][2] == ways.metres[2][0] > ways.metres[0][1] > 0
    assert road_s(10_000) == round(36_000 / 35)
    assert road_s(100_000) < 10 * road_s(10_000)
