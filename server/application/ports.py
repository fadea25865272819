"""What the use cases need from the outside, in our words, with the guarantees they rely on."""

from collections.abc import Callable
from collections.abc import Sequence as Series
from typing import Protocol

from protocols.struct import Struct
from protocols.vocabulary import (
    AggregateId,
    AggregateKind,
    ClientId,
    Epoch,
    Instant,
    Nonce,
    Number,
    Sequence,
    TenantId,
    Version,
)
from server.application.verdict import Verdict
from server.domain.orders.events import OrderEvent
from server.domain.orders.state import Order
from server.domain.records import Record, RecordSaved

Aggregate = Order | Record
Event = OrderEvent | RecordSaved


class Head(Struct, frozen=True, kw_only=True):
    """Where a journal stands: its newest row, and the number the next order gets."""

    epoch: Epoch = Epoch(1)
    sequence: Sequence = Sequence(0)
    nonce: Nonce = Nonce(0)
    hash: bytes = b""
    next_number: int = 1


class Row(Struct, frozen=True, kw_only=True):
    """One row of the journal: what one command did to one aggregate."""

    tenant_id: TenantId
    sequence: Sequence
    epoch: Epoch
    nonce: Nonce
    previous_nonce: Nonce
    kind: AggregateKind
    aggregate_id: AggregateId
    version: Version
    keys: tuple[str, ...]
    """Membership keys before ∪ after: which channels the row may concern."""
    events: tuple[Event, ...]
    image: Aggregate | None = None
    """The whole aggregate after the row, when it was not in memory everywhere before."""
    actor_id: str
    actor_name: str
    via: str
    cause: str = ""
    client_id: ClientId | None = None
    number: Number | None = None
    at: Instant
    previous_hash: bytes = b""
    hash: bytes = b""


class StoredVerdict(Struct, frozen=True, kw_only=True):
    """The answer to one numbered command, kept so that a resend gets the same answer."""

    client_id: ClientId
    number: Number
    verdict: Verdict
    at: Instant


class Batch(Struct, frozen=True, kw_only=True):
    """Everything a group of commands writes, to be stored wholly or not at all."""

    tenant_id: TenantId
    base: Head
    """The head the decisions were made on: the fence."""
    head: Head
    """The head after the batch; equal to `base` when every command was refused or a no-op."""
    rows: tuple[Row, ...]
    aggregates: tuple[Aggregate, ...]
    """The newest image of every aggregate the rows touch, once each."""
    verdicts: tuple[StoredVerdict, ...]


class Committed(Struct, frozen=True):
    """The batch is durable: it survives kill -9 and power cut from here on."""


class LostRace(Struct, frozen=True):
    """Nothing was stored: another node moved the head. Catch up and decide again."""


class AlreadyAnswered(Struct, frozen=True):
    """Nothing was stored: one of the numbers was answered before. Read it and decide again."""


CommitOutcome = Committed | LostRace | AlreadyAnswered


class Loaded(Struct, frozen=True, kw_only=True):
    """All records and all open orders of a tenant, exactly as of `head`."""

    head: Head
    aggregates: Series[Aggregate]


class StorageBusy(Exception):
    """The database cannot say that the work is stored. The same work may be sent again."""

    def __init__(self, retry_after: float = 0.5) -> None:
        """Say after how many seconds trying again makes sense."""
        super().__init__(f"storage is busy, retry after {retry_after} s")
        self.retry_after = retry_after


