"""One journal's channels on this node: routing rows to channels, and readers to their place."""

from collections.abc import Callable
from collections.abc import Sequence as Series

from protocols.from_server import Resync, Subscribed, Unsubscribed
from protocols.vocabulary import AggregateId, AggregateKind, Sequence, Version
from server.application.images import Change
from server.application.journal import Journal
from server.application.ports import Head
from server.domain.orders.state import Order
from server.realtime.channel import Channel
from server.realtime.connection import Connection
from server.realtime.cursor import parse
from server.realtime.frame import Entries, Entry
from server.realtime.projection import projection
from server.realtime.resuming import Resuming
from server.realtime.sizes import Sizes
from server.realtime.subscriber import Subscriber
from server.realtime.wire import Encoded

Schedule = Callable[[float, Callable[[], None]], None]
"""Call back once after so many seconds; 0 is as soon as the current callbacks are done."""

DEFAULT_SIZES = Sizes()

_TICK_PER_READER = 40e-6
"""Seconds of a busy channel's tick per reader. A frame costs about 8 µs for each (2026-11), so the
frames of one channel take a fifth of a core at most, however many readers and changes there are;
one frame of ten deltas costs what one delta costs."""

_SHORTEST_TICK, _LONGEST_TICK = 0.005, 0.040
"""Shorter than a screen's frame helps nobody; longer could be seen."""

_DISPLAY_TICK = 0.25
"""The same for displays, which nobody steers by."""

_ROUNDS = 5
"""Journal reads to bring one reader up before it gets a snapshot instead."""

_UNWATCHED_SECONDS = 600.0
"""How long a channel nobody watches is kept, so that a reload of the page resumes from the ring."""

_MOST_UNWATCHED = 64
"""How many such channels are kept: somebody who leafs through orders must not fill the memory."""

_MOST_ALIKE = 34
"""Channels that are asked about the same rows: the two boards and 32 displays."""


