"""An ASGI peer on uvicorn, as its documentation recommends for speed."""

import asyncio
from typing import Any

import uvicorn


async def hosted(app: Any) -> tuple[int, "asyncio.Task[None]"]:
    """Serve on a free port; answers it and the task that ends with the server."""
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
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port, serving
