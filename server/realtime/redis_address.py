"""Where Valkey is: the address an operator gave, and the other servers of its cluster."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec
from redis.asyncio.connection import AbstractConnection, Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS = 2.0

Connect = Callable[[], AbstractAsyncContextManager[AbstractConnection]]


class Server(msgspec.Struct, frozen=True):
    """One server; without a host the one that the operator named."""

    host: str = ""
    port: int = 0


HOME = Server()


class RedisAddress:
    """Makes connections, all with the operator's credentials and options. None is opened here."""

    def __init__(self, url: str) -> None:
        """Read `redis://`, `rediss://` or `unix://`; raises `ValueError` for anything else."""
        pool = ConnectionPool.from_url(
            url,
            # One protocol for all servers; subscriptions have connections of their own anyway.
            protocol=2,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self._kind: type[AbstractConnection] = pool.connection_class
        self._options: dict[str, Any] = pool.connection_kwargs

    @property
    def database(self) -> int:
        """The number of the database. Pub/sub knows no databases, so it goes into the names."""
        return int(self._options.get("db") or 0)

    @asynccontextmanager
    async def connected(self, server: Server) -> AsyncIterator[AbstractConnection]:
        """A connection to a server; raises `OSError` or `RedisError` when it cannot be reached."""
        options = self._options
        if server.host and issubclass(self._kind, Connection):
            options = {**options, "host": server.host, "port": server.port}
        connection = self._kind(**options)
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            yield connection
        finally:
            await connection.disconnect(nowait=True)
