"""Drives a session over real WebSockets, one after the other."""

import asyncio
import contextlib
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin, Subprotocol

from kanvoy_client._wire.closing import Close
from kanvoy_client.codec import SUBPROTOCOLS, Codec, decode, encode
from kanvoy_client.errors import NoAnswer, SignInFailed, Stopped
from kanvoy_client.happenings import Draining, HangUp, Happening, TokenWanted
from kanvoy_client.login import Bearer, Credentials, Renew
from kanvoy_client.reconnect import ABNORMAL, Never
from kanvoy_client.session import Session

_CLOSING = 3.0
"""Seconds for the closing handshake; a dead socket must not hold up the next one."""

_FRAME = 1 << 20
"""Bytes of a frame we accept; the server keeps its own below 256 KiB."""

_REFUSED = {401: Close.UNAUTHENTICATED, 403: Close.ORIGIN}
"""Refusals before the upgrade that mean the same next time."""


class Sockets:
    """Moves frames between a session and its sockets, and owns the waiting."""

    def __init__(
        self,
        address: str,
        credentials: Credentials,
        session: Session,
        *,
        codec: Codec,
        tell: Callable[[Happening], None],
        renew: Renew | None = None,
    ) -> None:
        """Open nothing yet. `tell` hears of everything that happens, in order."""
        self._renew = renew
        self._renewing: asyncio.Task[None] | None = None
        self._is_fresh = False
        self.credentials = credentials
        self._address, self._session, self._codec, self._tell = address, session, codec, tell
        self._work = asyncio.Event()
        self._reconnect_at: float | None = None

    def flush(self) -> None:
        """The session may have something to send."""
        self._work.set()
        self._report()

    async def run(self) -> None:
        """Keep a socket open until the server ends it for good.

        Raises `Stopped` then, and `Violation` when the server talks nonsense. Cancellation says
        goodbye and closes.
        """
        try:
            while True:
                code = await self._one_socket()
                if code == Close.UNAUTHENTICATED and await self._has_renewed():
                    code = Close.TOKEN_EXPIRED
                plan = self._session.lost(code, _now())
                self._report()
                if isinstance(plan, Never):
                    raise Stopped(plan.code)
                await asyncio.sleep(plan.after)
        finally:
            if self._renewing is not None:
                self._renewing.cancel()

    async def _has_renewed(self) -> bool:
        """Whether coming back may help: with another token, or later.

        A token that was renewed and is not welcome either is no token: that is the end.
        """
        if self._renew is None or self._is_fresh:
            return False
        try:
            self.credentials = await self._renew()
        except NoAnswer:
            return True
        except SignInFailed:
            return False
        self._is_fresh = True
        return True

    async def _go_on(self, renew: Renew) -> None:
        """Give the socket that is open a fresh token; without an answer it ends and comes back."""
        with contextlib.suppress(SignInFailed):
            fresh = await renew()
            self.credentials = fresh
            self._session.authenticate(fresh.token)
            self.flush()

    async def _one_socket(self) -> int:
        """One socket from its opening to its end; answers the close code."""
        cookie = None if isinstance(self.credentials, Bearer) else self.credentials
        try:
            socket = await open_socket(
                self._address,
                subprotocols=[Subprotocol(SUBPROTOCOLS[self._codec])],
                # The server deflates large frames itself, once for everybody.
                compression=None,
                additional_headers=self.credentials.headers,
                origin=Origin(cookie.origin) if cookie is not None else None,
                max_size=_FRAME,
                # Pings of the protocol itself carry more than those of WebSocket.
                ping_interval=None,
                close_timeout=_CLOSING,
            )
        except InvalidStatus as refusal:
            return _REFUSED.get(refusal.response.status_code, ABNORMAL)
        except (OSError, InvalidHandshake, TimeoutError):
            return ABNORMAL
        self._reconnect_at = None
        self._is_fresh = False
        self._session.opened(_now())
        try:
            return await self._talk(socket)
        finally:
            await socket.close()

    async def _talk(self, socket: ClientConnection) -> int:
        writer = asyncio.create_task(self._write(socket))
        try:
            while self._reconnect_at is None or _now() < self._reconnect_at:
                self.flush()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience()):
                        self._heard(await socket.recv())
                self._session.tick(_now())
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else ABNORMAL
        except asyncio.CancelledError:
            self._session.leave()
            with contextlib.suppress(ConnectionClosed):
                await self._send(socket)
            raise
        finally:
            writer.cancel()
            # `await writer` would need its CancelledError suppressed, and with it one that is ours.
            await asyncio.wait([writer])
            if not writer.cancelled():
                writer.result()
        return ABNORMAL

    def _heard(self, payload: str | bytes) -> None:
        message = decode(self._codec, payload)
        if message is not None:
            self._session.receive(message, _now())

    async def _write(self, socket: ClientConnection) -> None:
        """Send what the session has to say; the only writer, so that the order holds."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._send(socket)
                await self._work.wait()
                self._work.clear()

    async def _send(self, socket: ClientConnection) -> None:
        for message in self._session.take(_now()):
            await socket.send(encode(self._codec, message))

    def _patience(self) -> float | None:
        """How long to wait for a frame before something else is due."""
        moments = (self._session.due(), self._reconnect_at)
        due = min((moment for moment in moments if moment is not None), default=None)
        return None if due is None else max(0.0, due - _now())

    def _report(self) -> None:
        for happening in self._session.happened():
            if isinstance(happening, HangUp):
                self._reconnect_at = _now()
            elif isinstance(happening, Draining):
                self._reconnect_at = _now() + happening.after
            elif isinstance(happening, TokenWanted) and self._renew is not None:
                self._renewing = asyncio.create_task(self._go_on(self._renew))
            self._tell(happening)


def _now() -> float:
    return asyncio.get_running_loop().time()
