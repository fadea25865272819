"""What the hub needs of a socket: write, how much is unsent, close."""

from typing import Protocol

from protocols.closing import Close
from protocols.vocabulary import SessionId
from server.realtime.wire import Encoded


class Connection(Protocol):
    """One client's socket as the feed sees it. All calls are synchronous and never fail."""

    @property
    def session_id(self) -> SessionId:
        """The session this socket belongs to."""

    def write(self, message: Encoded) -> None:
        """Hand the message to the socket; a closed socket swallows it."""

    def offer(self, message: Encoded, unsent_limit: int) -> bool:
        """Write the message unless more than so many bytes are unsent; whether it was taken.

        The one call per reader and frame: a closed socket takes everything and swallows it.
        """

    def unsent(self) -> int:
        """Bytes handed over but not yet taken by the network."""

    def close(self, code: Close) -> None:
        """Close the socket with this code; later writes are swallowed."""


class Offering:
    """`offer` out of `unsent` and `write`, for connections where two calls cost nothing."""

    def offer(self: Connection, message: Encoded, unsent_limit: int) -> bool:
        """See `Connection`."""
        if self.unsent() > unsent_limit:
            return False
        self.write(message)
        return True
