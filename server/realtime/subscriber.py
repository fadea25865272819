"""One socket's interest in one channel: a cursor, never a queue."""

from protocols.vocabulary import Sequence
from server.realtime.chunks import Chunks
from server.realtime.connection import Connection
from server.realtime.frame import Frame


class Subscriber:
    """Where a socket stands in a channel.

    `cursor` is the sequence up to which frames were handed to the socket. `lagging` means frames
    were skipped since; one conflated frame will follow when the socket has drained. While
    `snapshot` is there its parts are on their way; `newest_cut` is the newest place any sent part
    was cut at, and the end may only be sent when the cursor has passed it. `has_turn` says that the
    next part is drawn in a turn of the loop to come.
    """

    __slots__ = (
        "connection",
        "cursor",
        "has_turn",
        "lagging",
        "newest_cut",
        "next_chunk",
        "snapshot",
        "unsent_limit",
    )

    def __init__(self, connection: Connection, unsent_limit: int) -> None:
        """Gets nothing before `begin` or `resume`; from `unsent_limit` bytes on it is behind."""
        self.connection = connection
        self.unsent_limit = unsent_limit
        self.cursor = Sequence(0)
        # A frame before the snapshot's begin would not fit what the reader still shows.
        self.lagging = True
        self.has_turn = False
        self.snapshot: Chunks | None = None
        self.next_chunk = 0
        self.newest_cut = Sequence(0)

    def push(self, frame: Frame) -> None:
        """Hand over the next frame, unless the socket is behind: then only its cursor is kept."""
        if self.lagging:
            return
        if frame.upto <= self.cursor:
            # Already there, by its own way; a full socket is lagging all the same.
            self.lagging = not self.ready()
        elif self.connection.offer(frame.encoded, self.unsent_limit):
            self.cursor = frame.upto
        else:
            self.lagging = True

    def ready(self) -> bool:
        """Whether the socket can take more."""
        return self.connection.unsent() <= self.unsent_limit

    def take(self, frame: Frame) -> None:
        """Hand over a frame that brings the reader up to it, however far behind it was."""
        self.connection.write(frame.encoded)
        self.cursor = frame.upto
        self.lagging = False

    def begin(self, snapshot: Chunks, *, behind: bool) -> None:
        """Start over from these parts, all cut where they say or later."""
        self.snapshot = snapshot
        self.next_chunk = 0
        self.newest_cut = self.cursor = snapshot.sequence
        self.lagging = behind

    def resume(self, cursor: Sequence, *, behind: bool) -> None:
        """Stand here and wait for the next frame."""
        self.snapshot = None
        self.cursor = cursor
        self.lagging = behind
