"""Words that mean the same on the wire, in the rules, in storage and in TypeScript."""

from typing import Annotated, Literal, NewType

from msgspec import Meta

TenantId = NewType("TenantId", str)
AggregateId = NewType("AggregateId", str)
"""Any thing with a version of its own; orders and records are such things."""

OrderId = NewType("OrderId", str)
DeliveryId = NewType("DeliveryId", str)
LineId = NewType("LineId", str)
DiscountId = NewType("DiscountId", str)
NoteId = NewType("NoteId", str)
CustomerId = NewType("CustomerId", str)
CompanyId = NewType("CompanyId", str)
ContactId = NewType("ContactId", str)
ProductId = NewType("ProductId", str)
PersonId = NewType("PersonId", str)
DriverId = NewType("DriverId", str)
WorkflowId = NewType("WorkflowId", str)
StageId = NewType("StageId", str)
LabelId = NewType("LabelId", str)
VehicleId = NewType("VehicleId", str)
ZoneId = NewType("ZoneId", str)
HubId = NewType("HubId", str)
ViewId = NewType("ViewId", str)
"""What a display shows; several displays may show the same."""

PlanId = NewType("PlanId", str)
ProofId = NewType("ProofId", str)
UploadId = NewType("UploadId", str)
ClaimId = NewType("ClaimId", str)
ProposalId = NewType("ProposalId", str)
ExpenseId = NewType("ExpenseId", str)
ClientId = NewType("ClientId", str)
SessionId = NewType("SessionId", str)

Version = NewType("Version", int)
"""How often one aggregate changed; 1 after its creation."""

Sequence = NewType("Sequence", int)
"""Place of a row in one journal; gapless, 1 for the first row, 0 before it."""

Epoch = NewType("Epoch", int)
"""Identity of a journal's history; bumped when it is no longer a prefix of what somebody saw."""

Nonce = NewType("Nonce", int)
"""48 random bits of one row; tells two histories with equal sequences apart."""

Number = NewType("Number", int)
"""Number of a command within one client; 1 for its first, without gaps."""

Instant = NewType("Instant", int)
"""A moment: milliseconds since 1970-01-01T00:00:00Z by the server's clock."""

Rank = NewType("Rank", str)
"""Sort key of a card within its stage; compared as text, byte by byte."""

Currency = NewType("Currency", str)
"""ISO 4217 code in capitals."""

Minor = NewType("Minor", int)
"""An amount in the smallest unit of its currency (cents)."""

FieldGroup = NewType("FieldGroup", str)
"""What is judged for conflicts as one: `stage`, `shipping_address`, `quantity:<line>`, …"""

AggregateKind = Literal[
    "order",
    "workflow",
    "person",
    "driver",
    "vehicle",
    "zone",
    "hub",
    "display",
    "plan",
    "customer",
    "company",
    "product",
    "settings",
]

Category = Literal[
    "draft",
    "new",
    "confirmed",
    "preparing",
    "ready",
    "in_transit",
    "done",
    "failed",
    "cancelled",
]
"""The nine fixed meanings a tenant's own stages map to."""

TERMINAL: frozenset[Category] = frozenset({"done", "cancelled"})

Role = Literal[
    "user",
    "order",
    "backoffice",
    "owner",
    "superadmin",
    "csr",
    "warehouse",
    "dispatcher",
    "driver",
    "display",
]

Permission = Literal[
    "order.read",
    "order.create",
    "order.edit",
    "order.cancel",
    "order.delete",
    "order.restore",
    "order.archive",
    "order.approve",
    "price.read",
    "price.override",
    "discount.unlimited",
    "payment.edit",
    "stage.move",
    "gate.override",
    "wip.override",
    "driver.assign",
    "csr.assign",
    "csr.assign_self",
    "note.write",
    "note.moderate",
    "bulk.run",
    "catalogue.edit",
    "customer.edit",
    "settings.edit",
    "device.pair",
]

Priority = Literal[0, 1, 2, 3]
"""0 low, 1 normal, 2 high, 3 urgent."""

PaymentMethod = Literal["cash", "card", "transfer", "pos", "gateway", "on_account"]

DeliveryMethod = Literal["own_driver", "carrier", "pickup", "store", "digital", "handover"]

PriceMode = Literal["net", "gross"]
TaxRounding = Literal["line", "rate_group"]

Assigner = Literal["human", "planner", "import", "api"]
"""What kind of asker gave a delivery to its driver."""

ProofKind = Literal["signature", "photo", "name", "barcode", "note"]
"""What a driver brings back to show that the goods were handed over."""

ProofLevel = Literal["required", "warned", "off"]

FactKind = Literal["collected", "arrived", "delivered", "failed"]
"""What a driver says has happened to a delivery."""

FailReason = Literal[
    "nobody_home", "refused", "wrong_address", "no_access", "closed", "damaged", "other"
]

ReceiptWord = Literal["sent", "delivered", "seen", "acknowledged"]
"""How far news of a delivery has come: to the server's wire, the phone, the eyes, the thumb."""

ExpenseKind = Literal["fuel", "parking", "toll", "other"]

UploadKind = Literal["photo", "signature", "receipt"]

UploadPlace = Literal["open", "stored", "refused"]
"""Where a picture is on its way: still coming, kept, or not taken."""

LARGEST_UPLOAD = 8 * 1_024 * 1_024
"""Bytes; a phone makes its pictures smaller before it sends them."""

LARGEST_PART = 256 * 1_024

LARGEST_SIGNATURE = 512 * 1_024
"""Bytes of strokes: 5,000 points with all their digits fit."""

DisplayLayout = Literal["columns", "table", "figures", "drivers"]

ID = Meta(min_length=3, max_length=64, pattern=r"^[0-9a-z][0-9a-z-]*$")
"""Limits of any identifier a client may send; new things carry a UUIDv7 the client drew."""

EMAIL = Meta(min_length=3, max_length=200, pattern=r"^[^\x00\s]+@[^\x00\s]+$")
"""What may stand where people type their e-mail when they sign in."""

PASSWORD = Meta(min_length=1, max_length=200)
"""At most 200 characters: a longer one would only make the hash expensive."""

COUNT = Meta(ge=0, le=2**53 - 1)
"""Limits of any number or version a client may send: what JavaScript counts exactly, SQL too."""

MOMENT = Meta(ge=0, le=253_402_300_799_999)
"""Limits of any instant a client may send: up to the end of the year 9999."""

ShortText = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
LongText = Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
"""Why somebody did something; must not be empty."""

Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
Amount = Annotated[int, Meta(ge=-(10**12), le=10**12)]
"""Minor units; 10^12 keeps every sum of 500 lines inside 2^53, which JavaScript can count."""

Price = Annotated[int, Meta(ge=0, le=10**12)]
"""Minor units, never negative."""

BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]
"""A share: 10,000 is the whole."""
