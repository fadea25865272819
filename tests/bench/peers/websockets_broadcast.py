"""A hub on the `websockets` library: a set of connections per channel and `broadcast`."""

import asyncio
import json
import sys
from typing import Any

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tests.bench.peers.payload import Payloads
from tests.bench.servers import control


async def main(spec: dict[str, Any]) -> None:
    """Serve until we are killed."""
    count = spec.get("channels", 1)
    rooms: list[set[ServerConnection]] = [set() for _ in range(count)]
    payloads = Payloads(spec["bytes"], count)

    async def hold(connection: ServerConnection) -> None:
        assert connection.request is not None
        room = rooms[int(connection.request.path.removeprefix("/board"))]
        room.add(connection)
        await connection.wait_closed()
        room.discard(connection)

    def publish() -> None:
        channel, text = payloads.next()
        broadcast(rooms[channel], text)

    async with serve(hold, "127.0.0.1", 0, compression=None, backlog=4_096) as server:
        port = server.sockets[0].getsockname()[1]
        control.ready(port, await control.listen(publish, lambda: {}))
        await server.serve_forever()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    loop = uvloop.new_event_loop if given.get("uvloop") else None
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main(given))
