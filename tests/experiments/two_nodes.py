"""Two nodes as processes on PostgreSQL and Valkey, and a bad road to them."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from server.demo.engines.found import Found
from server.demo.engines.postgres import find_postgres, start_postgres
from server.demo.engines.valkey import Valkey, find_valkey, start_valkey
from tests.support.many_nodes import filled
from tests.support.process import Running, environment, wait_until_ready

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
        output = self._folder / "output.txt"
        with output.open("a") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", "--port", str(self.port)],
                cwd=self._folder,
                env=environment(**self._settings),
                stdout=sink,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self._server = Running(process, f"http://127.0.0.1:{self.port}", output)
        wait_until_ready(self._server)

    @property
    def is_up(self) -> bool:
        """Whether its process lives."""
        return self._server is not None and self._server.process.poll() is None

    def kill(self) -> None:
        """End it without a word."""
        if self._server is not None:
            self._server.process.send_signal(signal.SIGKILL)
            self._server.process.wait()


class Road:
    """A door before the nodes whose connections break whenever it says so."""

    def __init__(self, nodes: list[Node], port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._nodes, self._port = nodes, port
        self._turn = 0
        self._open: set[asyncio.Task[None]] = set()
        self.broken = 0

    async def serve(self) -> asyncio.Server:
        """Begin to carry."""
        return await asyncio.start_server(self._carry, "127.0.0.1", self._port)

    def tear(self, dice: random.Random, share: float) -> None:
        """Cut this share of what is open, whatever is on its way."""
        for task in tuple(self._open):
            if dice.random() < share:
                self.broken += 1
                task.cancel()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            there = await self._dial()
            if there is not None:
                await _both_ways((reader, writer), there)
        except (asyncio.CancelledError, OSError):
            # The cut is abrupt: what was on its way is lost.
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self._nodes:
            self._turn += 1
            node = self._nodes[self._turn % len(self._nodes)]
            if node.is_up:
                with suppress(OSError):
                    return await asyncio.open_connection("127.0.0.1", node.port)
        return None


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _both_ways(here: Ends, there: Ends) -> None:
    try:
        tasks = [
            asyncio.create_task(_pipe(here[0], there[1])),
            asyncio.create_task(_pipe(there[0], here[1])),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        there[1].transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


class Installation:
    """Everything that runs."""

    def __init__(self, nodes: list[Node], road: Road, valkey: Valkey) -> None:
        self.nodes, self.road, self.valkey = nodes, road, valkey


@asynccontextmanager
async def installed() -> AsyncIterator[Installation]:
    """Two nodes over one durable database, filled with the demo's tenants."""
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
        await asyncio.to_thread(filled, folder / "filling", database.url)
        ports = _free_ports(3)
        settings = {
            "KANVOY_DATABASE_URL": database.url,
            "KANVOY_REDIS_URL": bus.url,
            "KANVOY_DATA": str(folder / "shared"),
            "KANVOY_DRAIN_SECONDS": "1",
            "KANVOY_ORIGINS": f"http://127.0.0.1:{ports[2]}",
            "KANVOY_LOG_LEVEL": "warning",
        }
        nodes = [Node(folder / f"node-{at}", port, settings) for at, port in enumerate(ports[:2])]
        for node in nodes:
            stack.callback(node.kill)
            await asyncio.to_thread(node.start)
        road = Road(nodes, ports[2])
        server = await road.serve()
        stack.callback(server.close)
        yield Installation(nodes, road, bus)


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on, all different; below those that connections are given."""
    found: list[int] = []
    start = 20_000 + os.getpid() % 10_000
    for port in range(start, start + 200):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")
