"""All journals this node serves, loaded when first needed."""

import asyncio
from collections.abc import Awaitable, Callable

from protocols.vocabulary import ClientId, Number, TenantId
from server.application.catch_up import catch_up, continues
from server.application.execute import Report
from server.application.images import Images
from server.application.journal import Journal
from server.application.ports import Clock, Fanout, Hint, Ids, Store
from server.application.submission import Submission
from server.application.verdict import Verdict
from server.application.writer import Writer


class Node:
    """The use cases of one process. No node is special: any may write for any tenant."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, fanout: Fanout, report: Report
    ) -> None:
        """Serve from this store; other nodes are told through `fanout`."""
        self.store = store
        self.clock = clock
        self.ids = ids
        self._fanout = fanout
        self._report = report
        self._journals: dict[TenantId, asyncio.Task[Journal]] = {}
        self._writers: dict[TenantId, Writer] = {}
        self._catching_up: dict[TenantId, asyncio.Task[None]] = {}
        self._stop_listening: Callable[[], None] = fanout.listen(self._heard)

    async def journal(self, tenant_id: TenantId) -> Journal:
        """The journal, loaded once however many ask at the same time."""
        task = self._journals.get(tenant_id)
        if task is None:
            task = self._journals[tenant_id] = asyncio.create_task(self._load(tenant_id))
        try:
            return await asyncio.shield(task)
        except Exception:
            self._journals.pop(tenant_id, None)
            raise

    async def images(self, tenant_id: TenantId) -> Images:
        """The tenant's state in memory; read it between two awaits."""
        return (await self.journal(tenant_id)).images

    def submit(self, submission: Submission) -> Awaitable[Verdict]:
        """Have a command decided and made durable. Awaiting raises `StorageBusy` without verdict.

        Ordering: commands of a loaded journal are decided in the order of these calls, whenever
        their verdicts are awaited. Cancelling the wait does not take the command back.
        """
        writer = self._writers.get(submission.actor.tenant_id)
        return writer.submit(submission) if writer is not None else self._submit(submission)

    async def _submit(self, submission: Submission) -> Verdict:
        return await (await self.writer(submission.actor.tenant_id)).submit(submission)

    async def writer(self, tenant_id: TenantId) -> Writer:
        """The queue in front of one journal."""
        journal = await self.journal(tenant_id)
        writer = self._writers.get(tenant_id)
        if writer is None:
            writer = self._writers[tenant_id] = Writer(journal, self._report)
        return writer

    async def last_number(self, tenant_id: TenantId, client_id: ClientId) -> Number:
        """The client's highest answered number, from the store: another node may have answered."""
        await self.writer(tenant_id)
        return await (await self.journal(tenant_id)).receipts.refresh(client_id)

    async def acknowledge(self, tenant_id: TenantId, client_id: ClientId, number: Number) -> None:
        """The client has all verdicts up to `number` safe; they need not be kept."""
        await self.store.forget_verdicts(tenant_id, client_id, number)

    async def catch_up(self, tenant_id: TenantId) -> None:
        """Come to where the journal is; concurrent callers share one read."""
        task = self._catching_up.get(tenant_id)
        if task is None or task.done():
            task = self._catching_up[tenant_id] = asyncio.create_task(self._catch_up(tenant_id))
        await asyncio.shield(task)

    async def beat(self) -> None:
        """Compare the heads of all loaded journals with the store: a lost hint ends here."""
        loaded = {t: task.result() for t, task in self._journals.items() if _ready(task)}
        if not loaded:
            return
        heads = await self.store.heads(tuple(loaded))
        for tenant_id, journal in loaded.items():
            ours, theirs = journal.images.head, heads.get(tenant_id)
            if theirs is None or journal.lock.locked():
                continue
            if (ours.epoch, ours.nonce) != (theirs.epoch, theirs.nonce):
                await self.catch_up(tenant_id)

    async def close(self) -> None:
        """Answer what was submitted, then stop listening."""
        self._stop_listening()
        for writer in tuple(self._writers.values()):
            await writer.idle()
        for task in tuple(self._catching_up.values()):
            await asyncio.wait([task])

    async def _load(self, tenant_id: TenantId) -> Journal:
        loaded = await self.store.load(tenant_id)
        return Journal(
            tenant_id,
            loaded,
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            fanout=self._fanout,
        )

    async def _catch_up(self, tenant_id: TenantId) -> None:
        journal = await self.journal(tenant_id)
        async with journal.lock:
            await catch_up(journal)

    def _heard(self, hint: Hint) -> None:
        """News from another node: apply it when it is the next, else read the journal."""
        task = self._journals.get(hint.tenant_id)
        if task is None or not _ready(task):
            return
        journal = task.result()
        head = journal.images.head
        if hint.epoch == head.epoch and hint.sequence <= head.sequence:
            return
        if not journal.lock.locked() and continues(head, list(hint.rows)):
            journal.applied(hint.rows, announce=False)
            return
        if hint.tenant_id not in self._catching_up or self._catching_up[hint.tenant_id].done():
            self._catching_up[hint.tenant_id] = asyncio.create_task(self._catch_up(hint.tenant_id))


def _ready(task: "asyncio.Task[Journal]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
