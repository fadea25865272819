"""A delivery as the rules see it: what is brought where, by whom, and what became of it."""

from protocols.struct import Struct
from protocols.values import (
    Address,
    Attempt,
    Handed,
    Proof,
    Take,
    ToldEdit,
    Tracking,
    Window,
)
from protocols.vocabulary import (
    Assigner,
    Category,
    ClaimId,
    DeliveryId,
    DeliveryMethod,
    DriverId,
    ExpenseId,
    ExpenseKind,
    FactKind,
    HubId,
    Instant,
    LineId,
    Minor,
    PersonId,
    ProposalId,
    Rank,
    UploadId,
    Version,
)


class Receipt(Struct, frozen=True, kw_only=True):
    """What the driver should know of a delivery, and how far that has come. [RT]

    All versions are the order's. What is told is whatever the driver sees and the driver did not
    do: it is derived from the order before and after each row, never asked for.
    """

    told: Version = Version(0)
    told_at: Instant = Instant(0)
    waiting_since: Instant = Instant(0)
    """When the oldest news was told of which the driver knows nothing and no alarm speaks."""
    edits: tuple[ToldEdit, ...] = ()
    delivered: Version = Version(0)
    delivered_at: Instant | None = None
    seen: Version = Version(0)
    seen_at: Instant | None = None
    acknowledged: Version = Version(0)
    acknowledged_at: Instant | None = None
    escalated: Version = Version(0)
    """Up to here the alarm was raised."""


class Portion(Struct, frozen=True, kw_only=True):
    """How many of one line a delivery brings by its own allocation."""

    delivery_id: DeliveryId
    quantity: int


class AskedQuantity(Struct, frozen=True, kw_only=True):
    """Another number of one line, in a proposal."""

    line_id: LineId
    was: int
    now: int


class Proposal(Struct, frozen=True, kw_only=True):
    """A change that came after the goods were collected. It holds when the driver accepts it."""

    id: ProposalId
    by_id: PersonId
    by_name: str
    at: Instant
    reason: str = ""
    quantities: tuple[AskedQuantity, ...] = ()
    address: Address | None = None
    window: Window | None = None


class SeenLine(Struct, frozen=True, kw_only=True):
    """One line as the customer saw it at the door."""

    line_id: LineId
    name: str
    quantity: int


class Seen(Struct, frozen=True, kw_only=True):
    """What the customer saw and signed: the version of the order, and its lines as they were."""

    version: Version
    lines: tuple[SeenLine, ...]


class Former(Struct, frozen=True, kw_only=True):
    """Who had a delivery before, and up to which epoch: their late facts are heard."""

    driver_id: DriverId
    epoch: int


class Gone(Struct, frozen=True, kw_only=True):
    """A delivery that was merged or cancelled away: who had it may be out with its goods."""

    id: DeliveryId
    into_id: DeliveryId
    """Who brings instead what it would have brought."""
    driver_ids: tuple[DriverId, ...]


class Delivery(Struct, frozen=True, kw_only=True):
    """A planned unit of fulfilment: which quantities, to whom, when, by which method."""

    id: DeliveryId
    position: int
    method: DeliveryMethod = "own_driver"
    category: Category = "new"
    """Goes with the order until the goods are collected, then with the driver's facts."""
    allocations: tuple[Take, ...] | None = None
    """None: everything the other deliveries do not bring (the only delivery brings all)."""
    window: Window | None = None
    address: Address | None = None
    """None: where the order says."""
    hub_id: HubId | None = None
    service_seconds: int = 0
    """At the door; zero is the tenant's usual time."""
    tracking: Tracking | None = None
    driver_id: DriverId | None = None
    call_sign: str = ""
    """Of the driver when it was given: how displays name them."""
    stop_rank: Rank | None = None
    """Sort key within the driver's run; None without a driver."""
    assigned_by: Assigner = "human"
    pinned: bool = False
    epoch: int = 0
    """How often it changed hands: fences whoever had it before."""
    former: tuple[Former, ...] = ()
    """Oldest first, at most 20."""
    receipt: Receipt = Receipt()
    collected_at: Instant | None = None
    arrived_at: Instant | None = None
    closed_at: Instant | None = None
    """When it was done or failed, by the phone's clock."""
    handed: tuple[Handed, ...] | None = None
    seen: Seen | None = None
    proofs: tuple[Proof, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    proposal: Proposal | None = None
    cash: Minor | None = None


class Claim(Struct, frozen=True, kw_only=True):
    """Something a driver said that the order did not allow: kept with its proof until decided."""

    id: ClaimId
    delivery_id: DeliveryId
    driver_id: DriverId
    driver_name: str
    epoch: int
    fact: FactKind
    at: Instant
    received_at: Instant
    cause: str
    handed: tuple[Handed, ...] = ()
    seen: Seen | None = None
    proofs: tuple[Proof, ...] = ()
    cash: Minor | None = None
    reason: str = ""
    note: str = ""


class Expense(Struct, frozen=True, kw_only=True):
    """What a driver paid on the way."""

    id: ExpenseId
    delivery_id: DeliveryId
    driver_id: DriverId
    driver_name: str
    expense: ExpenseKind
    amount: Minor
    at: Instant
    note: str = ""
    upload_id: UploadId | None = None
