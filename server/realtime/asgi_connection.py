"""A socket on any ASGI server: one queue and two tasks, where uvicorn needs neither."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar.exceptions import WebSocketDisconnect

from protocols.closing import Close
from protocols.vocabulary import SessionId
from server.realtime.connection import Offering
from server.realtime.limits import HIGH_WATER, LOW_WATER
from server.realtime.line import STUCK_SECONDS, Listener, patience, reason
from server.realtime.wire import Codec, Encoded

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Any], Awaitable[None]]


class AsgiConnection(Offering):
    """A line over ASGI's `receive` and `send`.

    Behaves as the uvicorn one does, but costs three times the CPU per frame and counts as unsent
    only what `send` has not taken: the server's own buffer is out of sight.
    """

    deflate = False

    def __init__(self, receive: Receive, send: Send, session_id: SessionId, codec: Codec) -> None:
        """Speak over these two calls; the socket must be accepted already."""
        self.session_id = session_id
        self._receive = receive
        self._send = send
        self._codec = codec
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._unsent = 0
        self._was_high = False
        self._closed: Close | bool | None = False
        self._more = asyncio.Event()
        self._cut = asyncio.Event()

    def write(self, message: Encoded) -> None:
        """Queue the shared payload; a closed socket swallows it."""
        if self._closed is not False or self._cut.is_set():
            return
        payload, binary = message.payload(self._codec, deflate=self.deflate)
        self._waiting.append((payload, binary))
        self._unsent += len(payload)
        self._was_high = self._was_high or self._unsent > HIGH_WATER
        self._more.set()

    def unsent(self) -> int:
        """Bytes the server has not taken yet."""
        return self._unsent

    def close(self, code: Close | None) -> None:
        """Close after what is queued; a client that does not answer within 5 s is cut."""
        if self._closed is False:
            self._closed = code
            self._more.set()

    def abort(self) -> None:
        """Leave the socket to the server, which cuts it when our call returns."""
        self._cut.set()

    async def run(self, listener: Listener) -> None:
        """Carry frames both ways until the line is lost.

        Cancellation: the listener hears that the line is lost, as with any other end.
        """
        tasks = [
            asyncio.create_task(self._pump_in(listener)),
            asyncio.create_task(self._pump_out(listener)),
            asyncio.create_task(self._wait_for_cut()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._cut.set()
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            listener.lost()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _pump_in(self, listener: Listener) -> None:
        while True:
            event = await self._receive()
            if event["type"] != "websocket.receive":
                return
            if self._closed is not False:
                continue
            text = event.get("text")
            payload = event["bytes"] if text is None else text.encode()
            listener.received(payload, binary=text is None)

    async def _pump_out(self, listener: Listener) -> None:
        try:
            # LV3
            while await self._next():
                async with asyncio.timeout(STUCK_SECONDS):
                    await self._send_one()
                if self._was_high and self._unsent < LOW_WATER:
                    self._was_high = False
                    listener.drained()
            await self._say_goodbye()
        except (OSError, TimeoutError, WebSocketDisconnect):
            # The client went away, or takes nothing: the same end.
            return

    async def _next(self) -> bool:
        """Wait for something to send; false when only the close is left."""
        while not self._waiting:
            if self._closed is not False:
                return False
            self._more.clear()
            await self._more.wait()
        return True

    async def _send_one(self) -> None:
        payload, binary = self._waiting.popleft()
        if binary:
            await self._send({"type": "websocket.send", "bytes": payload, "text": None})
        else:
            await self._send({"type": "websocket.send", "bytes": None, "text": payload.decode()})
        self._unsent -= len(payload)

    async def _say_goodbye(self) -> None:
        assert not isinstance(self._closed, bool)
        number, word = reason(self._closed)
        await self._send({"type": "websocket.close", "code": number, "reason": word})
        # The other pump ends when the client has answered the close.
        await asyncio.sleep(patience(self._closed))

    async def _wait_for_cut(self) -> None:
        await self._cut.wait()
