"""Known bugs, put in one at a time: an experiment that does not find them proves nothing."""

import msgspec

from protocols.from_server import SnapshotBegin
from protocols.vocabulary import AggregateId, Sequence, TenantId
from server.application.catch_up import continues
from server.application.images import Change, Images
from server.application.node import Node
from server.application.ports import Batch, CommitOutcome, Hint
from server.application.submission import Submission
from server.realtime.channel import Channel, Progress
from server.realtime.cursor import Cursor
from server.realtime.feed import Feed
from server.realtime.frame import Entry, Frame
from server.realtime.resuming import Resuming
from server.realtime.subscriber import Subscriber
from server.realtime.wire import Encoded
from tests.simulation.scene import Parts
from tests.simulation.truth import TruthfulStore

# --- the store ---


class StoreWithoutFence(TruthfulStore):
    """Stores a batch wherever the head is by now."""

    def _commit(self, batch: Batch) -> CommitOutcome:
        head = self.place(batch.tenant_id)
        moved = (head.sequence, head.nonce) != (batch.base.sequence, batch.base.nonce)
        return super()._commit(msgspec.structs.replace(batch, base=head) if moved else batch)


class StoreThatAnswersFirst(TruthfulStore):
    """Says `Committed` before it is durable: a power cut takes the newest batch back."""

    def power_cut(self, tenant_id: TenantId) -> None:
        lost = self.lost
        self.rollback(tenant_id, 1)
        self.lost = lost


class StoreWithVerdictsApart(TruthfulStore):
    """Stores rows and verdicts in two transactions; the second may not come."""

    def _commit(self, batch: Batch) -> CommitOutcome:
        if self.fail_after_commit and self.place(batch.tenant_id) == batch.base:
            return super()._commit(msgspec.structs.replace(batch, verdicts=()))
        return super()._commit(batch)


class StoreThatForgetsNumbers(TruthfulStore):
    """Fences numbers by the verdicts it still keeps, as we once did: forgetting one unfences it."""

    def _commit(self, batch: Batch) -> CommitOutcome:
        journal = self._journals[batch.tenant_id]
        fenced = dict(journal.last_numbers)
        if not any((one.client_id, one.number) in journal.answers for one in batch.verdicts):
            journal.last_numbers.clear()
        outcome = super()._commit(batch)
        for client_id, number in fenced.items():
            last = journal.last_numbers.get(client_id, number)
            journal.last_numbers[client_id] = max(number, last)
        return outcome


# --- the node ---


class NodeThatTrustsHints(Node):
    """Applies a hint whose sequence is the next one, without looking at the previous nonce."""

    def _heard(self, hint: Hint) -> None:
        task = self._journals.get(hint.tenant_id)
        if task is None or not task.done() or not hint.rows:
            return
        head = task.result().images.head
        blind = msgspec.structs.replace(head, nonce=hint.rows[0].previous_nonce)
        if not task.result().lock.locked() and continues(blind, list(hint.rows)):
            task.result().applied(hint.rows)
        else:
            super()._heard(hint)


class NodeWithoutBeat(Node):
    """Relies on hints alone: what one lost hint said is never heard."""

    async def beat(self) -> None:
        return


class NodeThatOverwritesAddresses(Node):
    """Skips the conflict rule for one field group."""

    def submit(self, submission: Submission):  # type: ignore[no-untyped-def]
        if submission.command.__struct_config__.tag == "set_address":
            submission = msgspec.structs.replace(submission, fact=True)
        return super().submit(submission)


# --- the feed ---


class SubscriberThatDrops(Subscriber):
    """Drops a frame when the socket is full and tells nobody."""

    def push(self, frame: Frame) -> None:
        if self.ready() or self.lagging:
            super().push(frame)
        else:
            self.cursor = frame.upto


class ChannelThatIgnoresNonces(Channel):
    """Takes any cursor whose sequence it has."""

    def knows(self, sequence: Sequence, _nonce: int) -> bool:
        return sequence <= self._images.head.sequence


class ResumingByTheJournalAlone(Resuming):
    """Takes a cursor that the journal knows, whatever this node holds."""

    async def reach(self, channel: Channel, where: Cursor | None) -> None:
        if where is not None and where.sequence > self._journal.images.head.sequence:
            await super().reach(channel, where)


