"""Value shapes that commands carry in and views carry out unchanged."""

from typing import Annotated, Literal

import msgspec

from protocols.vocabulary import (
    MOMENT,
    Amount,
    BasisPoints,
    Instant,
    LongText,
    ShortText,
)


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something goes. One field group: a street of one edit never joins a city of another."""

    name: ShortText = ""
    street: ShortText = ""
    postcode: ShortText = ""
    city: ShortText = ""
    region: ShortText = ""
    country: ShortText = ""
    phone: ShortText = ""
    instructions: ShortText = ""


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a delivery is wanted; `opens` before `closes`."""

    opens: Annotated[Instant, MOMENT]
    closes: Annotated[Instant, MOMENT]


class Party(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="percent",
    forbid_unknown_fields=True,
):
    """A share of the discounted amount."""

    basis_points: BasisPoints


class AmountOff(
    msgspec.Struct,
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


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an order came from: the channel and its own reference there."""

    channel: ShortText = "backoffice"
    reference: ShortText = ""


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word in one of six tints that operators put on cards."""

    id: ShortText
    name: ShortText
    tint: Literal[0, 1, 2, 3, 4, 5] = 0


__all__ = [
    "Address",
    "AmountOff",
    "ChargeKind",
    "Label",
    "LongText",
    "Party",
    "PercentOff",
    "Reduction",
    "Source",
    "Window",
]
