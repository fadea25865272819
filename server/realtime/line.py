"""A socket as its session's performer sees it, and what it tells back."""

from typing import Protocol

from protocols.closing import Close
from protocols.vocabulary import SessionId, TenantId
from server.realtime.connection import Connection
from server.realtime.intake import Intake
from server.realtime.wire import Codec

EXTENSION = "kanvoy.socket"
"""Where in the ASGI scope's extensions a server that knows us offers the socket itself."""

STUCK_SECONDS = 30.0
"""A socket that takes nothing for so long is cut; a tunnel or a lift is shorter."""

CLOSE_SECONDS = 5.0
"""How long the other side may take to answer a close."""

STRANGER_SECONDS = 0.5
"""The same for one that never said `hello`: it holds nothing that a lost goodbye could hurt."""

NORMAL_CLOSURE = 1000


class Listener(Protocol):
    """Hears what happens on a line. Called on the event loop, in order, and never fails."""

    def received(self, payload: bytes, *, binary: bool) -> None:
        """A whole message came in."""

    def oversized(self) -> None:
        """A message came in that is too large to be taken at all; none follows."""

    def drained(self) -> None:
        """Much was unsent, and little is now."""

    def lost(self) -> None:
        """The line is gone; called once, and nothing after it."""


class Line(Connection, Protocol):
    """A connection that can also be ended, softly or at once."""

    deflate: bool
    """Whether the client understands deflated frames."""

    def close(self, code: Close | None) -> None:
        """Close with this code, None for the normal one; what was written before still goes out."""

    def abort(self) -> None:
        """Cut the line at once; what is unsent never goes out."""


class Adoptable(Line, Protocol):
    """A line the server hands to the application; it outlives the call that accepted it."""

    def adopt(
        self,
        listener: Listener,
        session_id: SessionId,
        codec: Codec,
        intake: tuple[Intake, TenantId] | None = None,
    ) -> None:
        """From here on the listener hears everything, frames that came before it included.

        Through the intake, it hears in turns with the sockets of other tenants.
        """


def reason(code: Close | None) -> tuple[int, str]:
    """A close code with the word that people find in their browser's console."""
    return (NORMAL_CLOSURE, "") if code is None else (int(code), code.name.lower())


def patience(code: Close | None) -> float:
    """Seconds that the other side has to answer a close, before it is cut."""
    # LV8
    return STRANGER_SECONDS if code is Close.HELLO_TIMEOUT else CLOSE_SECONDS
