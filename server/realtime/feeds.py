"""All feeds of this node, and which socket watches what."""

from protocols.from_server import Unsubscribed
from protocols.vocabulary import Sequence, TenantId
from server.application.node import Node
from server.domain.actor import Actor
from server.realtime.channels import may_watch
from server.realtime.connection import Connection
from server.realtime.feed import DEFAULT_SIZES, Feed, Schedule
from server.realtime.sizes import Sizes
from server.realtime.wire import Encoded


class Feeds:
    """One feed per journal, made when the first socket asks for one of its channels."""

    def __init__(
        self,
        node: Node,
        schedule: Schedule,
        sizes: Sizes = DEFAULT_SIZES,
        feed_type: type[Feed] = Feed,
    ) -> None:
        """Serve the node's journals, each by a feed of this type."""
        self._sizes = sizes
        self._feed_type = feed_type
        self._node = node
        self._schedule = schedule
        self._feeds: dict[TenantId, Feed] = {}
        self._watching: dict[Connection, tuple[Feed, dict[str, None]]] = {}

    async def subscribe(
        self,
        tenant_id: TenantId,
        connection: Connection,
        channel: str,
        cursor: str | None,
        actor: Actor,
    ) -> None:
        """Watch a channel if the actor may; not there and not allowed look alike."""
        feed = await self._feed(tenant_id)
        may = may_watch(actor, channel)
        if may and cursor is None:
            # WT22: a reader without a cursor cannot say what it has seen, a page that was loaded
            # again or a snapshot that was cut short, and this node may be behind that.
            await self._node.images_now(tenant_id)
        if not may or not await feed.subscribe(connection, channel, cursor):
            connection.write(Encoded(Unsubscribed(channel=channel, cause="forbidden")))
            return
        _, channels = self._watching.setdefault(connection, (feed, {}))
        channels[channel] = None

    def unsubscribe(self, connection: Connection, channel: str) -> None:
        """Stop watching one channel."""
        feed, channels = self._watching.get(connection, (None, {}))
        if feed is not None and channel in channels:
            feed.unsubscribe(connection, channel)
            del channels[channel]

    def detach(self, connection: Connection) -> None:
        """The socket is gone: all its watching ends."""
        feed, channels = self._watching.pop(connection, (None, {}))
        if feed is not None:
            for channel in channels:
                feed.unsubscribe(connection, channel)

    async def drained(self, connection: Connection) -> None:
        """The socket can take more: what it missed, and the next parts of its snapshots."""
        feed, channels = self._watching.get(connection, (None, {}))
        if feed is not None:
            for channel in tuple(channels):
                await feed.serve(connection, channel)

    def heads(self, connection: Connection) -> dict[str, Sequence]:
        """How far each channel was sent to this socket."""
        feed, channels = self._watching.get(connection, (None, {}))
        if feed is None:
            return {}
        cursors = ((channel, feed.cursor(connection, channel)) for channel in channels)
        return {channel: cursor for channel, cursor in cursors if cursor is not None}

    def checksums(self, connection: Connection) -> dict[str, int]:
        """What each counted channel must add up to at the head it was sent to. [HB23]"""
        feed, channels = self._watching.get(connection, (None, {}))
        if feed is None:
            return {}
        sums = ((channel, feed.checksum(connection, channel)) for channel in channels)
        return {channel: value for channel, value in sums if value is not None}

    def mark(self) -> None:
        """Move the cursors of quiet channels on; called every 30 s."""
        for feed in self._feeds.values():
            feed.mark()

    def lag(self, tenant_id: TenantId | None = None) -> dict[str, tuple[int, int]]:
        """Of each kind of channel: its readers, and the rows by which the last one is behind.

        For one tenant, or for all of this node. Costs a look at every reader.
        """
        found: dict[str, tuple[int, int]] = {}
        for owner, feed in self._feeds.items():
            if tenant_id in (None, owner):
                for kind, (readers, behind) in feed.lag().items():
                    before, most = found.get(kind, (0, 0))
                    found[kind] = (before + readers, max(most, behind))
        return found

    def forget(self, tenant_id: TenantId) -> None:
        """The node no longer holds the tenant's journal, and no socket watches it. [JN20]"""
        self._feeds.pop(tenant_id, None)

    async def _feed(self, tenant_id: TenantId) -> Feed:
        journal = await self._node.journal(tenant_id)
        feed = self._feeds.get(tenant_id)
        if feed is None:
            feed = self._feeds[tenant_id] = self._feed_type(journal, self._schedule, self._sizes)
        return feed
