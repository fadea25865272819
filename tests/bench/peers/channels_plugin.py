"""Litestar's own answer: the ChannelsPlugin with its backend in memory, on uvicorn."""

import asyncio
import json
import sys
from typing import Any

import uvicorn
import uvloop
from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend

from tests.bench.peers.payload import Payload
from tests.bench.servers import control


async def main(spec: dict[str, Any]) -> None:
    """Serve until we are killed."""
    channels = ChannelsPlugin(
        MemoryChannelsBackend(), channels=["board"], create_ws_route_handlers=True
    )
    payload = Payload(spec["bytes"])
    app = Litestar(plugins=[channels], openapi_config=None)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="error",
        backlog=4_096,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells no other way
        await asyncio.sleep(0.01)

    def publish() -> None:
        channels.publish(payload.next(), "board")

    listening = await control.listen(publish, lambda: {})
    control.ready(server.servers[0].sockets[0].getsockname()[1], listening)
    await serving


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(sys.argv[1])))
