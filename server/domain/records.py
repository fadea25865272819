"""The small aggregates around orders. Each is replaced as a whole by `RecordSaved`."""

from protocols.struct import Struct
from protocols.values import Address, Label, Party
from protocols.vocabulary import (
    AggregateId,
    BasisPoints,
    CompanyId,
    Currency,
    CustomerId,
    DriverId,
    Minor,
    PersonId,
    PriceMode,
    ProductId,
    Role,
    TaxRounding,
    Version,
)
from server.domain.fleet import FleetRecord
from server.domain.workflow.state import Workflow


class Person(Struct, frozen=True, kw_only=True, tag_field="type", tag="person"):
    """A colleague who can sign in; the password lives elsewhere."""

    id: PersonId
    version: Version = Version(1)
    email: str
    name: str
    roles: tuple[Role, ...]
    driver_id: DriverId | None = None
    """The driver this person is, if they drive; people and drivers have ids of their own."""
    active: bool = True


class Contact(Struct, frozen=True, kw_only=True):
    """A person at a company."""

    id: str
    name: str
    email: str = ""
    phone: str = ""


class Company(Struct, frozen=True, kw_only=True, tag_field="type", tag="company"):
    """An organisation that orders through its contacts."""

    id: CompanyId
    version: Version = Version(1)
    name: str
    debtor: str = ""
    contacts: tuple[Contact, ...] = ()


class Customer(Struct, frozen=True, kw_only=True, tag_field="type", tag="customer"):
    """Who orders, with the words and addresses a new order starts from."""

    id: CustomerId
    version: Version = Version(1)
    customer: Party
    shipping_address: Address = Address()
    billing_address: Address | None = None


class Product(Struct, frozen=True, kw_only=True, tag_field="type", tag="product"):
    """An entry of the light catalogue."""

    id: ProductId
    version: Version = Version(1)
    sku: str
    name: str
    unit_price: Minor
    tax_rate: BasisPoints = 0
    weight_g: int = 0
    """Of one piece, with its packing; so is the volume."""
    volume_ml: int = 0
    image: str = ""
    active: bool = True


class Settings(Struct, frozen=True, kw_only=True, tag_field="type", tag="settings"):
    """What holds for the whole tenant. Its id is always `settings`."""

    id: AggregateId = AggregateId("settings")
    version: Version = Version(1)
    name: str
    currency: Currency
    locale: str = "en"
    time_zone: str = "UTC"
    number_prefix: str = "SO-"
    price_mode: PriceMode = "net"
    tax_rounding: TaxRounding = "line"
    discount_limit: BasisPoints = 2_000
    """Largest discount without the permission `discount.unlimited`."""
    labels: tuple[Label, ...] = ()
    acknowledge_seconds: int = 60
    """After so long without a driver's acknowledgement the board raises an alarm."""
    service_seconds: int = 300
    """At the door, when a delivery says nothing else."""
    tile_url: str = ""
    tile_attribution: str = ""


Record = Person | FleetRecord | Company | Customer | Product | Settings | Workflow


class RecordSaved(Struct, frozen=True, kw_only=True, tag_field="type", tag="record.saved"):
    """The record is now as given."""

    record: Record


class SaveRecord(Struct, frozen=True, kw_only=True):
    """Create or replace any record. Asked by seeding, settings and imports; never by the wire."""

    record: Record
