"""Sessions and servers that damaged frames break, one at a time: X3 must see each of them."""

import asyncio
import os
from collections.abc import Callable

import msgspec
from litestar import Litestar

from server.realtime.effects import Effect
from server.realtime.heartbeat import Now
from server.realtime.session import Session
from server.realtime.socket import Entry
from server.realtime.wire import decode
from tests.experiments.frames import Defects
from tests.support.live_sockets import Served


class Trusting(Session):
    """Takes every frame for a message."""

    def frame(self, payload: bytes, *, binary: bool, now: Now) -> list[Effect]:
        """Decode without a net."""
        return self.receive(decode("msgpack" if binary else "json", payload), now)


class Forgiving(Session):
    """Says nothing to what it does not understand."""

    def frame(self, payload: bytes, *, binary: bool, now: Now) -> list[Effect]:
        """Swallow it."""
        try:
            decode("msgpack" if binary else "json", payload)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return []
        return super().frame(payload, binary=binary, now=now)


class Leaking(Served):
    """Opens a file for every socket, and forgets it."""

    def app(self, entry: Entry) -> Litestar:
        """Leak where the cookie is looked at."""
        real = self.keys.authenticate

        async def leak(kind: object, token: str) -> object:
            os.open(os.devnull, os.O_RDONLY)
            return await real(kind, token)  # type: ignore[arg-type]

        self.keys.authenticate = leak  # type: ignore[assignment, method-assign]
        return super().app(entry)


class Lingering(Served):
    """Starts a task for every socket, and forgets it."""

    def app(self, entry: Entry) -> Litestar:
        """Linger where the cookie is looked at."""
        real, kept = self.keys.authenticate, list[asyncio.Task[None]]()

        async def linger(kind: object, token: str) -> object:
            kept.append(asyncio.create_task(asyncio.sleep(3_600)))
            return await real(kind, token)  # type: ignore[arg-type]

        self.keys.authenticate = linger  # type: ignore[assignment, method-assign]
        return super().app(entry)


class Breaking(Served):
    """Breaks while it looks at a cookie."""

    def app(self, entry: Entry) -> Litestar:
        """Break."""

        async def fall(kind: object, token: str) -> object:
            raise RuntimeError(f"{kind} {token}")

        self.keys.authenticate = fall  # type: ignore[assignment, method-assign]
        return super().app(entry)


SESSIONS: dict[str, tuple[Callable[[], Defects], str]] = {
    "decodes without a net": (lambda: Defects(session=Trusting), "crash: "),
    "says nothing": (lambda: Defects(session=Forgiving), "was answered with"),
}
"""What each bug in a session is, and the words of what must be found."""

SERVERS: dict[str, tuple[Callable[[], Defects], str]] = {
    "leaks files": (lambda: Defects(served=Leaking), "descriptors are left"),
    "leaves tasks": (lambda: Defects(served=Lingering), "tasks are left"),
    "breaks": (lambda: Defects(served=Breaking), "a bug: "),
}
"""What each bug in a server is, and the words of what must be found."""
