"""What each audience sees of an aggregate. What a view lacks, its reader never receives."""

from msgspec import field

from protocols.record_views import (
    CustomerView,
    DisplayView,
    DriverView,
    HubView,
    PersonView,
    PlanView,
    ProductView,
    SettingsView,
    VehicleView,
    WorkflowView,
    ZoneView,
)
from protocols.stops import (
    ClaimView,
    DeliveryView,
    DispatchStop,
    ExpenseView,
    NoteView,
    RunTag,
    StopDeliveryView,
)
from protocols.struct import Struct
from protocols.values import (
    Address,
    ChargeKind,
    Party,
    Reduction,
    Source,
    Window,
)
from protocols.vocabulary import (
    BasisPoints,
    Category,
    Currency,
    DiscountId,
    DriverId,
    FieldGroup,
    Instant,
    LabelId,
    LineId,
    Minor,
    OrderId,
    PaymentMethod,
    PersonId,
    PriceMode,
    Priority,
    ProductId,
    Rank,
    ReceiptWord,
    StageId,
    TaxRounding,
    Version,
    WorkflowId,
)


class _View(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all views share: the tag `type`. Defaults are left out of the wire."""


class CardView(_View, frozen=True, kw_only=True, tag="card"):
    """An order on the board. `total` is absent on the masked board."""

    id: OrderId
    number: int
    workflow_id: WorkflowId
    stage_id: StageId
    category: Category
    stage_since: Instant
    rank: Rank
    customer: str
    customer_id: str | None = None
    city: str = ""
    postcode: str = ""
    total: Minor | None = None
    currency: Currency
    items: int = 0
    """Sum of the quantities of all lines."""
    products: str = ""
    """Product names, cut at 80 characters, for the tooltip and the search."""
    window: Window | None = None
    """The earliest open delivery's window."""
    priority: Priority = 1
    labels: tuple[LabelId, ...] = ()
    csr_id: PersonId | None = None
    driver_id: DriverId | None = None
    drivers: int = 0
    """How many different drivers carry its open deliveries."""
    deliveries: int = 1
    delivered: int = 0
    word: ReceiptWord | None = None
    """How far the news for the drivers has come: that of the delivery that is least far."""
    told_at: Instant | None = None
    """Since when something is not acknowledged."""
    alarm: bool = False
    """A driver has not acknowledged in time."""
    alarm_drivers: tuple[DriverId, ...] = ()
    """Which drivers that are, the longest wait first."""
    claims: int = 0
    """What drivers said and nobody decided about yet."""
    proposals: int = 0
    """Changes that wait for a driver's answer."""
    hold: str | None = None
    review: str | None = None
    note: str = ""
    """First 80 characters of the newest note."""
    notes: int = 0
    created_at: Instant


class Mark(Struct, frozen=True, kw_only=True):
    """Who last changed one field group, when, and to which version of the order."""

    version: Version
    by_id: str
    by_name: str
    at: Instant


class LineView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line with its derived amounts in minor units; the masked order has none of them."""

    id: LineId
    product_id: ProductId | None = None
    sku: str = ""
    name: str
    image: str = ""
    quantity: int
    unit_price: Minor | None = None
    list_price: Minor | None = None
    tax_rate: BasisPoints = 0
    gross: Minor | None = None
    """quantity × unit price, before discounts."""
    discount: Minor = Minor(0)
    """What line and order discounts take off this line."""
    net: Minor | None = None
    tax: Minor | None = None
    total: Minor | None = None


class DiscountView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One discount and what it takes off, in minor units."""

    id: DiscountId
    reduction: Reduction
    line_id: LineId | None = None
    reason: str = ""
    amount: Minor


class ChargeView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One charge with its share of tax."""

    charge: ChargeKind
    amount: Minor
    tax: Minor = Minor(0)


class TotalsView(Struct, frozen=True, kw_only=True):
    """Sums of the order in minor units; `total` is what the customer pays."""

    lines: Minor
    discounts: Minor
    charges: Minor
    net: Minor
    tax: Minor
    total: Minor


class HoldView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an order must not progress."""

    reason: str
    by_name: str
    at: Instant
    until: Instant | None = None


class OrderView(_View, frozen=True, kw_only=True, tag="order"):
    """An order in full, for the back office; masked, without `totals` and any other amount."""

    id: OrderId
    number: int
    workflow_id: WorkflowId
    stage_id: StageId
    category: Category
    stage_since: Instant
    rank: Rank
    customer: Party
    shipping_address: Address
    billing_address: Address | None = None
    currency: Currency
    price_mode: PriceMode
    tax_rounding: TaxRounding
    lines: tuple[LineView, ...] = ()
    discounts: tuple[DiscountView, ...] = ()
    charges: tuple[ChargeView, ...] = ()
    totals: TotalsView | None = None
    payment_method: PaymentMethod | None = None
    priority: Priority = 1
    labels: tuple[LabelId, ...] = ()
    source: Source = Source()
    csr_id: PersonId | None = None
    deliveries: tuple[DeliveryView, ...] = ()
    notes: tuple[NoteView, ...] = ()
    hold: HoldView | None = None
    review: str | None = None
    claims: tuple[ClaimView, ...] = ()
    expenses: tuple[ExpenseView, ...] = ()
    custom: dict[str, str] = field(default_factory=dict)
    copied_from: OrderId | None = None
    deleted: bool = False
    archived: bool = False
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str
    marks: dict[FieldGroup, Mark] = field(default_factory=dict)
    """Who last changed which field group."""


class StopView(_View, frozen=True, kw_only=True, tag="stop"):
    """One order as its driver sees it: no prices, no internal notes."""

    id: OrderId
    number: int
    workflow_id: WorkflowId
    """It says which proofs "delivered" needs."""
    customer: str
    phone: str = ""
    notes: tuple[NoteView, ...] = ()
    """Only those for the driver."""
    priority: Priority = 1
    labels: tuple[LabelId, ...] = ()
    hold: bool = False
    deliveries: tuple[StopDeliveryView, ...] = ()
    """Only this driver's own open ones."""


class DispatchView(_View, frozen=True, kw_only=True, tag="dispatch"):
    """One order with what its deliveries need of drivers; never a price."""

    id: OrderId
    number: int
    stage_id: StageId
    category: Category
    customer: str
    priority: Priority = 1
    labels: tuple[LabelId, ...] = ()
    hold: bool = False
    deliveries: tuple[DispatchStop, ...] = ()
    """Only open ones."""


class TileView(_View, frozen=True, kw_only=True, tag="tile"):
    """One order on a display in a hall: no names, phones, addresses, notes or prices."""

    id: OrderId
    number: int
    stage_id: StageId
    category: Category
    stage_since: Instant
    rank: Rank
    window: Window | None = None
    items: int = 0
    priority: Priority = 1
    hold: bool = False
    deliveries: int = 1
    delivered: int = 0
    runs: tuple[RunTag, ...] = ()
    """Who brings it, one entry for each open delivery with a driver."""


View = (
    CardView
    | OrderView
    | StopView
    | DispatchView
    | TileView
    | WorkflowView
    | PersonView
    | DriverView
    | VehicleView
    | ZoneView
    | HubView
    | DisplayView
    | PlanView
    | SettingsView
    | CustomerView
    | ProductView
)
