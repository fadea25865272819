"""Readers that want the whole board, one after the other."""

import asyncio
from typing import Any

from tests.bench.load.sockets import ENDED, Socket, client_id, dial, hello, inflated, now
from tests.bench.processes import cpu_seconds


class Reader:
    """One reader from `hello` to the end of its snapshot."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.first: float | None = None
        self.frames: list[bytes] = []
        self.whole = asyncio.Event()

    def taken(self, _socket: Socket, payload: bytes) -> None:
        """A frame came."""
        self.frames.append(payload)
        if self.first is None and (len(payload) > 10_000 or b'"snapshot_chunk"' in payload):
            self.first = now()
        if payload.startswith(ENDED):
            self.whole.set()


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Read the board as often as asked."""
    return {"readers": [await _read(spec["target"], at) for at in range(spec["readers"])]}


async def _read(target: dict[str, int], at: int) -> dict[str, Any]:
    reader = Reader()
    socket = await dial(target, at, reader.taken, 0)
    begun, start = cpu_seconds(target["pid"]), now()
    socket.say(hello(client_id(at), deflate=True))
    await asyncio.wait_for(reader.whole.wait(), 120)
    elapsed = now() - start
    await asyncio.sleep(0.1)
    spent = cpu_seconds(target["pid"]) - begun
    texts = [inflated(frame) for frame in reader.frames]
    parts = [text for text in texts if text.startswith(b'{"type":"snapshot_chunk"')]
    wholes = [part for part in parts if b'"preview":true' not in part]
    socket.transport.disconnect()
    return {
        "cpu": spent,
        "bytes": sum(len(frame) for frame in reader.frames),
        "json_bytes": sum(len(text) for text in texts),
        "first_screen": (reader.first or now()) - start,
        "elapsed": elapsed,
        "parts": len(wholes),
        "items": sum(part.count(b'"op":"put"') for part in wholes),
        "preview_bytes": sum(
            len(frame)
            for frame, text in zip(reader.frames, texts, strict=True)
            if b'"preview":true' in text
        ),
    }
