"""Bringing the images of a journal to where the journal is."""

from server.application.journal import Journal
from server.application.ports import Head, Row

_PAGE = 1_000


async def catch_up(journal: Journal) -> None:
    """Apply the rows written since; reload when the history is no longer ours.

    The caller holds the journal's lock. A head of the same epoch that is behind us, or has another
    nonce at our sequence, is a fork: a restored backup or a failover that lost rows. The epoch is
    then bumped, once for all nodes (compare and set), and every screen starts afresh.
    """
    head = await journal.store.head(journal.tenant_id)
    ours = journal.images.head
    if head.epoch == ours.epoch and head.sequence > ours.sequence:
        if await _follow(journal, head):
            return
        head = await journal.store.head(journal.tenant_id)
        ours = journal.images.head
    if (head.epoch, head.sequence, head.nonce) != (ours.epoch, ours.sequence, ours.nonce):
        if head.epoch == ours.epoch and await _forked(journal, head):
            await journal.store.bump_epoch(journal.tenant_id, ours.epoch)
        journal.reset(await journal.store.load(journal.tenant_id))
    journal.doubtful = False


async def _follow(journal: Journal, head: Head) -> bool:
    """Apply everything up to `head`; false when the rows do not continue our history."""
    while journal.images.head.sequence < head.sequence:
        ours = journal.images.head
        rows = await journal.store.rows_after(journal.tenant_id, ours.sequence, limit=_PAGE)
        if not continues(ours, rows):
            return False
        journal.applied(rows)
    journal.doubtful = False
    return True


async def _forked(journal: Journal, head: Head) -> bool:
    """Whether our own newest row is not part of the stored history (and not merely trimmed)."""
    ours = journal.images.head
    if head.sequence < ours.sequence:
        return True
    nonce = await journal.store.nonce_at(journal.tenant_id, ours.sequence)
    return nonce is not None and nonce != ours.nonce


def continues(head: Head, rows: list[Row]) -> bool:
    """Whether these rows are exactly the next ones after `head`, without a gap or a fork."""
    if not rows:
        return False
    sequence, nonce = head.sequence, head.nonce
    for row in rows:
        if row.epoch != head.epoch or row.sequence != sequence + 1 or row.previous_nonce != nonce:
            return False
        sequence, nonce = row.sequence, row.nonce
    return True
