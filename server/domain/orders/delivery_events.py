"""What has happened to the deliveries of an order. Each carries what was there before."""

from protocols.struct import Struct
from protocols.values import Address, Attempt, Handed, Proof, Take, Tracking
from protocols.vocabulary import (
    Assigner,
    Category,
    ClaimId,
    DeliveryId,
    DeliveryMethod,
    DriverId,
    HubId,
    Instant,
    Minor,
    Rank,
    ReceiptWord,
    Version,
)
from server.domain.orders.delivery import Claim, Delivery, Expense, Proposal, Seen


class _Event(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all events share: the tag `type`."""


class DriverAssigned(_Event, frozen=True, kw_only=True, tag="order.driver_assigned"):
    """Another driver for one delivery, or nobody; the epoch fences the former one."""

    delivery_id: DeliveryId
    driver_id: DriverId | None
    was: DriverId | None
    assigned_by: Assigner = "human"
    pinned: bool = False
    was_pinned: bool = False
    epoch: int
    call_sign: str = ""
    stop_rank: Rank | None = None
    was_rank: Rank | None = None


class StopMoved(_Event, frozen=True, kw_only=True, tag="delivery.stop_moved"):
    """The stop has another place in its driver's run."""

    delivery_id: DeliveryId
    stop_rank: Rank
    was: Rank | None


class DeliverySplit(_Event, frozen=True, kw_only=True, tag="delivery.split"):
    """Some of what one delivery brought is in a new one now. `was`: its allocations before."""

    from_id: DeliveryId
    new: Delivery
    was: tuple[Take, ...] | None = None


class DeliveriesMerged(_Event, frozen=True, kw_only=True, tag="delivery.merged"):
    """One delivery brings what the others did; they are gone. `was`: its allocations before."""

    into_id: DeliveryId
    merged: tuple[Delivery, ...]
    allocations: tuple[Take, ...] | None = None
    was: tuple[Take, ...] | None = None


class DeliveryCancelled(_Event, frozen=True, kw_only=True, tag="delivery.cancelled"):
    """The delivery is gone; `into_id` brings what it would have brought."""

    delivery: Delivery
    into_id: DeliveryId
    allocations: tuple[Take, ...] | None = None
    was: tuple[Take, ...] | None = None
    reason: str = ""


class DeliveriesSet(_Event, frozen=True, kw_only=True, tag="delivery.restored"):
    """The deliveries are as they were before a split, a merge or a cancellation (undo)."""

    deliveries: tuple[Delivery, ...]
    was: tuple[Delivery, ...]


class MethodChanged(_Event, frozen=True, kw_only=True, tag="delivery.method_changed"):
    """It gets to the customer another way."""

    delivery_id: DeliveryId
    method: DeliveryMethod
    was: DeliveryMethod


class HubChanged(_Event, frozen=True, kw_only=True, tag="delivery.hub_changed"):
    """It starts from elsewhere."""

    delivery_id: DeliveryId
    hub_id: HubId | None
    was: HubId | None


class TrackingChanged(_Event, frozen=True, kw_only=True, tag="delivery.tracking_changed"):
    """It can be followed elsewhere."""

    delivery_id: DeliveryId
    tracking: Tracking | None
    was: Tracking | None


class DeliveryAddressChanged(_Event, frozen=True, kw_only=True, tag="delivery.address_changed"):
    """This delivery goes elsewhere than before."""

    delivery_id: DeliveryId
    address: Address | None
    was: Address | None


class ServiceTimeChanged(_Event, frozen=True, kw_only=True, tag="delivery.service_time_changed"):
    """It takes another time at the door."""

    delivery_id: DeliveryId
    seconds: int
    was: int


class StopReceived(_Event, frozen=True, kw_only=True, tag="delivery.received"):
    """News of the delivery has come this far on the phone."""

    delivery_id: DeliveryId
    version: Version
    receipt: ReceiptWord
    at: Instant


class StopEscalated(_Event, frozen=True, kw_only=True, tag="delivery.escalated"):
    """Nobody acknowledged in time what was told up to this version."""

    delivery_id: DeliveryId
    version: Version


class DeliveryCollected(_Event, frozen=True, kw_only=True, tag="delivery.collected"):
    """The goods are in the vehicle. `allocations`: what it brings is fixed from now on."""

    delivery_id: DeliveryId
    driver_id: DriverId
    at: Instant
    allocations: tuple[Take, ...] = ()
    scans: tuple[str, ...] = ()


class DriverArrived(_Event, frozen=True, kw_only=True, tag="delivery.arrived"):
    """The driver is at the door."""

    delivery_id: DeliveryId
    driver_id: DriverId
    at: Instant


class DeliveryCompleted(_Event, frozen=True, kw_only=True, tag="delivery.delivered"):
    """The goods were handed over, and this is what the customer saw and signed."""

    delivery_id: DeliveryId
    driver_id: DriverId
    at: Instant
    handed: tuple[Handed, ...]
    seen: Seen
    proofs: tuple[Proof, ...] = ()
    cash: Minor | None = None
    reason: str = ""


class DeliveryFailed(_Event, frozen=True, kw_only=True, tag="delivery.failed"):
    """It did not work out."""

    delivery_id: DeliveryId
    driver_id: DriverId
    attempt: Attempt
    proofs: tuple[Proof, ...] = ()


class DeliveryReopened(_Event, frozen=True, kw_only=True, tag="delivery.reopened"):
    """A failed delivery is planned again, without a driver."""

    delivery_id: DeliveryId
    category: Category
    epoch: int
    reason: str = ""


class ProofAdded(_Event, frozen=True, kw_only=True, tag="delivery.proof_added"):
    """One more proof."""

    delivery_id: DeliveryId
    proof: Proof


class ExpenseReported(_Event, frozen=True, kw_only=True, tag="order.expense_reported"):
    """The driver paid something on the way."""

    expense: Expense


class ChangeProposed(_Event, frozen=True, kw_only=True, tag="delivery.change_proposed"):
    """A change after collecting waits for the driver; it replaces the one that waited."""

    delivery_id: DeliveryId
    proposal: Proposal
    was: Proposal | None = None


class ProposalAnswered(_Event, frozen=True, kw_only=True, tag="delivery.proposal_answered"):
    """The driver said yes to some of it. What was accepted stands beside it as its own events."""

    delivery_id: DeliveryId
    proposal: Proposal
    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    note: str = ""
    at: Instant


class ProposalWithdrawn(_Event, frozen=True, kw_only=True, tag="delivery.proposal_withdrawn"):
    """Nobody waits for the driver's answer any more."""

    delivery_id: DeliveryId
    proposal: Proposal


class ClaimFiled(_Event, frozen=True, kw_only=True, tag="order.claim_filed"):
    """A driver said something that the order did not allow; it is kept until decided."""

    claim: Claim


class ClaimSettled(_Event, frozen=True, kw_only=True, tag="order.claim_settled"):
    """Somebody decided. What was believed stands beside it as its own events."""

    claim_id: ClaimId
    claim: Claim
    accepted: bool
    note: str = ""


PlanningEvent = (
    DriverAssigned
    | StopMoved
    | DeliverySplit
    | DeliveriesMerged
    | DeliveryCancelled
    | DeliveriesSet
    | MethodChanged
    | HubChanged
    | TrackingChanged
    | DeliveryAddressChanged
    | ServiceTimeChanged
)
"""What dispatchers do to deliveries."""

RoadEvent = (
    StopReceived
    | StopEscalated
    | DeliveryCollected
    | DriverArrived
    | DeliveryCompleted
    | DeliveryFailed
    | DeliveryReopened
    | ProofAdded
    | ExpenseReported
    | ChangeProposed
    | ProposalAnswered
    | ProposalWithdrawn
    | ClaimFiled
    | ClaimSettled
)
"""What happens on the road, and what is decided about it."""
