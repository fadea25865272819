"""What the small things around orders look like: workflows, people, the fleet, the catalogue."""

from typing import Literal

from protocols.struct import Struct
from protocols.values import Address, Label, Load, Party, Point, ProofNeed, Shift
from protocols.vocabulary import (
    BasisPoints,
    Category,
    Currency,
    CustomerId,
    DeliveryId,
    DisplayLayout,
    DriverId,
    FactKind,
    HubId,
    Instant,
    Minor,
    OrderId,
    PersonId,
    PlanId,
    PriceMode,
    ProductId,
    StageId,
    VehicleId,
    ViewId,
    WorkflowId,
    ZoneId,
)


class RecordView(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all views of records share: the tag `type`. Defaults are left out of the wire."""


class StageView(Struct, frozen=True, kw_only=True, omit_defaults=True):
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
    proofs: tuple[ProofNeed, ...] = ()
    """What a driver must bring back before an order comes in here."""


class TransitionView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One arrow between columns, who may walk it, and the conditions on it."""

    id: str
    name: str
    from_stages: tuple[StageId, ...]
    to_stage: StageId
    roles: tuple[str, ...] = ()
    """Any of these; empty is everybody who may move."""
    gates: tuple[str, ...] = ()
    needs_note: bool = False
    auto: FactKind | None = None
    """The driver's fact that walks it by itself."""


class WorkflowView(RecordView, frozen=True, kw_only=True, tag="workflow"):
    """A workflow with its columns in order."""

    id: WorkflowId
    name: str
    stages: tuple[StageView, ...]
    transitions: tuple[TransitionView, ...]
    default: bool = False


class PersonView(RecordView, frozen=True, kw_only=True, tag="person"):
    """A colleague: enough for a name, an avatar and a picker."""

    id: PersonId
    name: str
    roles: tuple[str, ...] = ()
    active: bool = True


class DriverView(RecordView, frozen=True, kw_only=True, tag="driver"):
    """A driver as the back office picks one."""

    id: DriverId
    name: str
    phone: str = ""
    call_sign: str = ""
    zones: tuple[str, ...] = ()
    """Ids of zones; none serves every zone."""
    skills: tuple[str, ...] = ()
    hub_id: HubId | None = None
    vehicle_id: VehicleId | None = None
    shifts: tuple[Shift, ...] = ()
    days_off: tuple[str, ...] = ()
    max_stops: int = 0
    active: bool = True


class VehicleView(RecordView, frozen=True, kw_only=True, tag="vehicle"):
    """A vehicle and what it carries."""

    id: VehicleId
    name: str
    plate: str = ""
    capacity: Load = Load()
    active: bool = True


class ZoneView(RecordView, frozen=True, kw_only=True, tag="zone"):
    """A part of the map, or some postcodes."""

    id: ZoneId
    name: str
    countries: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    polygon: tuple[Point, ...] = ()
    hub_id: HubId | None = None


class HubView(RecordView, frozen=True, kw_only=True, tag="hub"):
    """A place where goods and drivers start from."""

    id: HubId
    name: str
    address: Address


class DisplayView(RecordView, frozen=True, kw_only=True, tag="display"):
    """What displays of one kind show, and how."""

    id: ViewId
    name: str
    layout: DisplayLayout = "columns"
    stages: tuple[StageId, ...] = ()
    scale: int = 1
    page_seconds: int = 12
    sound: bool = False
    active: bool = True


class PlanItemView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delivery that the plan would give to a driver."""

    order_id: OrderId
    delivery_id: DeliveryId
    from_driver: DriverId | None = None
    epoch: int = 0
    to_driver: DriverId
    position: int
    """Place in the driver's run, 1 for the first."""
    arrives: Instant
    outcome: Literal["proposed", "applied", "stale"] = "proposed"
    """`stale`: somebody was faster, and that stands."""


class PlanRestView(Struct, frozen=True, kw_only=True):
    """One delivery that the plan gives to nobody, and why."""

    order_id: OrderId
    delivery_id: DeliveryId
    reason: str


class PlanView(RecordView, frozen=True, kw_only=True, tag="plan"):
    """A proposal who should bring what; nothing of it holds before somebody commits it."""

    id: PlanId
    state: Literal["solving", "proposed", "committed", "discarded", "failed"]
    by_name: str
    at: Instant
    items: tuple[PlanItemView, ...] = ()
    unassigned: tuple[PlanRestView, ...] = ()
    seconds: int = 0
    """Travel time of all runs together."""
    metres: int = 0
    cost_before: int = 0
    """Travel seconds of the runs as they are now."""
    problem: str = ""
    """Why it failed."""


class SettingsView(RecordView, frozen=True, kw_only=True, tag="settings"):
    """What every screen of the tenant needs to know."""

    name: str
    currency: Currency
    locale: str
    time_zone: str
    number_prefix: str
    price_mode: PriceMode
    labels: tuple[Label, ...] = ()
    acknowledge_seconds: int = 60
    service_seconds: int = 300
    tile_url: str = ""
    tile_attribution: str = ""


class CustomerView(RecordView, frozen=True, kw_only=True, tag="customer"):
    """A customer in the picker."""

    id: CustomerId
    customer: Party
    shipping_address: Address
    billing_address: Address | None = None


class ProductView(RecordView, frozen=True, kw_only=True, tag="product"):
    """A product of the light catalogue."""

    id: ProductId
    sku: str
    name: str
    unit_price: Minor
    currency: Currency
    tax_rate: BasisPoints = 0
    image: str = ""
    active: bool = True
