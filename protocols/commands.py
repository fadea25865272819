"""Everything a client may ask for. An intent means the same on the wire and in the rules.

A kind without suffix is revision 1; a changed meaning is a new kind `move_order@2`, and both live
until the oldest supported client speaks the new one.
"""

from typing import Annotated, Literal

from msgspec import Meta

from protocols.deliveries import AssignDriver, DeliveryCommand
from protocols.facts import FactCommand
from protocols.fleet import RecordCommand
from protocols.intent import Intent, OnOrder
from protocols.struct import Struct
from protocols.values import Address, ChargeKind, Party, Reduction, Source, Window
from protocols.vocabulary import (
    COUNT,
    ID,
    MOMENT,
    BasisPoints,
    Currency,
    CustomerId,
    DeliveryId,
    DeliveryMethod,
    DiscountId,
    DriverId,
    Instant,
    LabelId,
    LineId,
    LongText,
    NoteId,
    Number,
    OrderId,
    PaymentMethod,
    PersonId,
    Price,
    Priority,
    ProductId,
    Quantity,
    Reason,
    ShortText,
    StageId,
    Version,
)


class NewLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line to be added: a product of the catalogue, or free text with its own price."""

    line_id: Annotated[LineId, ID]
    quantity: Quantity
    product_id: Annotated[ProductId, ID] | None = None
    name: ShortText = ""
    unit_price: Price | None = None
    """Overrides the catalogue's price; needed for free text."""
    tax_rate: BasisPoints | None = None
    discount: BasisPoints = 0


class NewCharge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the customer pays besides the lines."""

    charge: ChargeKind
    amount: Price


class CreateOrder(OnOrder, frozen=True, kw_only=True, tag="create_order"):
    """Place an order in the first stage of the tenant's workflow, with one delivery."""

    delivery_id: Annotated[DeliveryId, ID]
    customer_id: Annotated[CustomerId, ID] | None = None
    customer: Party | None = None
    """A customer without a record, or other words than the record's for this order."""
    lines: Annotated[list[NewLine], Meta(max_length=500)] = []
    charges: Annotated[list[NewCharge], Meta(max_length=20)] = []
    shipping_address: Address | None = None
    billing_address: Address | None = None
    window: Window | None = None
    method: DeliveryMethod = "own_driver"
    currency: Currency | None = None
    payment_method: PaymentMethod | None = None
    priority: Priority = 1
    labels: Annotated[list[LabelId], Meta(max_length=20)] = []
    source: Source = Source()
    csr_id: Annotated[PersonId, ID] | None = None
    driver_id: Annotated[DriverId, ID] | None = None
    note: LongText = ""


class CopyOrder(OnOrder, frozen=True, kw_only=True, tag="copy_order"):
    """Place a new order with another's customer, addresses and lines."""

    copied_id: Annotated[OrderId, ID]
    delivery_id: Annotated[DeliveryId, ID]
    prices: Literal["keep", "current"] = "current"


class MoveOrder(OnOrder, frozen=True, kw_only=True, tag="move_order"):
    """Put a card into a stage, between the neighbours the mover saw; without any, at the bottom."""

    from_stage: Annotated[StageId, ID]
    to_stage: Annotated[StageId, ID]
    after_id: Annotated[OrderId, ID] | None = None
    before_id: Annotated[OrderId, ID] | None = None
    note: LongText = ""


class ReorderOrder(OnOrder, frozen=True, kw_only=True, tag="reorder_order"):
    """Put a card elsewhere in its own stage."""

    after_id: Annotated[OrderId, ID] | None = None
    before_id: Annotated[OrderId, ID] | None = None


class AddLines(OnOrder, frozen=True, kw_only=True, tag="add_lines"):
    """Add products or free-text lines."""

    lines: Annotated[list[NewLine], Meta(min_length=1, max_length=200)]


class SetQuantity(OnOrder, frozen=True, kw_only=True, tag="set_quantity"):
    """Change how many are ordered on one line."""

    line_id: Annotated[LineId, ID]
    quantity: Quantity


class SetPrice(OnOrder, frozen=True, kw_only=True, tag="set_price"):
    """Change the unit price of one line."""

    line_id: Annotated[LineId, ID]
    unit_price: Price
    reason: ShortText = ""


class RemoveLine(OnOrder, frozen=True, kw_only=True, tag="remove_line"):
    """Take one line off the order."""

    line_id: Annotated[LineId, ID]
    reason: ShortText = ""


class SetDiscount(OnOrder, frozen=True, kw_only=True, tag="set_discount"):
    """Give or change a discount on the order, or on one line."""

    discount_id: Annotated[DiscountId, ID]
    reduction: Reduction
    line_id: Annotated[LineId, ID] | None = None
    reason: ShortText = ""


class RemoveDiscount(OnOrder, frozen=True, kw_only=True, tag="remove_discount"):
    """Take a discount back."""

    discount_id: Annotated[DiscountId, ID]


class SetCharge(OnOrder, frozen=True, kw_only=True, tag="set_charge"):
    """Set what the customer pays for delivery or service; zero removes it."""

    charge: ChargeKind
    amount: Price


class SetCustomer(OnOrder, frozen=True, kw_only=True, tag="set_customer"):
    """Change who ordered, as printed on this order."""

    customer: Party


class SetAddress(OnOrder, frozen=True, kw_only=True, tag="set_address"):
    """Change the shipping or the billing address as a whole."""

    which: Literal["shipping", "billing"]
    address: Address


