"""Every bus that carries news, opened for tests: each gives one more node its end of it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from server.application.ports import Fanout
from server.demo.engines.found import Found
from server.demo.engines.valkey import start_valkey
from server.realtime.fanout_memory import MemoryBus
from server.realtime.fanout_redis import RedisFanout
from server.realtime.fanout_unix import UnixFanout
from tests.support.fakes import FakeIds

Join = Callable[[], Fanout]
"""Gives one more node its end of the same bus."""

_PATIENCE = 500
"""Times 10 ms: a machine with two busy cores."""


@asynccontextmanager
async def memory() -> AsyncIterator[Join]:
    """A bus inside this process."""
    yield MemoryBus().fanout


@asynccontextmanager
async def unix() -> AsyncIterator[Join]:
    """A bus in a folder of this machine."""
    ends: list[UnixFanout] = []
    # A short path: a unix socket's may have about 100 characters.
    with tempfile.TemporaryDirectory(prefix="kanvoy-", dir="/tmp") as folder:

        def join() -> Fanout:
            end = UnixFanout(Path(folder), FakeIds(len(ends) + 1))
            end.start()
            ends.append(end)
            return end

        try:
            yield join
        finally:
            for end in ends:
                end.close()


@asynccontextmanager
async def redis_at(url: str) -> AsyncIterator[Join]:
    """A bus through a server that runs."""
    ends: list[RedisFanout] = []

    def join() -> Fanout:
        end = RedisFanout(url, FakeIds(len(ends) + 1))
        end.start()
        ends.append(end)
        return end

    try:
        yield join
    finally:
        for end in ends:
            await end.close()


@asynccontextmanager
async def system_redis() -> AsyncIterator[Join]:
    """A bus through the server of this machine, started anew."""
    program = system_program()
    assert program is not None, "the test asked before"
    server = start_valkey(Found("system", program))
    try:
        async with redis_at(server.url) as join:
            yield join
    finally:
        server.close()


def system_program() -> str | None:
    """Redis or Valkey as this machine has it."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


async def whole(*ends: Fanout) -> None:
    """Return when all of them are connected."""
    for _ in range(_PATIENCE):
        if all(end.whole for end in ends):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the bus did not become whole")
