"""News between nodes through Valkey, or Redis 7 and later: one server or a cluster. [MN]

Nothing is kept there, so an empty one after a restart is as good as a full one. A node that cannot
reach it says so (`whole`), and the head-beat goes faster until it can.
"""

import asyncio
from typing import Any

from redis.crc import key_slot
from redis.exceptions import RedisError, ResponseError
from structlog import get_logger

from protocols.vocabulary import TenantId
from server.application.ports import Ids, News
from server.realtime.ears import Ears
from server.realtime.news import SENDER_BYTES, pack, unpack
from server.realtime.redis_address import HOME, RedisAddress, Server
from server.realtime.redis_shard import Shard, came

_log = get_logger()

LEARN_SECONDS = 30.0
"""How often a cluster is asked who has which slots; it is asked at once when one has moved."""

RETRY_SECONDS = (0.05, 1.0)

_SLOTS = 16_384

Slots = tuple[tuple[int, int, Server], ...]
"""First and last slot, and who has them."""


class RedisFanout(Ears):
    """One node's end of the bus. See `ports.Fanout` for the guarantees."""

    def __init__(self, url: str, ids: Ids) -> None:
        """Speak and hear through this server once started; raises `ValueError` for a bad URL."""
        super().__init__(whole=False)
        self._address = RedisAddress(url)
        self._ids = ids
        self._sender = ids.nonce().to_bytes(SENDER_BYTES, "big")
        self._slots: Slots = ()
        self._shards: dict[Server, Shard] = {}
        self._learning: asyncio.Task[None] | None = None
        self._learn_now = asyncio.Event()
        self._dropped = 0

    def start(self) -> None:
        """Begin to connect. A server that is away is no fault: it may come."""
        self._learning = asyncio.create_task(self._keep_learning())

    async def close(self) -> None:
        """Cut all connections; what was not said yet is not said."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)
        await asyncio.gather(*(shard.close() for shard in self._shards.values()))

    @property
    def dropped(self) -> int:
        """News that was never said, because too much waited."""
        return self._dropped + sum(shard.dropped for shard in self._shards.values())

    def publish(self, news: News) -> None:
        """See `Fanout`."""
        channel = self._channel(news.tenant_id)
        shard = self._shard_of(channel)
        if shard is None:
            self._dropped += 1
        else:
            shard.say(channel, lambda: pack(self._sender, news))

    def follow(self, tenant_id: TenantId) -> None:
        """See `Fanout`."""
        self.followed[tenant_id] = None
        channel = self._channel(tenant_id)
        shard = self._shard_of(channel)
        if shard is not None:
            shard.follow(channel)

    def unfollow(self, tenant_id: TenantId) -> None:
        """See `Fanout`."""
        self.followed.pop(tenant_id, None)
        for shard in self._shards.values():
            shard.unfollow(self._channel(tenant_id))

    def _channel(self, tenant_id: TenantId) -> str:
        # Two installations may share a server when each has a database of its own.
        return f"kanvoy:{self._address.database}:{{{tenant_id}}}"

    def _hear(self, payload: bytes) -> None:
        news = unpack(self._sender, payload)
        if news is not None:
            self.hear(news)

    def _shard_of(self, channel: str) -> Shard | None:
        """The server that has the channel; None while we do not know."""
        slot = key_slot(channel.encode())
        for first, last, server in self._slots:
            if first <= slot <= last:
                return self._shard(server)
        return None

    def _shard(self, server: Server) -> Shard:
        found = self._shards.get(server)
        if found is None:
            found = self._shards[server] = Shard(
                lambda: self._address.connected(server),
                hear=self._hear,
                changed=self._judge,
                moved=self._learn_now.set,
                uniform=self._ids.uniform,
            )
            self._judge()
        return found

    def _judge(self) -> None:
        self.become(bool(self._slots) and all(shard.ready for shard in self._shards.values()))

    async def _keep_learning(self) -> None:
        """Know who has which slots. One server without a cluster has all, for good."""
        while True:
            self._learn_now.clear()
            slots = await self._learn()
            if slots is not None:
                await self._settle(slots)
            if self._slots and self._slots[0][2] == HOME:
                return
            calm = LEARN_SECONDS if slots and self.whole else self._ids.uniform(*RETRY_SECONDS)
            await came(self._learn_now, calm)

    async def _settle(self, slots: Slots) -> None:
        """Follow every channel where it is now, and let go of servers that have none."""
        self._slots = slots
        # A cluster's servers are met when a channel needs them; the one server is met at once.
        if slots[0][2] == HOME:
            self._shard(HOME)
        servers = {server for _, _, server in slots}
        gone = [self._shards.pop(each) for each in tuple(self._shards) if each not in servers]
        await asyncio.gather(*(shard.close() for shard in gone))
        for tenant_id in tuple(self.followed):
            channel = self._channel(tenant_id)
            owner = self._shard_of(channel)
            for shard in self._shards.values():
                if shard is not owner:
                    shard.unfollow(channel)
            if owner is not None:
                owner.follow(channel)
        self._judge()

    async def _learn(self) -> Slots | None:
        """Ask whoever answers; None when nobody does."""
        for server in (HOME, *self._shards):
            try:
                async with self._address.connected(server) as connection:
                    await connection.send_command("CLUSTER", "SLOTS")
                    found = _slots_of(await connection.read_response())
                if found:
                    return found
            except ResponseError:
                return ((0, _SLOTS - 1, HOME),)
            except (OSError, RedisError) as fault:
                _log.debug("the bus does not answer", fault=repr(fault))
        return None


def _slots_of(answer: list[Any]) -> Slots:
    """What `CLUSTER SLOTS` said, the masters only."""
    return tuple(
        (first, last, Server(master[0].decode() if master[0] else "", int(master[1])))
        for first, last, master, *_ in answer
    )
