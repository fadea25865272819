"""What a collector of OpenTelemetry is told."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from server.settings import BadSetting, Settings, from_environment
from server.telemetry.traces import Traces, traces_to
from tests.support.process import free_port, running
from tests.support.rules import rule
from tests.support.site import a_site

ASKER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOW_MS = 1_795_000_000_000
CANARY = "qzcanaryqz"


class Collected:
    """Traces, and the spans they ended with."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self.traces = Traces(self._spans, lambda: NOW_MS)

    def spans(self) -> dict[str, ReadableSpan]:
        """By their names."""
        self.traces.close()
        return {span.name: span for span in self._spans.get_finished_spans()}


@rule("OB7")
def test_what_something_consisted_of_follows_one_another_inside_it():
    collected = Collected()

    collected.traces.tell("commands", 1.5, {"kanvoy.count": 3}, parts={"queue": 0.5, "commit": 0.9})

    spans = collected.spans()
    begun = NOW_MS * 1_000_000 - 1_500_000_000
    assert {name: (span.start_time, span.end_time) for name, span in spans.items()} == {
        "queue": (begun, begun + 500_000_000),
        "commit": (begun + 500_000_000, begun + 1_400_000_000),
        "commands": (begun, NOW_MS * 1_000_000),
    }
    whole = spans["commands"]
    assert whole.attributes == {"kanvoy.count": 3}
    assert {span.parent and span.parent.span_id for span in spans.values()} == {
        None,
        whole.context.span_id,
    }
    assert whole.status.status_code is StatusCode.UNSET


@rule("OB7")
def test_who_asked_in_a_trace_is_answered_in_it():
    collected = Collected()

    collected.traces.tell("GET /health", 0.1, {}, traceparent=ASKER, failed=True)

    span = collected.spans()["GET /health"]
    assert f"{span.context.trace_id:032x}" == ASKER.split("-")[1]
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == ASKER.split("-")[2]
    assert span.status.status_code is StatusCode.ERROR


@rule("OB7")
@pytest.mark.parametrize("sent", ["", "00-0-0-01", "x" * 9_000, ASKER.replace("00-4", "ff-4")])
def test_what_is_no_trace_is_as_if_it_were_not_sent(sent: str):
    collected = Collected()

    collected.traces.tell("GET /health", 0.1, {}, traceparent=sent)

    assert collected.spans()["GET /health"].parent is None


@rule("OB7")
@pytest.mark.asyncio
async def test_an_answer_is_told_by_its_route_and_never_by_its_address():
    collected = Collected()
    site = await a_site(traces=collected.traces)

    await site.browser().get(f"/v1/orders/{CANARY}?q={CANARY}", headers={"traceparent": ASKER})

    (span,) = collected.spans().values()
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/orders/{order_id}",
        "http.response.status_code": 401,
        "kanvoy.request_id": "request-1",
    }
    assert span.parent is not None
    assert CANARY not in span.to_json()


class Collector:
    """Takes what comes by OTLP over HTTP."""

    def __init__(self) -> None:
        came = self.came = Queue[ExportTraceServiceRequest]()

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                came.put(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said."""

        self._server = HTTPServer(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def names(self) -> set[str]:
        """The spans that came until now."""
        requests = [self.came.get(timeout=30)]
        while not self.came.empty():
            requests.append(self.came.get())
        return {
            span.name
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


@rule("OB7")
@pytest.mark.system
def test_a_server_tells_a_collector_all_there_is_to_tell_before_it_ends(
    collector: Collector, tmp_path: Path
):
    with running("serve", folder=tmp_path, KANVOY_TRACES_URL=collector.url) as server:
        httpx.get(f"{server.address}/health", trust_env=False)
        assert server.stop() == 0

    assert {"GET /health", "GET /ready"} <= collector.names()


@rule("OB7")
@pytest.mark.system
def test_a_collector_that_is_away_costs_the_traces_and_nothing_else(tmp_path: Path):
    nobody = f"http://127.0.0.1:{free_port()}/v1/traces"

    with running("serve", folder=tmp_path, KANVOY_TRACES_URL=nobody) as server:
        assert httpx.get(f"{server.address}/health", trust_env=False).status_code == 200
        assert server.stop() == 0


def test_traces_go_to_an_address_and_are_off_without_one():
    url = "http://collector:4318/v1/traces"

    assert Settings().traces_url == ""
    assert from_environment({"KANVOY_TRACES_URL": url}).traces_url == url
    with pytest.raises(BadSetting, match="KANVOY_TRACES_URL: the address of a collector"):
        from_environment({"KANVOY_TRACES_URL": "collector:4318"})
    traces_to(url, lambda: NOW_MS).close()
