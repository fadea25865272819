"""Whether a reader's cursor can be continued on this node. [WT]"""

from protocols.from_server import Resync
from protocols.vocabulary import Nonce, Sequence
from server.application.catch_up import catch_up
from server.application.journal import Journal
from server.application.shared_reads import SharedReads
from server.realtime.channel import Channel
from server.realtime.cursor import Cursor


class Resuming:
    """Compares cursors with what this node holds, and with the journal where it must.

    After a restart everybody comes back at once with cursors that no channel knows; they share
    their reads.
    """

    def __init__(self, journal: Journal) -> None:
        """For the channels of this journal."""
        self._journal = journal
        self._nonces = SharedReads(self._nonce_at)
        self._kept = SharedReads(self._first_kept)

    async def reach(self, channel: Channel, where: Cursor | None) -> None:
        """Have this node hold the history that the reader comes from, if that is the journal's.

        A reader may come from a node that is ahead of us. And what we hold may be a branch that a
        failover lost, while the reader has seen the one that lives: then the journal would vouch
        for a cursor that our own rows do not follow.
        """
        if where is None:
            return
        ours = self._journal.images.head
        is_ahead = (where.epoch, where.sequence) > (ours.epoch, ours.sequence)
        is_known = not is_ahead and channel.knows(where.sequence, where.nonce)
        # WT23
        if is_ahead or not (is_known or await self._nonces.of(ours.sequence) == ours.nonce):
            async with self._journal.lock:
                await catch_up(self._journal)

    async def obstacle(self, channel: Channel, where: Cursor) -> Resync | None:
        """Why a cursor cannot be continued; None when it can.

        A cursor of another history only makes its own reader start over: whether the journal
        itself forked is for the node to find out, never for a client to claim.
        """
        if where.epoch != self._journal.images.head.epoch:
            return Resync(channel=channel.name, cause="epoch")
        if channel.knows(where.sequence, where.nonce):
            return None
        nonce = await self._nonces.of(where.sequence)
        if nonce is None and where.sequence <= self._journal.images.head.sequence:
            return Resync(channel=channel.name, cause="trimmed")
        if nonce != where.nonce or where.sequence > self._journal.images.head.sequence:
            return Resync(channel=channel.name, cause="fork")
        if where.sequence + 1 < await self._kept.of(None):
            return Resync(channel=channel.name, cause="trimmed")
        return None

    async def _nonce_at(self, sequence: Sequence) -> Nonce | None:
        return await self._journal.store.nonce_at(self._journal.tenant_id, sequence)

    async def _first_kept(self, _: None) -> Sequence:
        return await self._journal.store.first_kept(self._journal.tenant_id)
