"""What has happened to an order. Each event carries what was there before, so it can be undone."""

from typing import Literal

from protocols.struct import Struct
from protocols.values import Address, ChargeKind, Party, Window
from protocols.vocabulary import (
    Category,
    DeliveryId,
    LabelId,
    LineId,
    Minor,
    PaymentMethod,
    PersonId,
    Priority,
    Rank,
    StageId,
)
from server.domain.orders.delivery import Portion
from server.domain.orders.delivery_events import PlanningEvent, RoadEvent
from server.domain.orders.state import Discount, Hold, Line, Note, Order


class _Event(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all events share: the tag `type`."""


class OrderPlaced(_Event, frozen=True, kw_only=True, tag="order.placed"):
    """The order exists, as given, at version 1."""

    order: Order


class StageChanged(_Event, frozen=True, kw_only=True, tag="order.stage_changed"):
    """The card is in another stage. `cause` is the rule when no person moved it.

    `overridden` names the gates that did not hold and were passed with a reason, the note.
    """

    from_stage: StageId
    from_category: Category
    from_rank: Rank
    to_stage: StageId
    to_category: Category
    rank: Rank
    note: str = ""
    cause: str = ""
    overridden: tuple[str, ...] = ()


class RankChanged(_Event, frozen=True, kw_only=True, tag="order.rank_changed"):
    """The card has another place in its stage."""

    rank: Rank
    was: Rank


class LinesAdded(_Event, frozen=True, kw_only=True, tag="order.lines_added"):
    """These lines came to the end of the order."""

    lines: tuple[Line, ...]
    delivery_id: DeliveryId | None = None
    """The delivery that brings them; none: the rest does."""


class LineReturned(_Event, frozen=True, kw_only=True, tag="order.line_returned"):
    """A removed line is back at its place (undo)."""

    line: Line
    position: int
    discounts: tuple[Discount, ...] = ()
    portions: tuple[Portion, ...] = ()
    """What deliveries bring of it by their own allocations; the rest brings the others."""


class QuantityChanged(_Event, frozen=True, kw_only=True, tag="order.quantity_changed"):
    """Another quantity on one line."""

    line_id: LineId
    quantity: int
    was: int
    delivery_id: DeliveryId | None = None
    """The delivery whose allocation takes the difference; none: the rest does."""


class PriceChanged(_Event, frozen=True, kw_only=True, tag="order.price_changed"):
    """Another unit price on one line."""

    line_id: LineId
    unit_price: Minor
    was: Minor
    reason: str = ""


class LineRemoved(_Event, frozen=True, kw_only=True, tag="order.line_removed"):
    """The line and its own discounts are gone."""

    line: Line
    position: int
    discounts: tuple[Discount, ...] = ()
    portions: tuple[Portion, ...] = ()
    """What deliveries had of it by their own allocations."""
    reason: str = ""


class DiscountSet(_Event, frozen=True, kw_only=True, tag="order.discount_set"):
    """A discount was given or changed."""

    discount: Discount
    was: Discount | None = None


class DiscountRemoved(_Event, frozen=True, kw_only=True, tag="order.discount_removed"):
    """A discount was taken back."""

    discount: Discount


class ChargeSet(_Event, frozen=True, kw_only=True, tag="order.charge_set"):
    """A charge has this amount now; zero is none."""

    charge: ChargeKind
    amount: Minor
    was: Minor


class CustomerChanged(_Event, frozen=True, kw_only=True, tag="order.customer_changed"):
    """Other words about who ordered."""

    customer: Party
    was: Party


class AddressChanged(_Event, frozen=True, kw_only=True, tag="order.address_changed"):
    """Another address."""

    which: Literal["shipping", "billing"]
    address: Address | None
    was: Address | None


class WindowChanged(_Event, frozen=True, kw_only=True, tag="order.window_changed"):
    """A delivery is wanted at another time."""

    delivery_id: DeliveryId
    window: Window | None
    was: Window | None


class PriorityChanged(_Event, frozen=True, kw_only=True, tag="order.priority_changed"):
    """Another priority."""

    priority: Priority
    was: Priority


class LabelsChanged(_Event, frozen=True, kw_only=True, tag="order.labels_changed"):
    """Labels that were really added and really removed."""

    added: tuple[LabelId, ...] = ()
    removed: tuple[LabelId, ...] = ()


class PaymentChanged(_Event, frozen=True, kw_only=True, tag="order.payment_changed"):
    """Another way to pay."""

    payment_method: PaymentMethod | None
    was: PaymentMethod | None


class CustomChanged(_Event, frozen=True, kw_only=True, tag="order.custom_changed"):
    """One of the tenant's own fields; empty is none."""

    key: str
    value: str
    was: str


class Held(_Event, frozen=True, kw_only=True, tag="order.held"):
    """Progress is blocked."""

    hold: Hold


class Released(_Event, frozen=True, kw_only=True, tag="order.released"):
    """Progress is free again."""

    hold: Hold


class ReviewChanged(_Event, frozen=True, kw_only=True, tag="order.review_changed"):
    """Asked for, or no longer in need of, a manual look."""

    review: str | None
    was: str | None


class NoteAdded(_Event, frozen=True, kw_only=True, tag="order.note_added"):
    """One more note."""

    note: Note


class NoteRemoved(_Event, frozen=True, kw_only=True, tag="order.note_removed"):
    """A note was taken back; the journal keeps it."""

    note: Note


class CsrAssigned(_Event, frozen=True, kw_only=True, tag="order.csr_assigned"):
    """Another back-office person, or nobody."""

    csr_id: PersonId | None
    was: PersonId | None


class OrderDeleted(_Event, frozen=True, kw_only=True, tag="order.deleted"):
    """Hidden from every screen."""

    reason: str = ""


class OrderRestored(_Event, frozen=True, kw_only=True, tag="order.restored"):
    """Back from deletion or archive."""

    was_deleted: bool = False
    was_archived: bool = False


class OrderArchived(_Event, frozen=True, kw_only=True, tag="order.archived"):
    """Off the board, still in the lists."""


OrderEvent = (
    OrderPlaced
    | StageChanged
    | RankChanged
    | LinesAdded
    | LineReturned
    | QuantityChanged
    | PriceChanged
    | LineRemoved
    | DiscountSet
    | DiscountRemoved
    | ChargeSet
    | CustomerChanged
    | AddressChanged
    | WindowChanged
    | PriorityChanged
    | LabelsChanged
    | PaymentChanged
    | CustomChanged
    | Held
    | Released
    | ReviewChanged
    | NoteAdded
    | NoteRemoved
    | CsrAssigned
    | OrderDeleted
    | OrderRestored
    | OrderArchived
    | PlanningEvent
    | RoadEvent
)
