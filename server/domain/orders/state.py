"""The order as the rules see it: one aggregate with its lines, deliveries and notes as parts."""

from msgspec import field

from protocols.struct import Struct
from protocols.values import Address, ChargeKind, Party, Reduction, Source
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
    NoteId,
    OrderId,
    PaymentMethod,
    PersonId,
    PriceMode,
    Priority,
    ProductId,
    Rank,
    StageId,
    TaxRounding,
    Version,
    WorkflowId,
)
from server.domain.orders.delivery import Claim, Delivery, Expense, Gone


class Line(Struct, frozen=True, kw_only=True):
    """A product as it was when ordered, with its own quantity and price."""

    id: LineId
    product_id: ProductId | None = None
    sku: str = ""
    name: str
    image: str = ""
    quantity: int
    unit_price: Minor
    list_price: Minor
    tax_rate: BasisPoints = 0
    weight_g: int = 0
    """Of one piece, as in the catalogue when it was ordered; so is the volume."""
    volume_ml: int = 0


class Discount(Struct, frozen=True, kw_only=True):
    """Something off one line, or off the whole order when it names no line."""

    id: DiscountId
    reduction: Reduction
    line_id: LineId | None = None
    reason: str = ""


class Charge(Struct, frozen=True, kw_only=True):
    """What the customer pays besides the lines; at most one of each kind."""

    charge: ChargeKind
    amount: Minor


class Totals(Struct, frozen=True, kw_only=True):
    """Sums in minor units, derived from lines, discounts and charges; never written by clients."""

    lines: Minor = Minor(0)
    discounts: Minor = Minor(0)
    charges: Minor = Minor(0)
    net: Minor = Minor(0)
    tax: Minor = Minor(0)
    total: Minor = Minor(0)


class Note(Struct, frozen=True, kw_only=True):
    """Private free text on the order."""

    id: NoteId
    text: str
    by_id: PersonId
    by_name: str
    at: Instant
    for_driver: bool = False
    driver_id: DriverId | None = None
    """The driver who wrote it, if one did."""


class Hold(Struct, frozen=True, kw_only=True):
    """Blocks progress without being a stage."""

    reason: str
    by_id: PersonId
    by_name: str
    at: Instant
    until: Instant | None = None


class Touch(Struct, frozen=True, kw_only=True):
    """Who last changed a field group, when, and to which version of the order."""

    version: Version
    by_id: PersonId
    by_name: str
    at: Instant


class Order(Struct, frozen=True, kw_only=True, tag_field="type", tag="order"):
    """One order at one version. `touches` judges conflicts: group → its last change."""

    id: OrderId
    number: int
    version: Version = Version(1)
    workflow_id: WorkflowId
    stage_id: StageId
    category: Category
    stage_since: Instant
    rank: Rank
    customer: Party
    shipping_address: Address = Address()
    billing_address: Address | None = None
    currency: Currency
    price_mode: PriceMode
    tax_rounding: TaxRounding
    lines: tuple[Line, ...] = ()
    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()
    totals: Totals = Totals()
    payment_method: PaymentMethod | None = None
    priority: Priority = 1
    labels: tuple[LabelId, ...] = ()
    source: Source = Source()
    csr_id: PersonId | None = None
    deliveries: tuple[Delivery, ...]
    gone: tuple[Gone, ...] = ()
    """Deliveries that somebody had in hands before they were made less; oldest first."""
    notes: tuple[Note, ...] = ()
    claims: tuple[Claim, ...] = ()
    """What drivers said and nobody decided about yet."""
    expenses: tuple[Expense, ...] = ()
    hold: Hold | None = None
    review: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    copied_from: OrderId | None = None
    deleted: bool = False
    archived: bool = False
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str
    touches: dict[FieldGroup, Touch] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether it is on the board: neither deleted nor archived. Never a matter of time."""
        return not (self.deleted or self.archived)
