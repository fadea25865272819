"""Many sockets that only listen: one message at a time, bursts, then a hundred per second."""

import asyncio
import os
from typing import Any

from tests.bench.load.listeners import Crowd, connected
from tests.bench.load.sockets import Control, now, quantile
from tests.bench.processes import cpu_seconds

BURST = 32
"""Messages that are published at once in the second part."""

_SAMPLED = 97
"""Every so manyth socket's latency counts: reading all would make the load the bottleneck."""

_PATIENCE = 30.0
"""Seconds for one burst."""


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Measure one server."""
    target, count = spec["target"], spec["sockets"]
    crowd = Crowd()
    await connected(spec, crowd, count)
    control = await Control.open(target)
    await asyncio.sleep(0.2)
    single = await _one_by_one(crowd, control, target["pid"], count, spec["messages"])
    size = len(crowd.last[0])
    burst = await _bursts(crowd, control, target["pid"], spec["seconds"] / 2)
    offered = await _offered(crowd, control, target["pid"], spec["rate"], spec["seconds"])
    return {"bytes": size, **single, **burst, **offered}


async def _one_by_one(
    crowd: Crowd, control: Control, pid: int, count: int, messages: int
) -> dict[str, Any]:
    for warm in (True, False):
        begun, own = cpu_seconds(pid), cpu_seconds(os.getpid())
        for _ in range(5 if warm else messages):
            crowd.arrived.clear()
            crowd.awaited = crowd.frames + count
            control.publish()
            await asyncio.wait_for(crowd.arrived.wait(), 30)
        spent, ours = cpu_seconds(pid) - begun, cpu_seconds(os.getpid()) - own
    deliveries = messages * count
    return {
        "single_deliveries": deliveries,
        "single_cpu": spent,
        "single_per_cpu_second": deliveries / spent,
        "single_load_cpu": ours,
    }


async def _bursts(crowd: Crowd, control: Control, pid: int, seconds: float) -> dict[str, Any]:
    """A closed loop: the next burst when everybody has the one before, as fast as it goes."""
    crowd.awaited = -1
    first, begun, start = crowd.places(), cpu_seconds(pid), now()
    wanted = first
    while now() - start < seconds:
        control.publish(BURST)
        wanted += BURST * len(crowd.last)
        await _caught_up(crowd, wanted)
    spent, elapsed = cpu_seconds(pid) - begun, now() - start
    return {
        "burst_per_cpu_second": (wanted - first) / spent,
        "burst_deliveries_per_second": (wanted - first) / elapsed,
    }


async def _caught_up(crowd: Crowd, wanted: int) -> bool:
    until = now() + _PATIENCE
    while (places := crowd.places()) < wanted:
        if now() > until:
            raise RuntimeError(f"{wanted - places} messages of a burst never came")
        await asyncio.sleep(0.002)
    return True


async def _offered(
    crowd: Crowd, control: Control, pid: int, rate: int, seconds: float
) -> dict[str, Any]:
    """An open loop: messages come at their rate, however far behind the server is."""
    crowd.watch([at for at in crowd.last if at % _SAMPLED == 0])
    first, frames = crowd.places(), crowd.frames
    begun, own, start = cpu_seconds(pid), cpu_seconds(os.getpid()), now()
    sent = 0
    while (passed := now() - start) < seconds:
        due = int(passed * rate)
        if due > sent:
            crowd.published(0, due - sent)
            control.publish(due - sent)
            sent = due
        await asyncio.sleep(0.5 / rate)
    spent, ours = cpu_seconds(pid) - begun, cpu_seconds(os.getpid()) - own
    elapsed = now() - start
    delivered = crowd.places() - first
    return {
        "offered_messages_per_second": sent / elapsed,
        "offered_delivered": delivered,
        "offered_share": delivered / max(1, sent * len(crowd.last)),
        "offered_frames_per_second": (crowd.frames - frames) / elapsed / len(crowd.last),
        "offered_cpu": spent,
        "offered_core_percent": 100 * spent / elapsed,
        "offered_per_cpu_second": delivered / spent,
        "offered_p50_ms": 1_000 * quantile(crowd.waits, 0.5),
        "offered_p99_ms": 1_000 * quantile(crowd.waits, 0.99),
        "offered_load_core_percent": 100 * ours / elapsed,
    }