class Feed:
    """The channels of one journal.

    Rows are routed by equality on their membership keys; there is never a loop of predicates over
    sockets. A channel that was quiet flushes at once, a busy one once per tick.
    """

    channel_type = Channel
    subscriber_type = Subscriber
    resuming_type = Resuming

    def __init__(self, journal: Journal, schedule: Schedule, sizes: Sizes = DEFAULT_SIZES) -> None:
        """Follow this journal."""
        self._sizes = sizes
        self._journal = journal
        self._schedule = schedule
        self._resuming = self.resuming_type(journal)
        self._channels: dict[str, Channel] = {}
        self._by_key: dict[str, dict[str, Channel]] = {}
        self._flushed: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._unwatched: dict[str, float] = {}
        journal.listen(self)

    def __len__(self) -> int:
        """How many channels it follows the journal for."""
        return len(self._channels)

    # One move, step 7 of 8 → server/realtime/channel.py
    def applied(self, changes: Series[Change]) -> None:
        """Turn committed rows into ops of the channels they concern, and have those flushed."""
        for change in changes:
            for key in change.row.keys:
                for channel in self._by_key.get(key, {}).values():
                    if channel.absorb(change):
                        self._have_flushed(channel)

    def reset(self) -> None:
        """The history changed: every reader starts over from a snapshot.

        Whoever looks at an order that is closed there, or never was, is told that it is gone: it
        is not in memory, and nobody can be kept waiting for it here.
        """
        for channel in tuple(self._channels.values()):
            channel.reset()
            if not channel.exists():
                self._end(channel)
                continue
            for subscriber in channel.subscribers.values():
                self._start_over(channel, subscriber, Resync(channel=channel.name, cause="fork"))

    async def subscribe(self, connection: Connection, name: str, cursor: str | None) -> bool:
        """Watch a channel, from the cursor on if it can be continued, else from a snapshot.

        Answers false for a name that is no channel, or of an order that is not there. Ordering:
        the reader is attached in the same step in which its place is settled, so no row can fall
        between.
        """
        channel = self._channel(name)
        if channel is None:
            return False
        self._unwatched.pop(name, None)
        try:
            return await self._attach(channel, connection, cursor)
        finally:
            self._keep_a_while(channel)

    async def _attach(self, channel: Channel, connection: Connection, cursor: str | None) -> bool:
        generation, name = channel.generation, channel.name
        await self._load_closed(channel)
        if not channel.exists():
            channel.subscribers.pop(connection, None)
            return False
        where = parse(cursor)
        await self._resuming.reach(channel, where)
        cause = None if where is None else await self._resuming.obstacle(channel, where)
        if self._channels.get(name) is not channel or channel.generation != generation:
            # Dropped or reset while we looked: what we found holds no more.
            return await self.subscribe(connection, name, cursor)
        subscriber = self.subscriber_type(connection, self._sizes.unsent)
        channel.subscribers[connection] = subscriber
        if where is None or cause is not None:
            seen = self._head.sequence if where is None else where.sequence
            if channel.last < seen <= self._head.sequence:
                # Parts cut long ago and frames up to `last` would take this reader back. [WT22]
                channel.flush(mark=True)
            connection.write(Encoded(Subscribed(channel=name, mode="snapshot")))
            self._start_over(channel, subscriber, cause)
            return True
        connection.write(Encoded(Subscribed(channel=name, mode="resume")))
        subscriber.resume(where.sequence, behind=where.sequence < channel.last)
        try:
            await self.serve(connection, name)
        except BaseException:
            # Whoever asked hears that it failed, and then nobody knows of this reader any more.
            channel.subscribers.pop(connection, None)
            raise
        return True

    def unsubscribe(self, connection: Connection, name: str) -> None:
        """Stop watching; unknown ones are ignored."""
        channel = self._channels.get(name)
        if channel is None:
            return
        channel.subscribers.pop(connection, None)
        self._keep_a_while(channel)

    async def serve(self, connection: Connection, name: str) -> None:
        """The socket can take more: one frame of what it missed, the next parts of a snapshot."""
        channel = self._channels.get(name)
        subscriber = channel.subscribers.get(connection) if channel else None
        if channel is None or subscriber is None or not subscriber.ready():
            return
        self._journal.tally.conflated += subscriber.lagging
        if subscriber.lagging and not channel.follow(subscriber):
            await self._from_journal(channel, subscriber)
        self._continue(channel, subscriber)

    def cursor(self, connection: Connection, name: str) -> Sequence | None:
        """How far a channel was sent to this socket; None when it does not watch it."""
        channel = self._channels.get(name)
        subscriber = channel.subscribers.get(connection) if channel is not None else None
        return subscriber.cursor if subscriber is not None else None

    def checksum(self, connection: Connection, name: str) -> int | None:
        """The sum over what this socket must hold at its cursor; None when that is not known."""
        channel = self._channels.get(name)
        subscriber = channel.subscribers.get(connection) if channel is not None else None
        if channel is None or subscriber is None:
            return None
        return channel.checksum(subscriber)

    def lag(self) -> dict[str, tuple[int, int]]:
        """Of each kind of channel: its readers, and by how many rows the last one is behind."""
        found: dict[str, tuple[int, int]] = {}
        for channel in self._channels.values():
            readers, most = found.get(channel.kind, (0, 0))
            for subscriber in channel.subscribers.values():
                if subscriber.lagging:
                    most = max(most, self._head.sequence - subscriber.cursor)
            found[channel.kind] = (readers + len(channel.subscribers), most)
        return found

    def mark(self) -> None:
        """Move quiet channels' cursors on with empty frames, and drop channels nobody watches."""
        now = self._journal.clock.monotonic()
        for name in [n for n, t in self._unwatched.items() if now - t > _UNWATCHED_SECONDS]:
            self._drop(name)
        for channel in self._channels.values():
            channel.flush(mark=True)

    @property
    def _head(self) -> Head:
        return self._journal.images.head

    def _have_flushed(self, channel: Channel) -> None:
        if channel.name in self._due:
            return
        now = self._due[channel.name] = self._journal.clock.monotonic()
        tick = _tick(channel)
        since = now - self._flushed.get(channel.name, -tick)
        self._schedule(max(0.0, tick - since), lambda: self._flush(channel))

    def _flush(self, channel: Channel) -> None:
        if self._channels.get(channel.name) is not channel:
            # Dropped since it was due.
            return
        clock, tally = self._journal.clock, self._journal.tally
        now = self._flushed[channel.name] = clock.monotonic()
        tally.stages["frame_wait"].took(now - self._due.pop(channel.name, now))
        channel.flush()
        tally.stages["write"].took(clock.monotonic() - now)
        tally.frames[channel.kind] += 1

    def _channel(self, name: str) -> Channel | None:
        channel = self._channels.get(name)
        if channel is None:
            found = projection(name)
            if found is None or not self._has_room(found.key):
                return None
            channel = self._channels[name] = self.channel_type(
                name, found, self._journal.images, self._sizes
            )
            self._by_key.setdefault(found.key, {})[name] = channel
        return channel

    def _has_room(self, key: str) -> bool:
        """Whether one more channel may follow this key; one that nobody watches makes way."""
        alike = self._by_key.get(key, {})
        if len(alike) < _MOST_ALIKE:
            return True
        idle = next((name for name in alike if name in self._unwatched), None)
        if idle is not None:
            self._drop(idle)
        return idle is not None

    def _keep_a_while(self, channel: Channel) -> None:
        """Keep a channel that nobody watches for those who come back soon, but not many such."""
        name = channel.name
        if self._channels.get(name) is not channel or channel.subscribers:
            return
        if not channel.exists():
            self._drop(name)
            return
        self._unwatched.pop(name, None)
        self._unwatched[name] = self._journal.clock.monotonic()
        while len(self._unwatched) > _MOST_UNWATCHED:
            self._drop(next(iter(self._unwatched)))

    def _end(self, channel: Channel) -> None:
        for subscriber in channel.subscribers.values():
            subscriber.connection.write(Encoded(Unsubscribed(channel=channel.name, cause="gone")))
        channel.subscribers.clear()
        self._drop(channel.name)

    def _drop(self, name: str) -> None:
        channel = self._channels.pop(name)
        self._due.pop(name, None)
        alike = self._by_key[channel.projection.key]
        del alike[name]
        if not alike:
            del self._by_key[channel.projection.key]
        self._unwatched.pop(name, None)
        self._flushed.pop(name, None)

    async def _load_closed(self, channel: Channel) -> None:
        """A channel about one closed order needs that order, which is not in the images."""
        only = channel.projection.only
        if only is None or channel.member(AggregateId(only)) is not None:
            return
        async with self._journal.lock:
            _, found = await self._journal.store.find(self._journal.tenant_id, [AggregateId(only)])
            order = found.get(AggregateId(only))
            if isinstance(order, Order) and not order.open:
                channel.closed = order

    def _start_over(self, channel: Channel, subscriber: Subscriber, cause: Resync | None) -> None:
        tally = self._journal.tally
        tally.snapshots += 1
        if cause is not None:
            tally.resyncs[cause.cause] += 1
            subscriber.connection.write(Encoded(cause))
        channel.begin_snapshot(subscriber)
        if subscriber.lagging:
            channel.follow(subscriber)
        self._continue(channel, subscriber)

    def _continue(self, channel: Channel, subscriber: Subscriber) -> None:
        """Send what a snapshot still lacks; a cut past the cursor needs one more frame first."""
        # A socket that drains between two parts has its turn to come, and gets no second one.
        while not subscriber.lagging and not subscriber.has_turn:
            progress = channel.continue_snapshot(subscriber)
            if progress == "later":
                subscriber.has_turn = True
                self._schedule(0.0, lambda: self._go_on(channel, subscriber))
            if progress != "behind":
                return
            channel.flush(mark=True)

    def _go_on(self, channel: Channel, subscriber: Subscriber) -> None:
        """Others have had their turn; whoever has left meanwhile, or waits for more, gets none."""
        subscriber.has_turn = False
        here = self._channels.get(channel.name)
        if here is channel and channel.subscribers.get(subscriber.connection) is subscriber:
            self._continue(channel, subscriber)

    async def _from_journal(self, channel: Channel, subscriber: Subscriber) -> None:
        """One conflated frame from the reader's cursor to the head, else a snapshot."""
        generation = channel.generation
        touched = await self._touched(channel, subscriber.cursor)
        if channel.subscribers.get(subscriber.connection) is not subscriber:
            return
        if channel.generation != generation or not subscriber.lagging:
            return
        if touched is None:
            self._start_over(channel, subscriber, Resync(channel=channel.name, cause="lagged"))
            return
        entries: Entries = {}
        for aggregate_id, (kind, version) in touched.items():
            entries[aggregate_id] = _current(channel, kind, aggregate_id, version)
        channel.hand(subscriber, entries)

    async def _touched(
        self, channel: Channel, after: Sequence
    ) -> dict[AggregateId, tuple[AggregateKind, Version]] | None:
        """What concerned the channel since, up to the head; None when that is not to be had."""
        tenant_id, store = self._journal.tenant_id, self._journal.store
        start = after
        touched: dict[AggregateId, tuple[AggregateKind, Version]] = {}
        for _ in range(_ROUNDS):
            head = self._head
            rows = await store.touched_between(
                tenant_id, after, head.sequence, channel.projection.key
            )
            touched.update({i: (kind, version) for kind, i, version in rows})
            # Asked after the read: retention may have cut off what we were about to read, or a
            # failover may have lost rows that our images still hold.
            if start + 1 < await store.first_kept(tenant_id):
                return None
            if await store.nonce_at(tenant_id, head.sequence) != head.nonce:
                return None
            # Rows that came while we read concern the channel too: the images have moved on.
            if head.sequence == self._head.sequence:
                return touched
            after = head.sequence
        return None


def _tick(channel: Channel) -> float:
    """Seconds from one frame to the next while there is always something to tell."""
    if channel.name.startswith("display:"):
        return _DISPLAY_TICK
    fair = _TICK_PER_READER * len(channel.subscribers)
    return min(max(fair, _SHORTEST_TICK), _LONGEST_TICK)


def _current(
    channel: Channel, kind: AggregateKind, aggregate_id: AggregateId, version: Version
) -> Entry:
    aggregate = channel.member(aggregate_id)
    view = channel.projection.look(aggregate) if aggregate is not None else None
    if aggregate is None or view is None:
        return Entry("remove", kind, aggregate_id, version, None, frozenset(), None)
    return Entry("put", kind, aggregate_id, aggregate.version, view, frozenset(), None)
