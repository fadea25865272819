"""A hub on the `websockets` library: a set of connections and `broadcast`."""

import asyncio
import json
import sys
from typing import Any

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tests.bench.peers.payload import Payload
from tests.bench.servers import control


async def main(spec: dict[str, Any]) -> None:
    """Serve until we are killed."""
    connections: set[ServerConnection] = set()
    payload = Payload(spec["bytes"])

    async def hold(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.wait_closed()

    def publish() -> None:
        broadcast(connections, payload.next())

    async with serve(hold, "127.0.0.1", 0, compression=None, backlog=4_096) as server:
        port = server.sockets[0].getsockname()[1]
        control.ready(port, await control.listen(publish, lambda: {}))
        await server.serve_forever()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    loop = uvloop.new_event_loop if given.get("uvloop") else None
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main(given))
