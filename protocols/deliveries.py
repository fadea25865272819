"""What a dispatcher may ask for about the deliveries of an order."""

from typing import Annotated

from msgspec import Meta

from protocols.intent import OnDelivery, OnOrder
from protocols.values import Address, Take, Tracking, Window
from protocols.vocabulary import (
    ID,
    ClaimId,
    DeliveryId,
    DeliveryMethod,
    DriverId,
    HubId,
    LongText,
    ProposalId,
    Reason,
)


class AssignDriver(OnOrder, frozen=True, kw_only=True, tag="assign_driver"):
    """Give one delivery to a driver, or to nobody. Without a delivery: all open ones."""

    from_driver: Annotated[DriverId, ID] | None
    to_driver: Annotated[DriverId, ID] | None
    delivery_id: Annotated[DeliveryId, ID] | None = None
    epoch: int | None = None
    """The delivery's assignment epoch the asker saw; a newer one supersedes."""
    pinned: bool = False
    after_id: Annotated[DeliveryId, ID] | None = None
    """The stop of the new driver that it should follow; without neighbours it becomes the last."""
    before_id: Annotated[DeliveryId, ID] | None = None


class MoveStop(OnDelivery, frozen=True, kw_only=True, tag="move_stop"):
    """Put a stop elsewhere in its driver's run, between the neighbours the mover saw."""

    after_id: Annotated[DeliveryId, ID] | None = None
    before_id: Annotated[DeliveryId, ID] | None = None


class SplitDelivery(OnDelivery, frozen=True, kw_only=True, tag="split_delivery"):
    """Take some of what a delivery brings into a new one; the rest keeps id, place and driver."""

    new_id: Annotated[DeliveryId, ID]
    take: Annotated[tuple[Take, ...], Meta(min_length=1, max_length=500)]
    method: DeliveryMethod | None = None
    """As the original's when none is named; so are the other fields."""
    hub_id: Annotated[HubId, ID] | None = None
    window: Window | None = None
    address: Address | None = None


class MergeDeliveries(OnOrder, frozen=True, kw_only=True, tag="merge_deliveries"):
    """Bring what several deliveries of an order bring with one of them."""

    into_id: Annotated[DeliveryId, ID]
    from_ids: Annotated[tuple[Annotated[DeliveryId, ID], ...], Meta(min_length=1, max_length=50)]


class CancelDelivery(OnDelivery, frozen=True, kw_only=True, tag="cancel_delivery"):
    """Make one delivery less; another open one of the order brings what it would have brought."""

    reason: Reason


class ReopenDelivery(OnDelivery, frozen=True, kw_only=True, tag="reopen_delivery"):
    """Plan a failed delivery once more."""

    reason: LongText = ""


class SetMethod(OnDelivery, frozen=True, kw_only=True, tag="set_method"):
    """Say how a delivery gets to the customer."""

    method: DeliveryMethod


class SetHub(OnDelivery, frozen=True, kw_only=True, tag="set_hub"):
    """Say where a delivery starts from."""

    hub_id: Annotated[HubId, ID] | None


class SetTracking(OnDelivery, frozen=True, kw_only=True, tag="set_tracking"):
    """Say where a carrier's parcel can be followed; none removes it."""

    tracking: Tracking | None


class SetDeliveryAddress(OnDelivery, frozen=True, kw_only=True, tag="set_delivery_address"):
    """Bring one delivery elsewhere than the order says; none follows the order again."""

    address: Address | None


class SetServiceTime(OnDelivery, frozen=True, kw_only=True, tag="set_service_time"):
    """Say how long a stop takes at the door; zero is the tenant's usual time."""

    seconds: Annotated[int, Meta(ge=0, le=86_400)]


class WithdrawProposal(OnDelivery, frozen=True, kw_only=True, tag="withdraw_proposal"):
    """Take back a change that waits for the driver's answer."""

    proposal_id: Annotated[ProposalId, ID]


class SettleClaim(OnOrder, frozen=True, kw_only=True, tag="settle_claim"):
    """Decide about something a driver said that the order did not allow: believe it or not."""

    claim_id: Annotated[ClaimId, ID]
    accept: bool
    note: LongText = ""


DeliveryCommand = (
    AssignDriver
    | MoveStop
    | SplitDelivery
    | MergeDeliveries
    | CancelDelivery
    | ReopenDelivery
    | SetMethod
    | SetHub
    | SetTracking
    | SetDeliveryAddress
    | SetServiceTime
    | WithdrawProposal
    | SettleClaim
)
