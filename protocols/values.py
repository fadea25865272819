"""Value shapes that commands carry in and views carry out unchanged."""

from typing import Annotated, Literal

from msgspec import Meta

from protocols.struct import Struct
from protocols.vocabulary import (
    COUNT,
    ID,
    MOMENT,
    Amount,
    BasisPoints,
    FailReason,
    Instant,
    LineId,
    LongText,
    Minor,
    NoteId,
    ProofId,
    ProofKind,
    ProofLevel,
    Quantity,
    ShortText,
    UploadId,
    Version,
)


class Point(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place on the earth, in degrees (WGS 84)."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class Position(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a phone is, by its own word. Never stored, never in the journal."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Annotated[float, Meta(ge=0, le=100_000)] = 0
    """Metres around it in which the phone is sure to be; zero: it does not say."""
    heading: Annotated[float, Meta(ge=0, le=360)] | None = None
    """Degrees clockwise from north, when it moves."""


class Address(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something goes. One field group: a street of one edit never joins a city of another."""

    name: ShortText = ""
    street: ShortText = ""
    postcode: ShortText = ""
    city: ShortText = ""
    region: ShortText = ""
    country: ShortText = ""
    phone: ShortText = ""
    instructions: ShortText = ""
    point: Point | None = None
    """Where it is, when somebody knows; it goes with the lines above and never outlives them."""


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a delivery is wanted; `opens` before `closes`."""

    opens: Annotated[Instant, MOMENT]
    closes: Annotated[Instant, MOMENT]


class Party(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who ordered, as printed on this order; later edits of the customer do not change it."""

    name: ShortText
    contact: ShortText = ""
    email: ShortText = ""
    phone: ShortText = ""
    debtor: ShortText = ""
    customer_id: ShortText | None = None
    company_id: ShortText | None = None
    contact_id: ShortText | None = None


class PercentOff(
    Struct,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="percent",
    forbid_unknown_fields=True,
):
    """A share of the discounted amount."""

    basis_points: BasisPoints


class AmountOff(
    Struct,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="amount",
    forbid_unknown_fields=True,
):
    """A fixed amount, at most what it is taken from."""

    amount: Amount


Reduction = PercentOff | AmountOff

ChargeKind = Literal["delivery_fee", "surcharge", "service"]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an order came from: the channel and its own reference there."""

    channel: ShortText = "backoffice"
    reference: ShortText = ""


class Label(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word in one of six tints that operators put on cards."""

    id: ShortText
    name: ShortText
    tint: Literal[0, 1, 2, 3, 4, 5] = 0
    skill: bool = False
    """Whether only drivers with the skill of this id may bring what wears the label."""


class Take(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of one line."""

    line_id: Annotated[LineId, ID]
    quantity: Quantity


class Handed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of one line the customer took; zero when none."""

    line_id: Annotated[LineId, ID]
    quantity: Annotated[int, Meta(ge=0, le=1_000_000)]


class Load(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goods need of a vehicle, or what a vehicle carries; zero in a vehicle is no limit."""

    weight_g: Annotated[int, COUNT] = 0
    volume_ml: Annotated[int, COUNT] = 0
    pieces: Annotated[int, COUNT] = 0


class Break(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pause within a shift, in minutes after midnight."""

    opens: Annotated[int, Meta(ge=0, le=1_440)]
    closes: Annotated[int, Meta(ge=0, le=1_440)]


class Shift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a driver works on some days of each week, by the tenant's clock."""

    days: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)]
    """0 is Monday."""
    opens: Annotated[int, Meta(ge=0, le=1_440)]
    """Minutes after midnight."""
    closes: Annotated[int, Meta(ge=0, le=1_440)]
    breaks: Annotated[tuple[Break, ...], Meta(max_length=6)] = ()


class Tracking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a carrier shows how far a parcel has come."""

    carrier: ShortText = ""
    code: ShortText = ""
    url: Annotated[str, Meta(max_length=400, pattern=r"^(https?://[^\x00\s]+)?$")] = ""


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that shows what happened at the door. The picture itself may arrive later."""

    id: Annotated[ProofId, ID]
    kind: ProofKind
    at: Annotated[Instant, MOMENT]
    """By the phone's clock."""
    text: ShortText = ""
    """The name, the scanned code or the note."""
    upload_id: Annotated[UploadId, ID] | None = None
    """Of a signature or a photo."""


class ProofNeed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a stage wants one kind of proof of what comes into it."""

    kind: ProofKind
    level: ProofLevel


class Attempt(Struct, frozen=True, kw_only=True):
    """A delivery that did not work out."""

    at: Instant
    by_name: str
    reason: FailReason
    note: str = ""


class _StopEdit(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all news for a driver share: the tag `type`."""


class QuantityEdited(_StopEdit, frozen=True, kw_only=True, tag="quantity"):
    """Another number of one line; zero was not there before, or is not any more."""

    line_id: LineId
    name: str
    was: int
    now: int


class AddressEdited(_StopEdit, frozen=True, kw_only=True, tag="address"):
    """It goes elsewhere."""

    was: Address
    now: Address


class WindowEdited(_StopEdit, frozen=True, kw_only=True, tag="window"):
    """It is wanted at another time."""

    was: Window | None
    now: Window | None


class NoteEdited(_StopEdit, frozen=True, kw_only=True, tag="note"):
    """A note for the driver came, or was taken back."""

    note_id: NoteId
    text: str
    gone: bool = False


class HoldEdited(_StopEdit, frozen=True, kw_only=True, tag="hold"):
    """The order must wait, or need not any more."""

    held: bool


class CashEdited(_StopEdit, frozen=True, kw_only=True, tag="cash"):
    """Another amount to collect at the door, in minor units; None is nothing to collect."""

    was: Minor | None
    now: Minor | None


StopEdit = QuantityEdited | AddressEdited | WindowEdited | NoteEdited | HoldEdited | CashEdited


class ToldEdit(Struct, frozen=True, kw_only=True):
    """One piece of news for a driver: what became what, who did it, when and why."""

    edit: StopEdit
    version: Version
    """Of the order; the driver acknowledges up to a version."""
    at: Instant
    by_name: str
    reason: str = ""


class Strokes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature as it was drawn: strokes of points, in the pixels of its pad."""

    width: Annotated[int, Meta(ge=1, le=4_096)]
    height: Annotated[int, Meta(ge=1, le=4_096)]
    strokes: Annotated[
        tuple[
            Annotated[
                tuple[
                    Annotated[tuple[float, ...], Meta(min_length=2, max_length=4)],
                    ...,
                ],
                Meta(max_length=5_000),
            ],
            ...,
        ],
        Meta(min_length=1, max_length=500),
    ]
    """Each point is x, y, and perhaps a time and a pressure; 5,000 points at most."""


__all__ = [
    "Address",
    "AddressEdited",
    "AmountOff",
    "Attempt",
    "Break",
    "CashEdited",
    "ChargeKind",
    "Handed",
    "HoldEdited",
    "Label",
    "Load",
    "LongText",
    "NoteEdited",
    "Party",
    "PercentOff",
    "Point",
    "Position",
    "Proof",
    "ProofNeed",
    "QuantityEdited",
    "Reduction",
    "Shift",
    "Source",
    "StopEdit",
    "Strokes",
    "Take",
    "ToldEdit",
    "Tracking",
    "Window",
    "WindowEdited",
]
