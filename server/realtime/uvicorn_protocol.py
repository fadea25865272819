"""Uvicorn's protocol for sockets, bent to our needs: without a task or a queue each.

This module and `uvicorn_http` alone touch uvicorn's insides. Uvicorn is pinned to a minor version,
and `tests/realtime/test_uvicorn_protocol.py` fails when the parts used here change.
"""

import asyncio
import socket
from typing import TypedDict, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from protocols.closing import Close
from protocols.vocabulary import SessionId, TenantId
from server.realtime.intake import Intake
from server.realtime.limits import FRAME_BYTES, HIGH_WATER, LOW_WATER
from server.realtime.line import (
    CLOSE_SECONDS,
    EXTENSION,
    STUCK_SECONDS,
    Listener,
    patience,
    reason,
)
from server.realtime.uvicorn_http import HttpProtocol
from server.realtime.wire import Codec, Encoded

_KERNEL_BYTES = 64 * 1024

_DEAF_SECONDS = 2.0
"""How long we throw away the rest of a frame that is too large, so that our answer gets through."""


class _StaysOpen:
    """Stands where uvicorn looks for a close timer before it closes what its task leaves open."""

    def cancel(self) -> None:
        """Nothing runs."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that writes shared frames and gives every message to a listener at once.

    Until `adopt` it is uvicorn's own. From then on the ASGI call that accepted it may return: no
    task or wake-up is left per socket. Over ASGI's calls one costs 34 KB when idle and 34 µs per
    frame, this way 15 KB and 10 µs (3,000 sockets, 2026-11).
    """

    deflate = False
    stuck_seconds = STUCK_SECONDS
    close_seconds = CLOSE_SECONDS
    whose = ""
    held = 0
    _intake: Intake | None = None
    _listener: Listener | None = None
    _session_id = SessionId("")
    _codec: Codec = "json"
    _pushed = 0
    _deaf = False
    _stuck: asyncio.TimerHandle | None = None

    async def run_asgi(self) -> None:
        """Hand ourselves to the application, then run it."""
        extensions = cast("dict[str, object]", self.scope["extensions"])
        extensions[EXTENSION] = self
        await super().run_asgi()

    def adopt(
        self,
        listener: Listener,
        session_id: SessionId,
        codec: Codec,
        intake: tuple[Intake, TenantId] | None = None,
    ) -> None:
        """From here on the listener hears everything, frames that came before it included.

        With an intake it hears in turns with the other tenants.
        """
        self._listener = listener
        self._session_id = session_id
        self._codec = codec
        if self.disconnected:
            self.loop.call_soon(listener.lost)
            return
        self.transport.set_write_buffer_limits(high=HIGH_WATER, low=LOW_WATER)
        _keep_little_in_the_kernel(self.transport)
        # The request is over: its headers, scope and answer are a third of a socket's memory.
        del self.scope, self.request, self.response
        # Uvicorn closes the transport when the ASGI call returns, unless a close is under way.
        self.close_timer = cast("asyncio.TimerHandle", _StaysOpen())
        while not self.queue.empty():
            event = self.queue.get_nowait()
            if event["type"] == "websocket.receive":
                text = event.get("text")
                payload = event.get("bytes") or b"" if text is None else text.encode()
                listener.received(payload, binary=text is None)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if intake is not None:
            self._intake, self.whose = intake

    def data_received(self, data: bytes) -> None:
        """Bytes came: in turns with other tenants' once we are adopted."""
        if self._intake is None:
            super().data_received(data)
        else:
            self._intake.came(self, data)

    @property
    def is_gone(self) -> bool:
        """See `Inlet`."""
        return self.disconnected

    def handle(self, data: bytes) -> None:
        """See `Inlet`. Uvicorn reads the frames in it, and gives us whole messages."""
        super().data_received(data)

    def hold(self) -> None:
        """See `Inlet`."""
        self.transport.pause_reading()

    def go_on(self) -> None:
        """See `Inlet`."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    @property
    def session_id(self) -> SessionId:
        """The session this socket belongs to."""
        return self._session_id

    def write(self, message: Encoded) -> None:
        """Write the shared frame; a closed socket swallows it."""
        if self.close_sent or self.transport.is_closing():
            return
        frame = message.frame(self._codec, deflate=self.deflate)
        self._pushed += len(frame)
        self.transport.write(frame)

    def offer(self, message: Encoded, unsent_limit: int) -> bool:
        """Write the shared frame unless much is unsent; a closed socket swallows it.

        The same as `unsent` and `write`, in one call: this is what each of a thousand readers
        costs, and about 1 µs of 15 is saved (2026-11; 64 % of the rest is the kernel's).
        """
        transport = self.transport
        if transport.get_write_buffer_size() > unsent_limit:
            return False
        if not self.close_sent and not transport.is_closing():
            frame = message.frame(self._codec, deflate=self.deflate)
            self._pushed += len(frame)
            transport.write(frame)
        return True

    def unsent(self) -> int:
        """Bytes the kernel has not taken yet."""
        return self.transport.get_write_buffer_size()

    def close(self, code: Close | None) -> None:
        """Close with this code; a client that does not answer within 5 s is cut."""
        if self.close_sent or self.transport.is_closing():
            return
        self.close_sent = True
        number, word = reason(code)
        self.transport.write(self._close_frame(number, word))
        if self._deaf and self.transport.can_write_eof():
            # Closing with unread bytes would reset the connection and take our answer with it.
            self.transport.write_eof()
        seconds = _DEAF_SECONDS if self._deaf else min(self.close_seconds, patience(code))
        self.close_timer = self.loop.call_later(seconds, self.transport.abort)

    def abort(self) -> None:
        """Cut the socket at once."""
        self.transport.abort()

    def send_receive_event_to_app(self) -> None:
        """Give a whole message to the listener, past the ASGI queue."""
        if self._listener is None:
            super().send_receive_event_to_app()
            return
        payload = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if not self.close_sent:
            self._listener.received(payload, binary=self.curr_msg_data_type == "bytes")

    def handle_parser_exception(self) -> None:
        """Answer a frame that is too large in our own words; the rest is uvicorn's."""
        if self._listener is None or not isinstance(self.conn.parser_exc, PayloadTooBig):
            super().handle_parser_exception()
            return
        # Drops the 1009 that the parser has prepared, and what still arrives of the frame.
        self.conn.data_to_send()
        if not self._deaf:
            self._deaf = True
            self._listener.oversized()

    def pause_writing(self) -> None:
        """Much is unsent: look again later whether the network took anything."""
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        """Little is unsent again."""
        super().resume_writing()
        self._stop_looking()
        if self._listener is not None:
            self._listener.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """Everything ends here, whoever ended it."""
        super().connection_lost(exc)
        self._stop_looking()
        if self._listener is not None:
            self._listener.lost()

    def shutdown(self) -> None:
        """The server stops and did not drain us before."""
        if self._listener is None:
            super().shutdown()
        else:
            self.close(Close.DRAIN)

    def _look_again(self) -> None:
        taken = self._taken()
        self._stuck = self.loop.call_later(self.stuck_seconds, self._judge, taken)

    def _judge(self, taken_before: int) -> None:
        # LV3: a close frame would only join the queue nobody reads, so the code stays with us.
        if self._taken() <= taken_before:
            self.transport.abort()
        else:
            self._look_again()

    def _stop_looking(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _taken(self) -> int:
        return self._pushed - self.transport.get_write_buffer_size()

    def _close_frame(self, number: int, word: str) -> bytes:
        if self.conn.state is State.OPEN:
            self.conn.send_close(number, word)
            return b"".join(self.conn.data_to_send())
        return Frame(Opcode.CLOSE, CloseFrame(number, word).serialize()).serialize(mask=False)


def _keep_little_in_the_kernel(transport: asyncio.Transport) -> None:
    """Have the kernel hold at most 64 KiB that it has not sent.

    Otherwise it takes 3.7 MB for a client that does not read (Linux 6.18, 2026-11): frames that
    are stale when they arrive, while we see nothing unsent. Only TCP on some systems knows it.
    """
    sock = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
        sock.setsockopt(socket.IPPROTO_TCP, option, _KERNEL_BYTES)


class Options(TypedDict):
    """What `uvicorn.Config` must be given for our protocols to hold their promises."""

    http: type[asyncio.Protocol]
    ws: type[asyncio.Protocol]
    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: None


def uvicorn_options() -> Options:
    """Options for `uvicorn.Config(app, **uvicorn_options())`.

    Deflate per message costs 40 µs and 46 KB per socket; we deflate once and share. Uvicorn's
    pings would be a second heartbeat beside the session's.
    """
    return Options(
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )
