"""What was acknowledged survives `kill -9` of the process that wrote it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Tenant
from server.storage.open import open_storage

_WRITER = """
import asyncio, sys
from server.application.ports import Committed
from server.storage.open import open_storage
from tests.support.scribe import Scribe, an_order, done

async def write(store, name):
    scribe, number = Scribe(name), 0
    while True:
        number += 1
        order = an_order(f"o-{number}")
        assert await scribe.write(store, order, answers=[done("phone", number)]) == Committed()
        print(name, scribe.head.sequence, flush=True)

async def main():
    async with open_storage(sys.argv[1]) as storage:
        await asyncio.gather(*(write(storage.store, name) for name in sys.argv[2:]))

asyncio.run(main())
"""


@pytest.mark.asyncio
@pytest.mark.parametrize("lines", [1, 40, 200])
async def test_no_acknowledged_batch_is_lost_when_the_writer_is_killed(sqlite_url: str, lines: int):
    names = ["t-1", "t-2", "t-3"]
    async with open_storage(sqlite_url) as storage:
        for name in names:
            tenant = Tenant(id=TenantId(name), slug=name, name=name, created_at=Instant(1))
            await storage.accounts.create_tenant(tenant)

    acknowledged = _kill_after(lines, sqlite_url, names)

    async with open_storage(sqlite_url) as storage:
        heads = await storage.store.heads([TenantId(name) for name in names])
        for name, sequence in acknowledged.items():
            assert heads[TenantId(name)].sequence >= sequence
        for name in names:
            assert await storage.verify(TenantId(name)) == []


def _kill_after(lines: int, url: str, names: list[str]) -> dict[str, int]:
    """Let a process write, kill it in the middle, and answer what it had acknowledged."""
    acknowledged: dict[str, int] = {}
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, url, *names],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as writer:
        assert writer.stdout is not None
        for number, line in enumerate(writer.stdout, start=1):
            if not line.endswith("\n"):
                # Killed in the middle of the line: nobody was told.
                break
            name, sequence = line.split()
            acknowledged[name] = int(sequence)
            if number == lines:
                writer.send_signal(signal.SIGKILL)
    assert writer.returncode == -signal.SIGKILL
    return acknowledged
