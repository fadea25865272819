"""The figures of this node for Prometheus, for who knows the token. [OB]"""

from collections.abc import Iterable, Iterator, Mapping
from hmac import compare_digest

from litestar import Response, Router, get
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server.application.insight import Insight
from server.application.node import Node
from server.application.tally import BOUNDS, Timing
from server.http.declared import problems
from server.http.given import Given
from server.http.health import BUILD
from server.http.peer import AnyRequest
from server.http.problems import Refused, problem
from server.settings import Settings
from server.telemetry.security import CredentialRefused

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Figures(Collector):
    """Reads the counts of a node when it is asked. Labels are words of ours, never ids. [OB3]"""

    def __init__(self, node: Node, insight: Insight) -> None:
        """Look at this node."""
        self._node = node
        self._insight = insight

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        yield from self._commands()
        yield from self._channels()
        yield from self._process()

    def _commands(self) -> Iterator[Metric]:
        tally = self._node.tally()
        yield _timings("kanvoy_stage_seconds", "Stages of commands", "stage", tally.stages.items())
        yield _counts("kanvoy_verdicts", "Durable answers to commands", "verdict", tally.verdicts)
        yield _counts("kanvoy_catch_ups", "Reads of a journal", "cause", tally.catch_ups)
        yield _counts("kanvoy_frames", "Frames made", "channel", tally.frames)
        yield _counts("kanvoy_resyncs", "Readers that had to start over", "cause", tally.resyncs)
        yield CounterMetricFamily("kanvoy_conflated", "Readers caught up", value=tally.conflated)
        yield CounterMetricFamily("kanvoy_snapshots", "Snapshots begun", value=tally.snapshots)

    def _channels(self) -> Iterator[Metric]:
        sockets = GaugeMetricFamily("kanvoy_sockets", "Live sockets", labels=["audience"])
        for audience, count in self._insight.sockets(None).items():
            sockets.add_metric([audience], count)
        yield sockets
        readers = GaugeMetricFamily("kanvoy_readers", "Readers of channels", labels=["channel"])
        lag = GaugeMetricFamily("kanvoy_lag_rows", "Rows of the last reader", labels=["channel"])
        for channel, (count, behind) in self._insight.lag(None).items():
            readers.add_metric([channel], count)
            lag.add_metric([channel], behind)
        yield readers
        yield lag

    def _process(self) -> Iterator[Metric]:
        pulse = self._insight.pulse
        yield _timings(
            "kanvoy_loop_gap_seconds", "Lateness of the loop", "loop", [("main", pulse.loop_gap)]
        )
        yield _timings("kanvoy_round_seconds", "Rounds", "round", pulse.rounds.items())
        yield _counts("kanvoy_rounds_failed", "Rounds that failed", "round", pulse.failed)
        journals = len(self._node.held())
        yield GaugeMetricFamily("kanvoy_journals", "Journals in memory", value=journals)
        build = GaugeMetricFamily("kanvoy_build", "1", labels=["version"])
        build.add_metric([BUILD], 1)
        yield build


@get("/metrics", responses=problems(401, 404, 503))
async def metrics(
    request: AnyRequest, settings: Given[Settings], node: Given[Node], insight: Given[Insight]
) -> Response[bytes]:
    """The figures, for a bearer of `KANVOY_METRICS_TOKEN`; without one there is nothing here."""
    # OB1
    if not settings.metrics_token:
        raise Refused(problem(404))
    given = request.headers.get("authorization", "").encode()
    if not compare_digest(given, f"Bearer {settings.metrics_token}".encode()):
        raise Refused(problem(401), CredentialRefused(door="http", way="bearer"))
    registry = CollectorRegistry()
    registry.register(Figures(node, insight))
    ProcessCollector(registry=registry)
    return Response(
        generate_latest(registry),
        headers={"cache-control": "no-store", "content-type": _TYPE},
    )


def _counts(name: str, means: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, means, labels=[label])
    for word, count in counts.items():
        family.add_metric([word], count)
    return family


def _timings(
    name: str, means: str, label: str, timings: Iterable[tuple[str, Timing]]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, means, labels=[label])
    for word, timing in timings:
        below, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), timing.classes, strict=True):
            below += count
            buckets.append((bound, below))
        family.add_metric([word], buckets=buckets, sum_value=timing.seconds)
    return family


routes = Router("/", route_handlers=[metrics], include_in_schema=False)
