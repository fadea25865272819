"""One channel of one journal: what happened lately, and who watches."""

from collections import deque
from typing import Literal

import msgspec

from protocols.from_server import SnapshotBegin, SnapshotEnd
from protocols.vocabulary import AggregateId, Sequence
from server.application.images import Change, Images
from server.application.ports import Aggregate, Head
from server.domain.orders.state import Order
from server.realtime.checksum import Checksum
from server.realtime.chunks import Chunks
from server.realtime.connection import Connection
from server.realtime.frame import Entries, Frame, conflate, entry_of, joined
from server.realtime.projection import Projection
from server.realtime.sizes import Sizes
from server.realtime.subscriber import Subscriber
from server.realtime.wire import Encoded

Progress = Literal["sent", "behind", "later"]
"""Of a snapshot: all was sent that the socket takes; its reader must be brought further before the
end; or others have their turn before the next part."""


class Channel:
    """Frames of a projection, pushed to its subscribers.

    `last` is the sequence up to which frames were made; `pending` is what happened since. All
    methods are synchronous: nothing can happen between reading the images and telling a reader.
    """

    def __init__(self, name: str, projection: Projection, images: Images, sizes: Sizes) -> None:
        """Start at the images' head, with nobody watching."""
        self.name = name
        self.kind = name.partition(":")[0]
        self.projection = projection
        self.subscribers: dict[Connection, Subscriber] = {}
        self.closed: Order | None
        self._images = images
        self._sizes = sizes
        self.generation = 0
        self.reset()

    def reset(self) -> None:
        """Start over at the images' head: nothing sent before can be continued."""
        self.last: Sequence = self._images.head.sequence
        self._pending: Entries = {}
        self._ring: deque[Frame] = deque()
        self._ring_ops = 0
        self._chunks: Chunks | None = None
        counted = self.projection.counted
        self._checksum = Checksum(self.projection, self._images) if counted else None
        self._told_checksum = self._checksum.value if self._checksum else 0
        self.closed = None
        self.generation += 1

    def absorb(self, change: Change) -> bool:
        """Take in one row; answers whether the channel shows something of it."""
        after = change.after
        if isinstance(after, Order) and after.id == self.projection.only:
            self.closed = None if after.open else after
        if self._checksum is not None:
            self._checksum.absorb(change)
        entry = entry_of(change, self.projection)
        if entry is not None:
            conflate(self._pending, entry)
        return entry is not None

    def flush(self, *, mark: bool = False) -> None:
        """Make one frame of everything pending and push it. `mark`: even an empty one."""
        head = self._images.head
        if not self._pending and not (mark and self.last < head.sequence):
            return
        frame = self._frame(self.last, head, self._pending)
        self._pending = {}
        self.last = frame.upto
        if self._checksum is not None:
            self._told_checksum = self._checksum.value
        self._keep(frame)
        # One move, step 8 of 8: into every watching socket; other screens apply it
        for subscriber in self.subscribers.values():
            subscriber.push(frame)

    def _keep(self, frame: Frame) -> None:
        """Remember the frame, and as many before it as the sizes allow."""
        self._ring.append(frame)
        self._ring_ops += len(frame.entries)
        while len(self._ring) > self._sizes.ring or self._ring_ops > self._sizes.ring_ops:
            self._ring_ops -= len(self._ring.popleft().entries)

    def follow(self, subscriber: Subscriber) -> bool:
        """Bring a reader to `last` with one frame from the ring; false if it is too far behind."""
        if not self._reaches(subscriber.cursor):
            return False
        frames = [frame for frame in self._ring if frame.upto > subscriber.cursor]
        if not frames:
            subscriber.lagging = False
        elif len(frames) == 1:
            subscriber.take(frames[0])
        else:
            newest = msgspec.structs.replace(
                self._images.head, sequence=frames[-1].upto, nonce=frames[-1].nonce
            )
            subscriber.take(self._frame(subscriber.cursor, newest, joined(frames)))
        return True

    def hand(self, subscriber: Subscriber, entries: Entries) -> None:
        """Bring a reader to the images' head with these ops, made from the journal."""
        subscriber.take(self._frame(subscriber.cursor, self._images.head, entries))

    def knows(self, sequence: Sequence, nonce: int) -> bool:
        """Whether this place is known without asking the journal: the head, or a frame's end."""
        head = self._images.head
        if sequence == head.sequence:
            return nonce == head.nonce
        return any(frame.upto == sequence and frame.nonce == nonce for frame in self._ring)

    def checksum(self, subscriber: Subscriber) -> int | None:
        """The sum over what this reader must hold now; None when it is not kept or not known.

        It is known as of `last`, and beyond while nothing is pending. A reader on its way there,
        or with parts of a snapshot still to come, is asked again with the next ping.
        """
        if self._checksum is None or subscriber.snapshot is not None or subscriber.lagging:
            return None
        beyond = subscriber.cursor > self.last and not self._pending
        return self._told_checksum if beyond or subscriber.cursor == self.last else None

    def begin_snapshot(self, subscriber: Subscriber) -> None:
        """Send a reader everything: shared parts, cut where the ring still reaches."""
        chunks = self._chunks
        if chunks is None or not self._reaches(chunks.sequence):
            self.flush()
            chunks = self._chunks = Chunks(self.name, self.projection, self._images, self._sizes)
        subscriber.begin(chunks, behind=chunks.sequence < self.last)
        begin = SnapshotBegin(
            channel=self.name,
            epoch=self._images.head.epoch,
            sequence=chunks.sequence,
            nonce=chunks.nonce,
            chunks=chunks.count,
        )
        subscriber.connection.write(Encoded(begin))
        preview = chunks.preview()
        if preview is not None:
            subscriber.connection.write(preview)

    def continue_snapshot(self, subscriber: Subscriber) -> Progress:
        """Send parts while the socket takes them, and the end when the cursor passed every cut.

        At most one part is cut: others have their turn before the next one. [FQ]
        """
        chunks, has_cut = subscriber.snapshot, False
        while chunks is not None and subscriber.ready():
            if subscriber.next_chunk < chunks.count:
                # FQ11
                if not chunks.has(subscriber.next_chunk):
                    if has_cut:
                        return "later"
                    has_cut = True
                self._send_part(subscriber, chunks)
            elif subscriber.cursor >= subscriber.newest_cut:
                epoch = self._images.head.epoch
                subscriber.connection.write(Encoded(SnapshotEnd(channel=self.name, epoch=epoch)))
                subscriber.snapshot = chunks = None
            else:
                return "behind"
        return "sent"

    def _send_part(self, subscriber: Subscriber, chunks: Chunks) -> None:
        chunk = chunks.get(subscriber.next_chunk, () if self.closed is None else (self.closed,))
        subscriber.connection.write(chunk.encoded)
        subscriber.newest_cut = max(subscriber.newest_cut, chunk.cut)
        subscriber.next_chunk += 1

    def exists(self) -> bool:
        """Whether there is something to watch: the order or the driver it is about, if any."""
        only, about = self.projection.only, self.projection.about
        if only is None:
            return about is None or self._images.record_of(about) is not None
        found = self.member(AggregateId(only))
        return found is not None and self.projection.shows(found)

    def member(self, aggregate_id: AggregateId) -> Aggregate | None:
        """An aggregate the channel may show, also the closed order it is about."""
        found = self._images.aggregate(aggregate_id)
        if found is None and self.closed is not None:
            return self.closed if AggregateId(self.closed.id) == aggregate_id else None
        return found

    def _reaches(self, sequence: Sequence) -> bool:
        """Whether the ring holds everything after this place."""
        if sequence >= self.last:
            return True
        return bool(self._ring) and self._ring[0].after <= sequence

    def _frame(self, after: Sequence, head: Head, entries: Entries) -> Frame:
        return Frame(self.name, head.epoch, after, head.sequence, head.nonce, entries)
