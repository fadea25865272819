"""Which bus joins this node with the others, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.application.ports import Fanout, Ids
from server.realtime.fanout_memory import MemoryBus
from server.realtime.fanout_redis import RedisFanout
from server.realtime.fanout_unix import UnixFanout
from server.settings import Settings


@asynccontextmanager
async def joined(settings: Settings, ids: Ids, folder: Path | None) -> AsyncIterator[Fanout]:
    """This node's end of the bus. One that cannot be reached yet is no fault: it may come.

    Nodes of several machines meet at `redis_url`; the workers of one machine in `folder`.
    """
    if settings.redis_url:
        distant = RedisFanout(settings.redis_url, ids)
        distant.start()
        try:
            yield distant
        finally:
            await distant.close()
    elif folder is not None:
        near = UnixFanout(folder, ids)
        near.start()
        try:
            yield near
        finally:
            near.close()
    else:
        yield MemoryBus().fanout()
