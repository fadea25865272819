"""What drivers, dispatchers and displays see of deliveries."""

from protocols.struct import Struct
from protocols.values import (
    Address,
    Attempt,
    Handed,
    Load,
    Point,
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
    NoteId,
    ProposalId,
    Rank,
    ReceiptWord,
    UploadId,
    Version,
)


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all parts share: defaults are left out of the wire."""


class ReceiptView(Part, frozen=True, kw_only=True):
    """What the driver should know, and how far that has come. Versions are the order's."""

    told: Version
    """Since this version there is something to know."""
    told_at: Instant
    word: ReceiptWord
    """Of what is told; `sent` until the phone says more."""
    delivered: Version = Version(0)
    delivered_at: Instant | None = None
    seen: Version = Version(0)
    seen_at: Instant | None = None
    acknowledged: Version = Version(0)
    acknowledged_at: Instant | None = None
    alarm: bool = False
    """Nobody acknowledged it in time."""
    edits: tuple[ToldEdit, ...] = ()
    """What changed since the driver got the delivery; those acknowledged stay until it is over."""


class QuantityAsk(Struct, frozen=True, kw_only=True):
    """Another number of one line, if the driver agrees."""

    line_id: LineId
    name: str
    was: int
    now: int


class ProposalView(Part, frozen=True, kw_only=True):
    """A change that came after the goods were collected: it waits for the driver's answer."""

    id: ProposalId
    by_name: str
    at: Instant
    reason: str = ""
    quantities: tuple[QuantityAsk, ...] = ()
    address: Address | None = None
    window: Window | None = None


class ShownLine(Struct, frozen=True, kw_only=True):
    """One line as the customer saw it at the door."""

    line_id: LineId
    name: str
    quantity: int


class Shown(Struct, frozen=True, kw_only=True):
    """What the customer saw and signed: the version of the order, and its lines as they were."""

    version: Version
    lines: tuple[ShownLine, ...]


class DeliveryView(Part, frozen=True, kw_only=True):
    """One delivery of the order, for the back office."""

    id: DeliveryId
    position: int
    method: DeliveryMethod
    category: Category
    brings: tuple[Take, ...] = ()
    """How many of each line it brings, or brought."""
    rest: bool = False
    """It brings whatever the other deliveries do not."""
    window: Window | None = None
    address: Address | None = None
    """Only when it differs from the order's shipping address."""
    hub_id: HubId | None = None
    service_seconds: int = 0
    tracking: Tracking | None = None
    driver_id: DriverId | None = None
    stop_rank: Rank | None = None
    assigned_by: Assigner = "human"
    pinned: bool = False
    epoch: int = 0
    receipt: ReceiptView | None = None
    """Only with a driver."""
    collected_at: Instant | None = None
    arrived_at: Instant | None = None
    closed_at: Instant | None = None
    handed: tuple[Handed, ...] | None = None
    shown: Shown | None = None
    proofs: tuple[Proof, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    proposal: ProposalView | None = None
    cash: Minor | None = None


class ClaimView(Part, frozen=True, kw_only=True):
    """What a driver said that the order did not allow; somebody decides whether it counts."""

    id: ClaimId
    delivery_id: DeliveryId
    driver_id: DriverId
    driver_name: str
    fact: FactKind
    at: Instant
    """By the phone's clock."""
    received_at: Instant
    cause: str
    """`superseded`, `closed`, `no_transition`, or the gate that did not hold."""
    handed: tuple[Handed, ...] = ()
    shown: Shown | None = None
    proofs: tuple[Proof, ...] = ()
    cash: Minor | None = None
    reason: str = ""
    note: str = ""


class ExpenseView(Part, frozen=True, kw_only=True):
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


class NoteView(Part, frozen=True, kw_only=True):
    """One internal note."""

    id: NoteId
    text: str
    by_id: str
    by_name: str
    at: Instant
    for_driver: bool = False


class StopDeliveryView(Part, frozen=True, kw_only=True):
    """One delivery as its driver sees it: what to bring where, and what is new about it."""

    id: DeliveryId
    position: int
    category: Category
    epoch: int
    stop_rank: Rank | None = None
    window: Window | None = None
    address: Address
    lines: tuple[ShownLine, ...] = ()
    service_seconds: int = 0
    hub_id: HubId | None = None
    receipt: ReceiptView
    proposal: ProposalView | None = None
    collected_at: Instant | None = None
    arrived_at: Instant | None = None
    attempts: tuple[Attempt, ...] = ()
    proofs: tuple[Proof, ...] = ()
    cash_due: Minor | None = None
    """What to collect, in minor units; only when the customer pays cash at the door."""


class DispatchStop(Part, frozen=True, kw_only=True):
    """One open delivery on the dispatcher's time axis and map."""

    id: DeliveryId
    position: int
    method: DeliveryMethod
    category: Category
    window: Window | None = None
    city: str = ""
    postcode: str = ""
    country: str = ""
    point: Point | None = None
    hub_id: HubId | None = None
    service_seconds: int = 0
    load: Load = Load()
    driver_id: DriverId | None = None
    stop_rank: Rank | None = None
    assigned_by: Assigner = "human"
    pinned: bool = False
    epoch: int = 0
    word: ReceiptWord | None = None
    alarm: bool = False
    collected_at: Instant | None = None
    arrived_at: Instant | None = None
    attempts: int = 0


class RunTag(Struct, frozen=True, kw_only=True):
    """How a display names the driver of a delivery: by call sign, never by name."""

    call_sign: str
    category: Category
