"""Many small channels, each with a few listeners and a few messages per second."""

import asyncio
import os
from typing import Any

from tests.bench.load.listeners import Crowd, connected
from tests.bench.load.sockets import Control, now, quantile
from tests.bench.processes import cpu_seconds


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """An open loop: one channel after the other gets its message, spread evenly over time."""
    target, channels, each = spec["target"], spec["channels"], spec["each"]
    pid, rate = target["pid"], channels * spec["rate"]
    crowd = Crowd(each)
    sockets = await connected(spec, crowd, channels * each)
    control = await Control.open(target)
    await _first_ones(crowd, control, channels, len(sockets))
    crowd.watch(range(len(sockets)))
    # Forgets what it took everybody to come in.
    await control.tell()
    begun, own, start, sent = cpu_seconds(pid), cpu_seconds(os.getpid()), now(), 0
    while (passed := now() - start) < spec["seconds"]:
        while sent < int(passed * rate):
            crowd.published(sent % channels)
            control.publish()
            sent += 1
        await asyncio.sleep(max(0.0, start + (sent + 1) / rate - now()))
    elapsed, spent = now() - start, cpu_seconds(pid) - begun
    ours = cpu_seconds(os.getpid()) - own
    delivered = len(crowd.waits)
    await asyncio.sleep(0.3)
    pause = (await control.tell()).get("longest_pause_ms")
    return ({} if pause is None else {"longest_pause_ms": pause}) | {
        "deliveries_per_second": delivered / elapsed,
        "delivered_share": len(crowd.waits) / max(1, sent * each),
        "p50_ms": 1_000 * quantile(crowd.waits, 0.5),
        "p99_ms": 1_000 * quantile(crowd.waits, 0.99),
        "core_percent": 100 * spent / elapsed,
        "cpu_us_per_delivery": 1e6 * spent / max(1, delivered),
        "load_core_percent": 100 * ours / elapsed,
    }


async def _first_ones(crowd: Crowd, control: Control, channels: int, count: int) -> None:
    """One message for each channel: then it is known where each socket stands."""
    await asyncio.sleep(0.2)
    crowd.awaited = crowd.frames + count
    control.publish(channels)
    await asyncio.wait_for(crowd.arrived.wait(), 30)
