"""Which bus joins this node with the others, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.application.ports import Fanout, Ids
from server.realtime.fanout_memory import MemoryBus
from server.realtime.fanout_redis import RedisFanout
from server.settings import Settings


@asynccontextmanager
async def joined(settings: Settings, ids: Ids) -> AsyncIterator[Fanout]:
    """This node's end of the bus. One that cannot be reached yet is no fault: it may come."""
    if not settings.redis_url:
        yield MemoryBus().fanout()
        return
    fanout = RedisFanout(settings.redis_url, ids)
    fanout.start()
    try:
        yield fanout
    finally:
        await fanout.close()
