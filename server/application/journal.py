"""One tenant's journal on this node: its images, its lock, and who listens to it."""

import asyncio
import itertools
from collections.abc import Sequence as Series
from typing import Protocol

from protocols.vocabulary import TenantId
from server.application.images import Change, Images
from server.application.ports import Aggregate, Clock, Fanout, Hint, Ids, Loaded, Row, Store
from server.application.receipts import Receipts
from server.application.tally import Tally

_INLINE_ROWS = 16
"""Rows carried in a hint; larger batches send only the head and receivers read the journal."""


class Listener(Protocol):
    """Hears of everything that becomes part of the journal, in order, on this node."""

    def applied(self, changes: Series[Change]) -> None:
        """These rows are durable and in the images now. Synchronous; must not fail."""

    def reset(self) -> None:
        """The history changed: nothing shown before holds any more."""


class Journal:
    """What this node knows of one journal.

    The lock orders everything that may change the images: a batch from its decision to its
    announcement, and a catch-up. Reading the images needs no lock, for they change only between
    two awaits and only by committed rows.
    """

    def __init__(
        self,
        tenant_id: TenantId,
        loaded: Loaded,
        *,
        store: Store,
        clock: Clock,
        ids: Ids,
        fanout: Fanout,
    ) -> None:
        """Start from what was loaded."""
        self.tenant_id = tenant_id
        self.images = Images(tenant_id, loaded)
        self.receipts = Receipts(store, tenant_id)
        self.lock = asyncio.Lock()
        self.store = store
        self.clock = clock
        self.ids = ids
        self.doubtful = False
        self.tally = Tally()
        self._fanout = fanout
        self._listeners: dict[Listener, None] = {}

    def listen(self, listener: Listener) -> None:
        """Tell this listener from now on."""
        self._listeners[listener] = None

    def applied(self, rows: Series[Row], afters: Series[Aggregate] = ()) -> None:
        """Take committed rows into the images and tell everybody on this node.

        `afters`, if given, has for each row the aggregate after it, as a draft has it.
        """
        if not rows:
            return
        known = afters or itertools.repeat(None)
        changes = [self.images.apply(row, after) for row, after in zip(rows, known, strict=False)]
        for listener in tuple(self._listeners):
            _tell(listener, changes)

    def announce(self, rows: Series[Row]) -> None:
        """Tell other nodes of these newest rows."""
        if rows:
            self._fanout.publish(self.hint(rows))

    def reset(self, loaded: Loaded) -> None:
        """Hold another history from here on."""
        self.images.reload(loaded)
        self.receipts.forget()
        for listener in tuple(self._listeners):
            listener.reset()

    def doubt(self) -> None:
        """The last commit may or may not have happened: read the journal before deciding again."""
        self.doubtful = True
        self.receipts.forget()

    def hint(self, rows: Series[Row]) -> Hint:
        """The news of these newest rows for other nodes."""
        head = self.images.head
        return Hint(
            tenant_id=self.tenant_id,
            epoch=head.epoch,
            sequence=head.sequence,
            nonce=head.nonce,
            rows=tuple(rows) if len(rows) <= _INLINE_ROWS else (),
        )


def _tell(listener: Listener, changes: Series[Change]) -> None:
    """Tell one listener. One that fails starts over, the others hear all the same. [JN]

    The rows are durable: whoever asked for them gets the verdict, whatever is wrong with a screen.
    """
    try:
        listener.applied(changes)
    except Exception as bug:  # noqa: BLE001 - whatever it is, it is not the journal's fault
        context = {"message": "a listener failed and starts over", "exception": bug}
        asyncio.get_running_loop().call_exception_handler(context)
        listener.reset()