class SetWindow(OnOrder, frozen=True, kw_only=True, tag="set_window"):
    """Say when a delivery is wanted; none means any time."""

    delivery_id: Annotated[DeliveryId, ID]
    window: Window | None


class SetPriority(OnOrder, frozen=True, kw_only=True, tag="set_priority"):
    """Change the priority flag."""

    priority: Priority


class ChangeLabels(OnOrder, frozen=True, kw_only=True, tag="change_labels"):
    """Put labels on and take labels off; two such changes always merge."""

    add: Annotated[list[LabelId], Meta(max_length=20)] = []
    remove: Annotated[list[LabelId], Meta(max_length=20)] = []


class SetPayment(OnOrder, frozen=True, kw_only=True, tag="set_payment"):
    """Change how the customer will pay."""

    payment_method: PaymentMethod | None


class SetCustom(OnOrder, frozen=True, kw_only=True, tag="set_custom"):
    """Set one of the tenant's own fields; empty text removes it."""

    key: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    value: ShortText


class HoldOrder(OnOrder, frozen=True, kw_only=True, tag="hold_order"):
    """Stop progress without leaving the stage."""

    reason: Reason
    until: Annotated[Instant, MOMENT] | None = None


class ReleaseOrder(OnOrder, frozen=True, kw_only=True, tag="release_order"):
    """Lift the hold."""


class FlagReview(OnOrder, frozen=True, kw_only=True, tag="flag_review"):
    """Ask for a manual look; empty text clears the flag."""

    reason: ShortText


class AddNote(OnOrder, frozen=True, kw_only=True, tag="add_note"):
    """Write an internal note. Notes only ever grow, so they never conflict."""

    note_id: Annotated[NoteId, ID]
    text: Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]
    for_driver: bool = False


class RemoveNote(OnOrder, frozen=True, kw_only=True, tag="remove_note"):
    """Take a note back: its author, or who may moderate."""

    note_id: Annotated[NoteId, ID]


class AssignCsr(OnOrder, frozen=True, kw_only=True, tag="assign_csr"):
    """Give the order to a back-office person, or to nobody."""

    from_csr: Annotated[PersonId, ID] | None
    to_csr: Annotated[PersonId, ID] | None


class CancelOrder(OnOrder, frozen=True, kw_only=True, tag="cancel_order"):
    """End the order without delivering the rest; it stays on record."""

    reason: Reason


class DeleteOrder(OnOrder, frozen=True, kw_only=True, tag="delete_order"):
    """Hide the order from every screen; a superadmin can bring it back."""

    reason: ShortText = ""


class RestoreOrder(OnOrder, frozen=True, kw_only=True, tag="restore_order"):
    """Bring a deleted or archived order back where it was."""


class ArchiveOrder(OnOrder, frozen=True, kw_only=True, tag="archive_order"):
    """Take a finished order off the board; lists still find it."""


class SaveCustomer(Intent, frozen=True, kw_only=True, tag="save_customer"):
    """Create a customer or replace its record."""

    customer_id: Annotated[CustomerId, ID]
    customer: Party
    shipping_address: Address = Address()
    billing_address: Address | None = None


class Undo(Intent, frozen=True, kw_only=True, tag="undo"):
    """Reverse one of this client's own earlier commands, unless somebody changed it since."""

    undone: Annotated[Number, COUNT]


OrderCommand = (
    CreateOrder
    | CopyOrder
    | MoveOrder
    | ReorderOrder
    | AddLines
    | SetQuantity
    | SetPrice
    | RemoveLine
    | SetDiscount
    | RemoveDiscount
    | SetCharge
    | SetCustomer
    | SetAddress
    | SetWindow
    | SetPriority
    | ChangeLabels
    | SetPayment
    | SetCustom
    | HoldOrder
    | ReleaseOrder
    | FlagReview
    | AddNote
    | RemoveNote
    | AssignCsr
    | CancelOrder
    | DeleteOrder
    | RestoreOrder
    | ArchiveOrder
    | DeliveryCommand
    | FactCommand
)

SingleCommand = OrderCommand | SaveCustomer | RecordCommand


class BulkItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command of a bulk with the version its asker saw."""

    command: OrderCommand
    base_version: Annotated[Version, COUNT] = Version(0)
    over: Annotated[Version, COUNT] = Version(0)


class RunBulk(Intent, frozen=True, kw_only=True, tag="run_bulk"):
    """Do many single commands, each judged on its own and answered with its own receipt."""

    mode: Literal["best_effort", "all_or_nothing"] = "best_effort"
    dry_run: bool = False
    items: Annotated[list[BulkItem], Meta(min_length=1, max_length=500)]


Command = SingleCommand | RunBulk | Undo

__all__ = [
    "AddLines",
    "AddNote",
    "ArchiveOrder",
    "AssignCsr",
    "AssignDriver",
    "BulkItem",
    "CancelOrder",
    "ChangeLabels",
    "Command",
    "CopyOrder",
    "CreateOrder",
    "DeleteOrder",
    "FlagReview",
    "HoldOrder",
    "MoveOrder",
    "NewCharge",
    "NewLine",
    "OrderCommand",
    "ReleaseOrder",
    "RemoveDiscount",
    "RemoveLine",
    "RemoveNote",
    "ReorderOrder",
    "RestoreOrder",
    "RunBulk",
    "SaveCustomer",
    "SetAddress",
    "SetCharge",
    "SetCustom",
    "SetCustomer",
    "SetDiscount",
    "SetPayment",
    "SetPrice",
    "SetPriority",
    "SetQuantity",
    "SetWindow",
    "SingleCommand",
    "Undo",
]
