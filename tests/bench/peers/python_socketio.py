"""python-socketio on uvicorn, in the manner of its documentation: rooms and `emit`."""

import asyncio
import json
import sys
from typing import Any

import uvloop

from tests.bench.peers.hosting import hosted
from tests.bench.peers.install import PYTHON
from tests.bench.peers.payload import Payloads
from tests.bench.servers import control

PATH = "/socket.io/?EIO=4&transport=websocket&channel="


async def main(spec: dict[str, Any]) -> None:
    """Serve until we are killed."""
    # Last on the path: of what it brings along, our own versions count.
    sys.path.append(str(PYTHON))
    socketio: Any = __import__("socketio")
    server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])

    async def connect(identity: str, environment: dict[str, Any]) -> None:
        channel = environment["QUERY_STRING"].rpartition("channel=")[2]
        await server.enter_room(identity, f"board{channel}")

    server.on("connect", handler=connect)
    payloads = Payloads(spec["bytes"], spec.get("channels", 1))
    waiting: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
    port, serving = await hosted(socketio.ASGIApp(server))
    listening = await control.listen(lambda: waiting.put_nowait(payloads.next()), lambda: {})
    control.ready(port, listening, path=PATH)
    while not serving.done():
        channel, text = await waiting.get()
        await server.emit("m", json.loads(text), room=f"board{channel}")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(sys.argv[1])))
