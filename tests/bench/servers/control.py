"""The wire between a bench's load and its server: one byte asks, beside the sockets under test."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

PUBLISH, TELL = b"p", b"t"


async def listen(publish: Callable[[], None], tell: Callable[[], dict[str, Any]]) -> int:
    """Publish one message for each `p`, tell about ourselves for each `t`; answers the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(4_096):
            for _ in range(asked.count(PUBLISH)):
                publish()
            for _ in range(asked.count(TELL)):
                writer.write(json.dumps(tell()).encode() + b"\n")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return port


def ready(port: int, control: int, **more: int | str) -> None:
    """Tell the bench where we listen; `pid` and `path` where they are not the usual ones."""
    sys.stdout.write(json.dumps({"port": port, "control": control, **more}) + "\n")
    sys.stdout.flush()
