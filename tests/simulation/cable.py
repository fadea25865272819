"""Both ends of one connection: bytes go down when the client takes them, up at once."""

import asyncio
from typing import TYPE_CHECKING

from protocols.closing import Close
from protocols.vocabulary import SessionId
from server.realtime.connection import Offering
from server.realtime.line import Listener, reason
from server.realtime.wire import Codec, Encoded

if TYPE_CHECKING:
    from tests.simulation.process import Process

UNSENT = 2_000
"""Bytes from which on a feed stops pushing: some frames of a few cards."""

_HIGH_WATER = 1_500
_LOW_WATER = 500
"""As with a real line: told once that little is unsent, after much was."""

LOST = 1006


class Cable(Offering):
    """The server's side is a `Line`; the client's takes frames with `take`."""

    def __init__(self, process: "Process", session_id: str, codec: Codec) -> None:
        """Open it to this process."""
        self.process = process
        self.session_id = SessionId(session_id)
        self.codec = codec
        self.deflate = False
        self.open = True
        self.code = LOST
        self._down: list[bytes | str] = []
        self._unsent = 0
        self._was_high = False
        self._listener: Listener | None = None
        self._taker: asyncio.Future[None] | None = None

    def connect(self, listener: Listener) -> None:
        """From here on this one hears what the client says."""
        self._listener = listener

    # --- the server's end ---

    def write(self, message: Encoded) -> None:
        """Queue the bytes for the client."""
        if self.open:
            payload, binary = message.payload(self.codec, deflate=self.deflate)
            self._down.append(payload if binary else payload.decode())
            self._unsent += len(payload)
            self._was_high = self._was_high or self._unsent > _HIGH_WATER
            self._stir()

    def unsent(self) -> int:
        """Bytes the client has not taken."""
        return self._unsent

    def close(self, code: Close | None) -> None:
        """The server hangs up; what it wrote before still arrives."""
        if self.open:
            self.open = False
            self.code, _ = reason(code)
            self._lose()

    def abort(self) -> None:
        """The server cuts the cable: nothing more arrives."""
        self.cut()

    # --- the client's end ---

    def hear(self, payload: bytes) -> None:
        """The client says something."""
        if self.open and self._listener is not None and not self.process.dead:
            self._listener.received(payload, binary=self.codec == "msgpack")

    async def something(self, most: float) -> None:
        """Return when there is something to take, or the end; after so many seconds at most."""
        if self._down or not self.open:
            return
        loop = asyncio.get_running_loop()
        self._taker = loop.create_future()
        timer = loop.call_later(most, self._stir)
        try:
            await self._taker
        finally:
            timer.cancel()

    def take(self, most: int) -> list[bytes | str]:
        """The client takes some frames; the server hears when little is left of much."""
        taken, self._down = self._down[:most], self._down[most:]
        self._unsent -= sum(map(len, taken))
        return taken

    def drain(self) -> None:
        """Tell the server that there is room again, if there was none."""
        if self._was_high and self._unsent < _LOW_WATER and self.open:
            self._was_high = False
            if self._listener is not None and not self.process.dead:
                self._listener.drained()

    @property
    def ended(self) -> bool:
        """Whether nothing will ever arrive any more."""
        return not self.open and not self._down

    def cut(self) -> None:
        """The connection breaks: what was on its way is lost in both directions."""
        self._down.clear()
        self._unsent = 0
        if self.open:
            self.open = False
            self._lose()

    def _lose(self) -> None:
        self._stir()
        listener, self._listener = self._listener, None
        self.process.cables.pop(self, None)
        if listener is not None and not self.process.dead:
            listener.lost()

    def _stir(self) -> None:
        taker, self._taker = self._taker, None
        if taker is not None and not taker.done():
            taker.set_result(None)