class Store(Protocol):
    """The durable truth: journals, aggregates and verdicts of all tenants.

    Every method sees and touches one tenant only. Cancelling a call never leaves half a write:
    `commit` either happened or did not, and the fence tells which.
    """

    async def head(self, tenant_id: TenantId) -> Head:
        """The newest committed head; a journal without rows stands at sequence 0."""

    async def heads(self, tenant_ids: Series[TenantId]) -> dict[TenantId, Head]:
        """The newest heads of several journals in one read (the head-beat)."""

    async def load(self, tenant_id: TenantId) -> Loaded:
        """All records and open orders as of one head: one consistent read."""

    async def find(
        self, tenant_id: TenantId, ids: Series[AggregateId]
    ) -> tuple[Head, dict[AggregateId, Aggregate]]:
        """Aggregates by id, open or closed, with the head they are consistent with."""

    async def commit(self, batch: Batch) -> CommitOutcome:
        """Store the batch in one transaction, the head last.

        `LostRace` iff the stored head is not `batch.base` (epoch, sequence and nonce);
        `AlreadyAnswered` iff a verdict's number is not above its client's `last_number`, whether
        the verdict is still kept or was forgotten. A batch without rows is stored without moving
        the head but still needs `base` to be the head.
        """

    async def rows_after(
        self, tenant_id: TenantId, sequence: Sequence, *, limit: int = 1_000
    ) -> list[Row]:
        """Rows with a greater sequence, ascending, gapless from `sequence + 1` unless trimmed."""

    async def rows_of(
        self, tenant_id: TenantId, aggregate_id: AggregateId, *, before: Sequence, limit: int
    ) -> list[Row]:
        """Rows of one aggregate below `before`, newest first: its timeline."""

    async def rows_by(self, tenant_id: TenantId, client_id: ClientId, number: Number) -> list[Row]:
        """Rows that one command wrote, ascending."""

    async def nonce_at(self, tenant_id: TenantId, sequence: Sequence) -> Nonce | None:
        """The nonce of a kept row, None when trimmed or never written. Sequence 0 has nonce 0."""

    async def touched_between(
        self, tenant_id: TenantId, after: Sequence, upto: Sequence, key: str
    ) -> list[tuple[AggregateKind, AggregateId, Version]]:
        """What rows in (after, upto] concerned this key: each aggregate once, newest version."""

    async def first_kept(self, tenant_id: TenantId) -> Sequence:
        """The oldest row kept; 1 in an untrimmed journal, head + 1 in an empty one."""

    async def bump_epoch(self, tenant_id: TenantId, seen: Epoch) -> Epoch:
        """Raise the epoch if it is still `seen`; answers the epoch that holds now."""

    async def last_number(self, tenant_id: TenantId, client_id: ClientId) -> Number:
        """The highest number of the client with a verdict, 0 for none. Never goes back."""

    async def verdicts(
        self, tenant_id: TenantId, client_id: ClientId, numbers: Series[Number]
    ) -> dict[Number, Verdict]:
        """Kept verdicts; numbers without one are missing."""

    async def forget_verdicts(self, tenant_id: TenantId, client_id: ClientId, upto: Number) -> None:
        """The client has these verdicts safe; `last_number` stays."""

    async def prune_verdicts(self, tenant_id: TenantId, before: Instant) -> None:
        """Forget the verdicts that were given earlier than this; each `last_number` stays."""


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> Instant:
        """Milliseconds since 1970 in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back, for time-outs."""


class Ids(Protocol):
    """The only source of identifiers and randomness."""

    def uuid(self) -> str:
        """A UUIDv7: later ones sort later."""

    def nonce(self) -> Nonce:
        """48 random bits, never 0."""

    def token(self) -> str:
        """A 256-bit secret as URL-safe text."""

    def uniform(self, low: float, high: float) -> float:
        """A random number in [low, high], for jitter."""


class News(Struct, frozen=True, kw_only=True):
    """What one node tells the others about a tenant. May be lost, doubled or late."""

    tenant_id: TenantId


class Hint(News, frozen=True, kw_only=True, tag="hint"):
    """News that a journal has moved; the journal is the truth."""

    epoch: Epoch
    sequence: Sequence
    nonce: Nonce
    rows: tuple[Row, ...] = ()
    """The new rows themselves when they are small."""


class Fanout(Protocol):
    """Carries news between nodes, at most once as a rule. Losing all costs only time.

    Ordering: what one node tells about one tenant comes in the order it was told, or not at all.
    """

    def publish(self, news: News) -> None:
        """Tell the other nodes that follow the tenant; never blocks and never fails."""

    def listen(self, receive: Callable[[News], None]) -> Callable[[], None]:
        """Hear news of other nodes from now on; answers how to stop."""

    def follow(self, tenant_id: TenantId) -> None:
        """This node wants news of the tenant, from about now on. Returns at once."""

    def unfollow(self, tenant_id: TenantId) -> None:
        """This node wants no more news of the tenant."""

    @property
    def whole(self) -> bool:
        """Whether, as far as we know, the others hear us and we hear them."""

    def attend(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Be told each time `whole` becomes another; answers how to stop."""