class ChannelWithStaleChunks(Channel):
    """Goes on using cached snapshot parts after the ring has left them behind."""

    def begin_snapshot(self, subscriber: Subscriber) -> None:
        chunks = self._chunks
        if chunks is None or self._reaches(chunks.sequence):
            super().begin_snapshot(subscriber)
            return
        head = self._images.head
        subscriber.begin(chunks, behind=False)
        subscriber.cursor = self.last = head.sequence
        begin = SnapshotBegin(
            channel=self.name,
            epoch=head.epoch,
            sequence=head.sequence,
            nonce=head.nonce,
            chunks=chunks.count,
        )
        subscriber.connection.write(Encoded(begin))


class ChannelThatKeepsStops(Channel):
    """Does not tell a driver's channel that a stop has left it."""

    def absorb(self, change: Change) -> bool:
        heard = super().absorb(change)
        entry = self._pending.get(change.row.aggregate_id)
        if self.name.startswith("driver:") and entry is not None and entry.op == "remove":
            del self._pending[change.row.aggregate_id]
        return heard


class ChannelWithNetPatches(Channel):
    """Leaves a field out of a patch when it went there and back within one frame."""

    def reset(self) -> None:
        super().reset()
        self._drawn: dict[AggregateId, object] = {}

    def absorb(self, change: Change) -> bool:
        if change.row.aggregate_id not in self._pending and change.before is not None:
            self._drawn[change.row.aggregate_id] = self.projection.look(change.before)
        heard = super().absorb(change)
        entry = self._pending.get(change.row.aggregate_id)
        if entry is not None and entry.op == "patch":
            self._pending[change.row.aggregate_id] = self._net(entry)
        return heard

    def _net(self, entry: Entry) -> Entry:
        was = self._drawn[entry.id]
        fields = (f for f in entry.fields if getattr(was, f) != getattr(entry.view, f))
        return msgspec.structs.replace(entry, fields=frozenset(fields))


class ChannelThatSkipsTheCut(Channel):
    """Ends a snapshot without bringing its reader past the newest part."""

    def continue_snapshot(self, subscriber: Subscriber) -> Progress:
        progress = super().continue_snapshot(subscriber)
        if progress == "behind":
            subscriber.newest_cut = subscriber.cursor
            progress = super().continue_snapshot(subscriber)
        return progress


class NodeThatBelievesItself(Node):
    """Takes what it has for all there is, without a look at the journal."""

    async def images_now(self, tenant_id: TenantId) -> Images:
        """What is here."""
        return await self.images(tenant_id)


def _feed(**types: type) -> type[Feed]:
    return type("BrokenFeed", (Feed,), types)


DEFECTS: dict[str, Parts] = {
    "a store that ignores the fence": Parts(store=StoreWithoutFence),
    "a store that answers before it has stored": Parts(store=StoreThatAnswersFirst),
    "verdicts stored apart from their rows": Parts(store=StoreWithVerdictsApart),
    "no head-beat to make up for lost hints": Parts(node=NodeWithoutBeat),
    "the conflict rule skipped for addresses": Parts(node=NodeThatOverwritesAddresses),
    "a frame dropped when the socket is full": Parts(
        feed=_feed(subscriber_type=SubscriberThatDrops)
    ),
    "snapshot parts used past their base": Parts(feed=_feed(channel_type=ChannelWithStaleChunks)),
    "a stop that leaves a driver is not removed": Parts(
        feed=_feed(channel_type=ChannelThatKeepsStops)
    ),
    "a snapshot ended before its newest part": Parts(
        feed=_feed(channel_type=ChannelThatSkipsTheCut)
    ),
}
"""What random schedules must find."""

DIRECTED: dict[str, Parts] = {
    "a patch without the field that went there and back": Parts(
        feed=_feed(channel_type=ChannelWithNetPatches)
    ),
    "numbers unfenced by forgetting verdicts": Parts(store=StoreThatForgetsNumbers),
    "a first look that is not at the journal": Parts(node=NodeThatBelievesItself),
    "a resume without the nonce check": Parts(feed=_feed(channel_type=ChannelThatIgnoresNonces)),
    "a resume on a branch that is lost": Parts(feed=_feed(resuming_type=ResumingByTheJournalAlone)),
    "a hint applied without the previous nonce": Parts(node=NodeThatTrustsHints),
}
"""What only a schedule played by hand finds reliably."""
