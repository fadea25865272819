"""What each audience sees of an aggregate. What a view lacks, its reader never receives."""

from typing import Literal

import msgspec

from protocols.values import Address, ChargeKind, Label, Party, Reduction, Source, Window
from protocols.vocabulary import (
    BasisPoints,
    Category,
    Currency,
    CustomerId,
    DeliveryId,
    DeliveryMethod,
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


class _View(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
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
    hold: str | None = None
    review: str | None = None
    note: str = ""
    """First 80 characters of the newest note."""
    notes: int = 0
    created_at: Instant


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Who last changed one field group, when, and to which version of the order."""

    version: Version
    by_id: str
    by_name: str
    at: Instant


class LineView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


class DiscountView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One discount and what it takes off, in minor units."""

    id: DiscountId
    reduction: Reduction
    line_id: LineId | None = None
    reason: str = ""
    amount: Minor


class ChargeView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One charge with its share of tax."""

    charge: ChargeKind
    amount: Minor
    tax: Minor = Minor(0)


class TotalsView(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of the order in minor units; `total` is what the customer pays."""

    lines: Minor
    discounts: Minor
    charges: Minor
    net: Minor
    tax: Minor
    total: Minor


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delivery of the order."""

    id: DeliveryId
    position: int
    method: DeliveryMethod
    category: Category
    window: Window | None = None
    address: Address | None = None
    """Only when it differs from the order's shipping address."""
    driver_id: DriverId | None = None
    pinned: bool = False
    epoch: int = 0


class NoteView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One internal note."""

    id: NoteId
    text: str
    by_id: str
    by_name: str
    at: Instant
    for_driver: bool = False


class HoldView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
    custom: dict[str, str] = {}
    copied_from: OrderId | None = None
    deleted: bool = False
    archived: bool = False
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str
    marks: dict[FieldGroup, Mark] = {}
    """Who last changed which field group."""


class StopLineView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver hands over; never a price."""

    id: LineId
    name: str
    quantity: int


class StopView(_View, frozen=True, kw_only=True, tag="stop"):
    """One order as its driver sees it: no prices, no internal notes."""

    id: OrderId
    number: int
    category: Category
    customer: str
    phone: str = ""
    address: Address
    window: Window | None = None
    lines: tuple[StopLineView, ...] = ()
    notes: tuple[NoteView, ...] = ()
    priority: Priority = 1
    hold: bool = False
    deliveries: tuple[DeliveryView, ...] = ()
    """Only this driver's own."""


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


class StageView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column. `soft` warns, `hard` refuses."""

    id: StageId
    name: str
    category: Category
    hue: str
    icon: str = ""
    soft: int | None = None
    hard: int | None = None
    sla_minutes: int | None = None
    allow_edit: Literal["content", "address", "none"] = "content"


class TransitionView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One arrow between columns, who may walk it, and the conditions on it."""

    id: str
    name: str
    from_stages: tuple[StageId, ...]
    to_stage: StageId
    roles: tuple[str, ...] = ()
    """Any of these; empty is everybody who may move."""
    gates: tuple[str, ...] = ()
    needs_note: bool = False


class WorkflowView(_View, frozen=True, kw_only=True, tag="workflow"):
    """A workflow with its columns in order."""

    id: WorkflowId
    name: str
    stages: tuple[StageView, ...]
    transitions: tuple[TransitionView, ...]
    default: bool = False


class PersonView(_View, frozen=True, kw_only=True, tag="person"):
    """A colleague: enough for a name, an avatar and a picker."""

    id: PersonId
    name: str
    roles: tuple[str, ...] = ()
    active: bool = True


class DriverView(_View, frozen=True, kw_only=True, tag="driver"):
    """A driver as the back office picks one."""

    id: DriverId
    name: str
    zones: tuple[str, ...] = ()
    active: bool = True


class SettingsView(_View, frozen=True, kw_only=True, tag="settings"):
    """What every screen of the tenant needs to know."""

    name: str
    currency: Currency
    locale: str
    time_zone: str
    number_prefix: str
    price_mode: PriceMode
    labels: tuple[Label, ...] = ()


class CustomerView(_View, frozen=True, kw_only=True, tag="customer"):
    """A customer in the picker."""

    id: CustomerId
    customer: Party
    shipping_address: Address
    billing_address: Address | None = None


class ProductView(_View, frozen=True, kw_only=True, tag="product"):
    """A product of the light catalogue."""

    id: ProductId
    sku: str
    name: str
    unit_price: Minor
    currency: Currency
    tax_rate: BasisPoints = 0
    image: str = ""
    active: bool = True


View = (
    CardView
    | OrderView
    | StopView
    | TileView
    | WorkflowView
    | PersonView
    | DriverView
    | SettingsView
    | CustomerView
    | ProductView
)
