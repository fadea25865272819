"""Two nodes as processes on PostgreSQL and Valkey, all of which can be killed; a road to them."""

import asyncio
import json
import random
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from server.demo.engines.found import Found
from server.demo.engines.postgres import find_postgres
from server.demo.engines.valkey import find_valkey
from tests.experiments.road import Road
from tests.support.many_nodes import filled
from tests.support.mortal import MortalPostgres, MortalValkey
from tests.support.process import Running, free_port, launch, wait_until_ready

_PATIENCE = 240.0
"""Seconds that a node may take to come back, its database being away for some of them."""

_WRONG = ("error", "critical")


class Node:
    """A node that can be killed and started again at the same place."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str]) -> None:
        self.port = port
        self.name = folder.name
        self.faults: list[str] = []
        """What its log called a bug, in all its lives."""
        self._folder, self._settings = folder, settings
        self._server: Running | None = None

    @property
    def is_up(self) -> bool:
        """Whether it was started and not killed since."""
        return self._server is not None

    @property
    def has_died(self) -> bool:
        """Whether it ended although nobody killed it."""
        return self._server is not None and self._server.process.poll() is not None

    def start(self) -> None:
        """Start it; it is ready when this returns.

        One that starts while its database is away says so and ends; whoever runs it starts it
        again (docs/operations), and so do we.
        """
        self._folder.mkdir(exist_ok=True)
        until = time.monotonic() + _PATIENCE
        while self._server is None:
            server = launch("serve", folder=self._folder, port=self.port, **self._settings)
            try:
                wait_until_ready(server)
            except AssertionError:
                server.process.kill()
                server.process.wait()
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                self._server = server

    def kill(self) -> None:
        """End it without a word."""
        if self._server is not None:
            self._server.process.kill()
            self._server.process.wait()
            self._note(self._server)
            self._server = None

    def _note(self, server: Running) -> None:
        for line in server.output.read_text(errors="replace").splitlines():
            if fault := fault_in(line):
                self.faults.append(f"{self.name}: {fault}")


def fault_in(line: str) -> str:
    """What a line of the log says of a bug; nothing when it says of none."""
    if line.startswith("Traceback"):
        return line
    try:
        said = json.loads(line)
    except ValueError:
        return ""
    return line if isinstance(said, dict) and said.get("level") in _WRONG else ""


class Installation:
    """Everything that runs."""

    def __init__(
        self,
        address: str,
        nodes: list[Node],
        road: Road,
        engines: tuple[MortalPostgres, MortalValkey],
    ) -> None:
        self.address, self.nodes, self.road = address, nodes, road
        self.postgres, self.valkey = engines


Fill = Callable[[Path, str], None]
"""Writes tenants into the empty database of this address; the folder is for whatever it needs."""


@asynccontextmanager
async def installed(
    fill: Fill = filled, *, seed: int = 0, lost: float = 0.0
) -> AsyncIterator[Installation]:
    """Two nodes over one durable database, filled with the demo's tenants unless told otherwise.

    The road loses this share of the verdicts, which ones the seed says.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kanvoy-nodes-")))
        postgres, valkey = await asyncio.to_thread(_engines, stack)
        database = await asyncio.to_thread(postgres.databases.create)
        await asyncio.to_thread(fill, folder / "filling", database.url)
        door = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        ports = [free_port(), free_port()]
        settings = {
            "KANVOY_DATABASE_URL": database.url,
            "KANVOY_REDIS_URL": valkey.valkey.url,
            "KANVOY_DATA": str(folder / "shared"),
            "KANVOY_DRAIN_SECONDS": "1",
            "KANVOY_ORIGINS": address,
            "KANVOY_LOG_LEVEL": "warning",
            "KANVOY_LOG_FORMAT": "json",
        }
        nodes = [Node(folder / f"node-{at}", port, settings) for at, port in enumerate(ports)]
        for node in nodes:
            stack.callback(node.kill)
        await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
        road = Road(ports, random.Random(seed), lost)
        await road.open([door])
        stack.push_async_callback(road.close)
        yield Installation(address, nodes, road, (postgres, valkey))


def _engines(stack: AsyncExitStack) -> tuple[MortalPostgres, MortalValkey]:
    postgres, valkey = find_postgres(), find_valkey()
    assert isinstance(postgres, Found), postgres
    assert isinstance(valkey, Found), valkey
    database_server, bus = MortalPostgres(postgres), MortalValkey(valkey)
    stack.callback(database_server.close)
    stack.callback(bus.close)
    database_server.found()
    bus.start()
    return database_server, bus
