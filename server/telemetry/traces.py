"""Traces for a collector of OpenTelemetry, where whoever runs the node wants them. [OB]

Loaded only there: the packages are an extra of the installation, `kanvoy[traces]`. A trace tells of
work that has ended, so nothing is carried along while it is done. `OTEL_*` variables say the rest:
headers, sampling, attributes of this node.
"""

from collections.abc import Callable, Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Value = str | int | bool | Sequence[str]

_NS = 1_000_000_000
_NS_PER_MS = 1_000_000
_PARENT = "traceparent"
_PROPAGATOR = TraceContextTextMapPropagator()


class Traces:
    """Tells a collector what was done, how long it took and where the time went."""

    def __init__(self, exporter: SpanExporter, now: Callable[[], int]) -> None:
        """Send with this exporter, some at a time; `now` answers milliseconds since 1970."""
        # What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say comes before our name.
        resource = Resource({SERVICE_NAME: "kanvoy"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("kanvoy")
        self._now = now

    def tell(
        self,
        name: str,
        seconds: float,
        attributes: Mapping[str, Value],
        *,
        parts: Mapping[str, float] | None = None,
        traceparent: str = "",
        failed: bool = False,
    ) -> None:
        """Tell of something that ended just now.

        `parts` are the seconds of what it consisted of, one after the other; `traceparent` is
        what the asker sent (W3C Trace Context), and what is none of that is as if not sent.
        Queues in memory, drops when the queue is full, and never waits.
        """
        end = self._now() * _NS_PER_MS
        begin = end - round(seconds * _NS)
        span = self._tracer.start_span(
            name,
            _PROPAGATOR.extract({_PARENT: traceparent}) if traceparent else None,
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=begin,
        )
        if span.is_recording():
            inside = set_span_in_context(span)
            for part, lasted in (parts or {}).items():
                child = self._tracer.start_span(part, inside, start_time=begin)
                begin += round(lasted * _NS)
                child.end(begin)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    def close(self) -> None:
        """Send what is waiting; takes as long as the exporter tries."""
        self._provider.shutdown()


def traces_to(url: str, now: Callable[[], int]) -> Traces:
    """Traces that go to this address, as OTLP over HTTP."""
    # The collector is beside us: who has not answered after two seconds is away.
    return Traces(OTLPSpanExporter(endpoint=url, timeout=2), now)
