"""Sockets that say hello and then nothing: what each takes to come, and what it holds."""

import asyncio
import os
from typing import Any

from tests.bench.load.listeners import Crowd, connected
from tests.bench.load.sockets import Control, now
from tests.bench.processes import cpu_seconds, memory_kb

_WARM = 10
"""Sockets that come before anything is measured, so that no first import is."""


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Connect, measure, say hello, measure again."""
    target, count = spec["target"], spec["sockets"]
    pid, crowd = target["pid"], Crowd()
    control = await Control.open(target)
    warm = await connected(spec, crowd, _WARM)
    held, spent, own, start = memory_kb(pid), cpu_seconds(pid), cpu_seconds(os.getpid()), now()
    crowd.joined = 0
    sockets = await connected(spec, crowd, count, first=len(warm))
    elapsed, worked = now() - start, cpu_seconds(pid) - spent
    ours_cpu = cpu_seconds(os.getpid()) - own
    await asyncio.sleep(1.0)
    await control.tell()
    grown, before = memory_kb(pid) - held, cpu_seconds(pid)
    await asyncio.sleep(spec["seconds"])
    idling = cpu_seconds(pid) - before
    # Still alive after all of it: an answer comes.
    pause = (await control.tell()).get("longest_pause_ms")
    return ({} if pause is None else {"longest_pause_ms": pause}) | {
        "sockets": sum(not socket.gone for socket in sockets),
        "kb_per_socket": grown / count,
        "accepts_per_second": count / elapsed,
        "accepts_per_cpu_second": count / worked,
        "idle_core_percent": 100 * idling / spec["seconds"],
        "load_core_percent": 100 * ours_cpu / elapsed,
    }
