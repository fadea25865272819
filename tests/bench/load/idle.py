"""Sockets that say hello and then nothing: what each takes to come, and what it holds."""

import asyncio
import os
from typing import Any

from tests.bench.load.listeners import Crowd
from tests.bench.load.sockets import Control, dial_many, now, settle
from tests.bench.processes import cpu_seconds, memory_kb


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Connect, measure, say hello, measure again."""
    target, count, ours = spec["target"], spec["sockets"], spec["ours"]
    pid, crowd = target["pid"], Crowd()
    control = await Control.open(target)
    warm = await dial_many(target, 10, crowd.taken, lambda _: 0 if ours else None)
    if ours:
        await settle(warm, watch=True, taken=crowd.taken)
    held, spent, own, start = memory_kb(pid), cpu_seconds(pid), cpu_seconds(os.getpid()), now()
    sockets = await dial_many(
        target, count, crowd.taken, lambda _: 0 if ours else None, first=len(warm)
    )
    if ours:
        # A thousand at a time: the snapshots under way are no idle socket's memory.
        for at in range(0, count, 1_000):
            await settle(sockets[at : at + 1_000], watch=True, taken=crowd.taken)
    elapsed, worked = now() - start, cpu_seconds(pid) - spent
    ours_cpu = cpu_seconds(os.getpid()) - own
    await asyncio.sleep(1.0)
    grown, before = memory_kb(pid) - held, cpu_seconds(pid)
    await asyncio.sleep(spec["seconds"])
    idling = cpu_seconds(pid) - before
    # Still alive after all of it: an answer comes.
    await control.tell()
    return {
        "sockets": len(sockets),
        "kb_per_socket": grown / count,
        "accepts_per_second": count / elapsed,
        "accepts_per_cpu_second": count / worked,
        "idle_core_percent": 100 * idling / spec["seconds"],
        "load_core_percent": 100 * ours_cpu / elapsed,
    }
