"""Litestar's own answer: the ChannelsPlugin with its backend in memory, on uvicorn."""

import asyncio
import json
import sys
from typing import Any

import uvloop
from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend

from tests.bench.peers.hosting import hosted
from tests.bench.peers.payload import Payloads
from tests.bench.servers import control


async def main(spec: dict[str, Any]) -> None:
    """Serve until we are killed."""
    count = spec.get("channels", 1)
    channels = ChannelsPlugin(
        MemoryChannelsBackend(),
        channels=[f"board{at}" for at in range(count)],
        create_ws_route_handlers=True,
    )
    payloads = Payloads(spec["bytes"], count)
    port, serving = await hosted(Litestar(plugins=[channels], openapi_config=None))

    def publish() -> None:
        channel, text = payloads.next()
        channels.publish(text, f"board{channel}")

    control.ready(port, await control.listen(publish, lambda: {}))
    await serving


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(sys.argv[1])))
