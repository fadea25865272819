"""All journals this node serves, loaded when first needed."""

import asyncio
from collections.abc import Awaitable, Callable, Container

from protocols.vocabulary import ClientId, Number, TenantId
from server.application.catch_up import catch_up, continues
from server.application.execute import Report
from server.application.images import Images
from server.application.journal import Journal
from server.application.ports import Clock, Fanout, Head, Hint, Ids, News, StorageBusy, Store
from server.application.shared_reads import SharedReads
from server.application.slow import NEVER
from server.application.submission import Submission
from server.application.tally import Tally
from server.application.verdict import Verdict
from server.application.writer import Arriving, Writer, nothing_more

_UNUSED_SECONDS = 600.0
"""How long a journal stays in memory without a socket or a request: a lunch break costs a load."""

_LOADS_AT_ONCE = 2
"""After a restart all tenants come back together; a load of 50,000 orders takes a second."""


class Node:
    """The use cases of one process. No node is special: any may write for any tenant."""

    slowness = NEVER
    """When commands are slow; holds for the journals that are written to from then on."""

    arriving: Arriving = staticmethod(nothing_more)
    """Whether more of a tenant's is here already; holds for the same journals."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, fanout: Fanout, report: Report
    ) -> None:
        """Serve from this store; other nodes are told through `fanout`."""
        self.store = store
        self.clock = clock
        self.ids = ids
        self._fanout = fanout
        self._report = report
        self._heads = SharedReads(store.head)
        self._journals: dict[TenantId, asyncio.Task[Journal]] = {}
        self._writers: dict[TenantId, Writer] = {}
        self._used: dict[TenantId, float] = {}
        self._let_go = Tally()
        self._loading = asyncio.Semaphore(_LOADS_AT_ONCE)
        self._catching_up: dict[TenantId, asyncio.Task[None]] = {}
        self._stop_listening: Callable[[], None] = fanout.listen(self._heard)

    async def journal(self, tenant_id: TenantId) -> Journal:
        """The journal, loaded once however many ask at the same time."""
        self._used[tenant_id] = self.clock.monotonic()
        task = self._journals.get(tenant_id)
        if task is None:
            # MN2: before the load, so that what is committed after it is heard.
            self._fanout.follow(tenant_id)
            task = self._journals[tenant_id] = asyncio.create_task(self._load(tenant_id))
        try:
            return await asyncio.shield(task)
        except Exception:
            # Somebody may have begun to load it again since: only the failed one is forgotten.
            if self._journals.get(tenant_id) is task:
                del self._journals[tenant_id]
                self._fanout.unfollow(tenant_id)
            raise

    def held(self) -> list[Journal]:
        """The journals that are in memory now."""
        return [task.result() for task in self._journals.values() if _ready(task)]

    def tally(self) -> Tally:
        """What happened in all journals since this node began, the forgotten ones too."""
        total = Tally()
        total.add(self._let_go)
        for journal in self.held():
            total.add(journal.tally)
        return total

    async def images(self, tenant_id: TenantId) -> Images:
        """The tenant's state in memory; read it between two awaits."""
        return (await self.journal(tenant_id)).images

    async def images_now(self, tenant_id: TenantId) -> Images:
        """The state with everything in it that any node had committed when this was called. [HT]

        What was acknowledged or shown anywhere was committed before, so nobody who asks here sees
        less than they knew. Costs a read of the head, shared with all who ask at the same moment;
        raises `StorageBusy`.
        """
        # HT12
        journal = await self.journal(tenant_id)
        before = journal.images.head
        head = await self._heads.of(tenant_id)
        # Twice at most: one that was under way may have looked before we did, the next one has not.
        for _ in range(2):
            ours = journal.images.head
            is_lost = ours.epoch == before.epoch and _contradicts(before, head)
            if not (is_lost or _is_behind(ours, head)):
                break
            await self.catch_up(tenant_id)
        return journal.images

    def submit(self, submission: Submission) -> Awaitable[Verdict]:
        """Have a command decided and made durable. Awaiting raises `StorageBusy` without verdict.

        Ordering: commands of a loaded journal are decided in the order of these calls, whenever
        their verdicts are awaited. Cancelling the wait does not take the command back.
        """
        tenant_id = submission.actor.tenant_id
        self._used[tenant_id] = self.clock.monotonic()
        writer = self._writers.get(tenant_id)
        return writer.submit(submission) if writer is not None else self._submit(submission)

    async def _submit(self, submission: Submission) -> Verdict:
        return await (await self.writer(submission.actor.tenant_id)).submit(submission)

    async def writer(self, tenant_id: TenantId) -> Writer:
        """The queue in front of one journal."""
        journal = await self.journal(tenant_id)
        writer = self._writers.get(tenant_id)
        if writer is None:
            writer = Writer(journal, self._report, self.slowness, self.arriving)
            self._writers[tenant_id] = writer
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
        await asyncio.shield(self._catching_up_with(tenant_id))

    async def beat(self) -> None:
        """Compare the heads of all loaded journals with the store: a lost hint ends here."""
        loaded = {t: task.result() for t, task in self._journals.items() if _ready(task)}
        if not loaded:
            return
        heads = await self.store.heads(tuple(loaded))
        behind = [t for t, j in loaded.items() if t in heads and _differs(j, heads[t])]
        # All of them, whatever becomes of one: a journal that fails must not hold up the others.
        for tenant_id in behind:
            loaded[tenant_id].tally.catch_ups["beat"] += 1
        ends = await asyncio.gather(*map(self.catch_up, behind), return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def evict(self, in_use: Container[TenantId]) -> list[TenantId]:
        """Forget journals that were not used for a while; answers which. [JN]

        Nobody notices: the next use reads the journal anew. Whoever holds on to one, as a socket
        does, names its tenant in `in_use`.
        """
        # JN20
        before = self.clock.monotonic() - _UNUSED_SECONDS
        idle = [
            tenant_id
            for tenant_id, task in self._journals.items()
            if tenant_id not in in_use
            and self._used.get(tenant_id, before) <= before
            and self._is_at_rest(tenant_id, task)
        ]
        for tenant_id in idle:
            self._let_go.add(self._journals[tenant_id].result().tally)
            for held in (self._journals, self._writers, self._catching_up, self._used):
                held.pop(tenant_id, None)
            self._fanout.unfollow(tenant_id)
        return idle

    async def close(self) -> None:
        """Answer what was submitted, then stop listening."""
        self._stop_listening()
        for writer in tuple(self._writers.values()):
            await writer.idle()
        for task in tuple(self._catching_up.values()):
            await asyncio.wait([task])

    def _is_at_rest(self, tenant_id: TenantId, task: "asyncio.Task[Journal]") -> bool:
        writer, catching_up = self._writers.get(tenant_id), self._catching_up.get(tenant_id)
        return (
            _ready(task)
            and not task.result().lock.locked()
            and (writer is None or writer.is_idle)
            and (catching_up is None or catching_up.done())
        )

    async def _load(self, tenant_id: TenantId) -> Journal:
        async with self._loading:
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
        journal = await self._journals[tenant_id]
        async with journal.lock:
            await catch_up(journal)

    def _heard(self, hint: News) -> None:
        """News from another node: apply it when it is the next, else read the journal."""
        task = self._journals.get(hint.tenant_id)
        if not isinstance(hint, Hint) or task is None or not _ready(task):
            return
        journal = task.result()
        head = journal.images.head
        if hint.epoch == head.epoch and hint.sequence <= head.sequence:
            return
        if not journal.lock.locked() and continues(head, list(hint.rows)):
            journal.applied(hint.rows)
            return
        journal.tally.catch_ups["hint"] += 1
        self._catching_up_with(hint.tenant_id).add_done_callback(_forgive)

    def _catching_up_with(self, tenant_id: TenantId) -> "asyncio.Task[None]":
        task = self._catching_up.get(tenant_id)
        if task is None or task.done():
            task = self._catching_up[tenant_id] = asyncio.create_task(self._catch_up(tenant_id))
        return task


def _forgive(task: "asyncio.Task[None]") -> None:
    """Nobody awaits what a hint began; if the store was busy, the next beat makes it good."""
    fault = None if task.cancelled() else task.exception()
    if fault is not None and not isinstance(fault, StorageBusy):
        raise fault


def _differs(journal: Journal, head: Head) -> bool:
    """Whether the journal needs a look; one that is being written comes to its head by itself."""
    ours = journal.images.head
    return not journal.lock.locked() and (ours.epoch, ours.nonce) != (head.epoch, head.nonce)


def _is_behind(ours: Head, head: Head) -> bool:
    return (ours.epoch, ours.sequence) < (head.epoch, head.sequence)


def _contradicts(before: Head, head: Head) -> bool:
    """Whether the journal, asked later, lacks what we held before: a failover lost it."""
    if head.epoch != before.epoch or head.sequence > before.sequence:
        return False
    return (head.sequence, head.nonce) != (before.sequence, before.nonce)


def _ready(task: "asyncio.Task[Journal]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
