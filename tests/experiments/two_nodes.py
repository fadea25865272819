"""Two nodes as processes on PostgreSQL and Valkey, and a bad road to them."""

import asyncio
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from server.demo.engines.found import Found
from server.demo.engines.postgres import find_postgres, start_postgres
from server.demo.engines.valkey import Valkey, find_valkey, start_valkey
from server.demo.proxy import Door
from tests.support.many_nodes import filled
from tests.support.process import Running, free_port, launch, wait_until_ready

_DURABLE = (
    "listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on",
    "max_connections=100", "shared_buffers=32MB",
)  # fmt: skip


class Node:
    """A node that can be killed and started again at the same place."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str]) -> None:
        self.port = port
        self._folder, self._settings = folder, settings
        self._server: Running | None = None

    def start(self) -> None:
        """Start it; it is ready when this returns."""
        self._folder.mkdir(exist_ok=True)
        self._server = launch("serve", folder=self._folder, port=self.port, **self._settings)
        wait_until_ready(self._server)

    @property
    def is_up(self) -> bool:
        """Whether its process lives."""
        return self._server is not None and self._server.process.poll() is None

    def kill(self) -> None:
        """End it without a word."""
        if self._server is not None:
            self._server.process.kill()
            self._server.process.wait()


class Road(Door):
    """A door whose connections break whenever it is told."""

    def tear(self, dice: random.Random, share: float) -> None:
        """Cut this share of what is open, whatever is on its way."""
        for task in tuple(self._passing):
            if dice.random() < share:
                task.cancel()


class Installation:
    """Everything that runs."""

    def __init__(self, nodes: list[Node], road: Road, address: str, valkey: Valkey) -> None:
        self.nodes, self.road, self.address, self.valkey = nodes, road, address, valkey


Fill = Callable[[Path, str], None]
"""Writes tenants into the empty database of this address; the folder is for whatever it needs."""


@asynccontextmanager
async def installed(fill: Fill = filled) -> AsyncIterator[Installation]:
    """Two nodes over one durable database, filled with the demo's tenants unless told otherwise."""
    postgres, valkey = find_postgres(), find_valkey()
    assert isinstance(postgres, Found), postgres
    assert isinstance(valkey, Found), valkey
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kanvoy-nodes-")))
        database_server = start_postgres(postgres, _DURABLE)
        stack.callback(database_server.close)
        bus = start_valkey(valkey)
        stack.callback(bus.close)
        database = database_server.databases.create()
        await asyncio.to_thread(fill, folder / "filling", database.url)
        door = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        ports = [free_port(), free_port()]
        settings = {
            "KANVOY_DATABASE_URL": database.url,
            "KANVOY_REDIS_URL": bus.url,
            "KANVOY_DATA": str(folder / "shared"),
            "KANVOY_DRAIN_SECONDS": "1",
            "KANVOY_ORIGINS": address,
            "KANVOY_LOG_LEVEL": "warning",
        }
        nodes = [Node(folder / f"node-{at}", port, settings) for at, port in enumerate(ports)]
        for node in nodes:
            stack.callback(node.kill)
            await asyncio.to_thread(node.start)
        road = Road(ports)
        await road.open([door])
        stack.push_async_callback(road.close)
        yield Installation(nodes, road, address, bus)
