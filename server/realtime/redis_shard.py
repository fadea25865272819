"""One Valkey server as the bus sees it: a connection to hear, one to speak, and both anew."""

import asyncio
from collections import deque
from collections.abc import Callable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import MovedError, RedisError, ResponseError
from structlog import get_logger

from server.realtime.redis_address import Connect

_log = get_logger()

PING_SECONDS = 2.0
SILENT_SECONDS = 5.0
"""A server that answers no ping for so long is away, whatever the network says."""

SPEAK_SECONDS = 2.0
AT_ONCE = 128
"""News of one round trip."""

MOST_WAITING = 1_024
"""News kept while the server is away; the oldest go first. The journal knows better anyway."""

PAUSES = (0.05, 2.0)
"""Seconds between two attempts to connect: the first at most, and any."""

_DOUBLINGS = 10

Faults = (OSError, RedisError)
Word = tuple[str, Callable[[], bytes]]
"""A channel, and how to make the payload: news that is dropped is never encoded."""


class Shard:
    """Follows channels on one server, and speaks on them, over any number of outages."""

    def __init__(
        self,
        connect: Connect,
        *,
        hear: Callable[[bytes], None],
        changed: Callable[[], None],
        moved: Callable[[], None],
        uniform: Callable[[float, float], float],
    ) -> None:
        """`changed` tells of another `ready`; `moved`, that channels live elsewhere now."""
        self._connect = connect
        self._hear = hear
        self._changed = changed
        self._moved = moved
        self._uniform = uniform
        self.ready = False
        self.dropped = 0
        self.followed: dict[str, None] = {}
        self._orders: deque[tuple[str, str]] = deque()
        self._ordered = asyncio.Event()
        self._waiting: deque[Word] = deque()
        self._spoken = asyncio.Event()
        self._over = False
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Cut the connections; what was not said yet is not said."""
        # A task group that ends with a fault forgets that it was cancelled.
        self._over = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def follow(self, channel: str) -> None:
        """Hear what is said on the channel."""
        if channel not in self.followed:
            self.followed[channel] = None
            self._order("SUBSCRIBE", channel)

    def unfollow(self, channel: str) -> None:
        """Hear no more of it."""
        if channel in self.followed:
            del self.followed[channel]
            self._order("UNSUBSCRIBE", channel)

    def say(self, channel: str, payload: Callable[[], bytes]) -> None:
        """Say it on the channel as soon as possible, unless much newer is said meanwhile."""
        if len(self._waiting) >= MOST_WAITING:
            # MN6
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((channel, payload))
        self._spoken.set()

    async def _run(self) -> None:
        """Be connected as far as possible, until closed."""
        attempts = 0
        while not self._over:
            was_ready = False
            try:
                await self._converse()
            except* Faults as faults:
                was_ready = self.ready
                self._note(faults.exceptions[0])
            finally:
                self._become(ready=False)
            attempts = 0 if was_ready else min(attempts + 1, _DOUBLINGS)
            first, longest = PAUSES
            await asyncio.sleep(self._uniform(0, min(longest, first * 2**attempts)))

    async def _converse(self) -> None:
        """One life of the two connections; ends with the fault that ended it."""
        async with self._connect() as hearing, self._connect() as speaking:
            prefix = "S" if await _knows_shards(speaking) else ""
            self._orders = deque(("SUBSCRIBE", channel) for channel in self.followed)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._give_orders(hearing, prefix))
                group.create_task(self._listen(hearing))
                group.create_task(self._speak(speaking, prefix))

    async def _give_orders(self, hearing: AbstractConnection, prefix: str) -> None:
        """Send what to follow, each time with a ping: its answer says that all before was heard."""
        while True:
            self._ordered.clear()
            orders = [(prefix + verb, channel) for verb, channel in self._orders]
            self._orders.clear()
            packed = hearing.pack_commands([*orders, ("PING",)])
            async with asyncio.timeout(SPEAK_SECONDS):
                await hearing.send_packed_command(packed)
            await came(self._ordered, PING_SECONDS)

    async def _listen(self, hearing: AbstractConnection) -> None:
        while True:
            reply = await hearing.read_response(timeout=SILENT_SECONDS)
            if reply is None:
                raise TimeoutError("the server says nothing")
            kind = reply[0] if isinstance(reply, list) else reply
            if kind in {b"message", b"smessage"}:
                self._hear(reply[2])
            elif kind in {b"pong", b"PONG"}:
                self._become(ready=True)
            elif kind == b"sunsubscribe" and reply[1].decode() in self.followed:
                # The slot went to another server, which tells nobody but its followers.
                raise MovedError("0 :0")

    async def _speak(self, speaking: AbstractConnection, prefix: str) -> None:
        while True:
            await self._spoken.wait()
            words = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            if not words:
                self._spoken.clear()
                continue
            try:
                await self._send(speaking, prefix, words)
            except BaseException:
                # Said again when we are back: twice is allowed, and late too.
                self._waiting.extendleft(reversed(words))
                raise

    async def _send(self, speaking: AbstractConnection, prefix: str, words: list[Word]) -> None:
        verb = f"{prefix}PUBLISH"
        async with asyncio.timeout(SPEAK_SECONDS):
            packed = speaking.pack_commands([(verb, name, make()) for name, make in words])
            await speaking.send_packed_command(packed)
            for _ in words:
                try:
                    await speaking.read_response()
                except MovedError:
                    self._moved()
                except ResponseError as refused:
                    _log.warning("the bus refused news", says=str(refused))

    def _order(self, verb: str, channel: str) -> None:
        self._orders.append((verb, channel))
        self._ordered.set()

    def _note(self, fault: BaseException) -> None:
        if isinstance(fault, MovedError):
            self._moved()
        if self.ready:
            _log.warning("the bus is away", fault=repr(fault))

    def _become(self, *, ready: bool) -> None:
        if self.ready is not ready:
            self.ready = ready
            self._changed()


async def came(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within so many seconds.

    Python 3.11's `wait_for` swallows a cancellation that comes together with the event.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def _knows_shards(connection: AbstractConnection) -> bool:
    """Whether the server has sharded pub/sub: Redis 7 and later, every Valkey."""
    try:
        await connection.send_command("COMMAND", "INFO", "SSUBSCRIBE")
        return bool((await connection.read_response())[0])
    except ResponseError:
        return False
