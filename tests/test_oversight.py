"""What whoever runs a node is told of it, put together as in the product."""

from pathlib import Path

import msgspec
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from protocols.commands import ReleaseOrder
from protocols.vocabulary import ClientId, Number, OrderId
from server.application.slow import SlowBatch
from server.application.submission import Submission
from server.domain.fleet import Driver
from server.domain.records import SaveRecord
from server.oversight import Oversight
from server.realtime.fanout_memory import MemoryBus
from server.settings import Settings
from server.storage.migrate import migrate
from server.storage.open import open_storage
from server.telemetry.traces import Traces
from tests.support.fakes import FakeClock, FakeIds
from tests.support.nodes import TENANT, Speaker, an_actor
from tests.support.rules import rule
from tests.support.site import NORTH, a_site

pytestmark = pytest.mark.asyncio


def an_oversight(**settings: int) -> tuple[Oversight, FakeClock]:
    clock = FakeClock()
    return Oversight(Settings(**settings), clock, FakeIds()), clock


def a_slow_batch(tenant: str) -> SlowBatch:
    return SlowBatch(
        tenant_id=tenant,  # type: ignore[arg-type]
        kinds=("MoveOrder", "SetQuantity"),
        count=3,
        seconds=1.23456,
        stages={"queue": 0.2, "decide": 0.01, "commit": 1.0, "announce": 0.002},
        answered=True,
    )


async def test_slow_commands_are_told_by_their_stages_a_few_times_a_minute():
    oversight, clock = an_oversight()
    tell = oversight.slowness().tell

    with capture_logs() as lines:
        for _ in range(20):
            tell(a_slow_batch("tenant-a"))
        tell(a_slow_batch("tenant-b"))
        clock.advance(60)
        tell(a_slow_batch("tenant-a"))

    assert [(line["tenant_id"], line["unsaid"]) for line in lines] == [
        *[("tenant-a", 0)] * 6,
        ("tenant-b", 14),
        ("tenant-a", 0),
    ]
    assert lines[0] == {
        "event": "slow command",
        "log_level": "warning",
        "tenant_id": "tenant-a",
        "kinds": ("MoveOrder", "SetQuantity"),
        "count": 3,
        "ms": 1_234.6,
        "queue_ms": 200.0,
        "decide_ms": 10.0,
        "commit_ms": 1_000.0,
        "announce_ms": 2.0,
        "answered": True,
        "unsaid": 0,
    }


async def test_how_slow_is_slow_is_for_the_operator_to_say():
    assert an_oversight()[0].slowness().seconds == 1.0
    assert an_oversight(slow_command_ms=250)[0].slowness().seconds == 0.25
    assert an_oversight(slow_command_ms=0)[0].slowness().seconds == float("inf")


@rule("OB7")
async def test_with_traces_every_batch_is_traced_and_the_slow_ones_are_logged_too():
    spans = InMemorySpanExporter()
    oversight, clock = an_oversight()
    oversight.traces = Traces(spans, clock.now)
    slowness = oversight.slowness()

    with capture_logs() as lines:
        slowness.tell(a_slow_batch("tenant-a"))
        slowness.tell(msgspec.structs.replace(a_slow_batch("tenant-b"), seconds=0.5))
    await oversight.close()

    assert slowness.seconds < 0
    assert [line["tenant_id"] for line in lines] == ["tenant-a"]
    told = [span for span in spans.get_finished_spans() if span.name == "commands"]
    assert [(span.attributes or {})["kanvoy.tenant_id"] for span in told] == [
        "tenant-a",
        "tenant-b",
    ]
    assert {span.name for span in spans.get_finished_spans()} == {
        "commands",
        "queue",
        "decide",
        "commit",
        "announce",
    }


@pytest.mark.parametrize(("via", "named"), [("socket", "session_id"), ("http", "request_id")])
async def test_a_bug_in_a_rule_is_told_in_the_name_of_who_met_it(via: str, named: str):
    oversight, _ = an_oversight()
    actor = msgspec.structs.replace(an_actor(), via=via)
    submission = Submission(
        actor=actor,
        client_id=ClientId("client-1"),
        number=Number(1),
        command=ReleaseOrder(order_id=OrderId("order-1")),
        asked_in="asked-in-7",
    )

    with capture_logs([merge_contextvars]) as lines:
        oversight.report_rule(ZeroDivisionError("a rule"), submission)

    bug, event = lines
    assert [line[named] for line in lines] == ["asked-in-7"] * 2
    assert (bug["event"], bug["command"]) == ("bug", "ReleaseOrder")
    assert (event["event"], event["door"]) == ("unexpected_error", via)
    assert (event["tenant_id"], event["person_id"]) == (TENANT, actor.id)
    assert event["incident"] == bug["incident"]


async def test_a_bug_that_nobody_asked_for_is_told_without_a_door():
    oversight, _ = an_oversight()

    with capture_logs() as lines:
        incident = oversight.report_alone(ZeroDivisionError("a round"))

    assert [(line["event"], line["incident"]) for line in lines] == [
        ("bug", incident),
        ("unexpected_error", incident),
    ]
    assert lines[1]["door"] == "none"


async def test_the_devices_of_a_driver_who_left_are_told_each():
    site = await a_site()
    owner = await site.signed_in()
    code = (
        await owner.post("/v1/pairings", json={"kind": "driver", "driver_id": "driver-1"})
    ).json()["code"]
    phone = (await site.browser().post("/v1/pairings/claim", json={"code": code})).json()
    left = Driver(id=phone["driver_id"], name="Dora", active=False)
    speaker = Speaker(site.node, an_actor("System", tenant_id=NORTH), "fleet")
    await speaker.do(SaveRecord(record=left))
    oversight, _ = an_oversight()

    with capture_logs() as lines:
        await oversight.revoke_leavers(site.app.state.reach.devices)
        await oversight.revoke_leavers(site.app.state.reach.devices)

    assert [(line["event"], line["why"], line["revoked_id"]) for line in lines] == [
        ("device_revoked", "left", phone["device_id"])
    ]


@rule("OB5")
async def test_a_node_is_ready_while_its_database_answers_and_until_it_leaves(tmp_path: Path):
    settings = Settings(data=tmp_path)
    oversight = Oversight(settings, FakeClock(), FakeIds())
    leaving, bus = False, MemoryBus().fanout()
    await migrate(settings.database)

    async with open_storage(settings.database) as storage:
        readiness = oversight.readiness(storage, bus, lambda: leaving)
        before = await readiness.states()
        bus.become(False)
        away = await readiness.states()
        leaving = True
        after = await readiness.states()
    closed = await readiness.states()

    assert {k: v for k, v in before.items() if k != "disk"} == {
        "database": "ok",
        "bus": "ok",
        "node": "ok",
    }
    assert (away["bus"], after["node"]) == ("degraded", "down")
    assert closed["database"] == "down"
