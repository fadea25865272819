"""What a driver's phone says: what was seen, what happened, and what the driver answers.

Sent with `fact` when it happened while the phone was offline: then it is never refused for what
others did meanwhile, but kept, and somebody decides.
"""

from typing import Annotated

from msgspec import Meta

from protocols.intent import OnStop
from protocols.values import Handed, Proof
from protocols.vocabulary import (
    COUNT,
    ID,
    MOMENT,
    DeliveryId,
    ExpenseId,
    ExpenseKind,
    FailReason,
    Instant,
    LongText,
    Price,
    ProposalId,
    ReceiptWord,
    ShortText,
    UploadId,
    Version,
)

_Proofs = Annotated[tuple[Proof, ...], Meta(max_length=20)]


class AcknowledgeStop(OnStop, frozen=True, kw_only=True, tag="acknowledge_stop"):
    """How far the news up to a version of the order has come on the phone. The highest counts."""

    version: Annotated[Version, COUNT]
    receipt: ReceiptWord
    """`delivered`: the phone has it. `seen`: it was on the screen. `acknowledged`: got it."""
    at: Annotated[Instant, MOMENT]


class CollectDelivery(OnStop, frozen=True, kw_only=True, tag="collect_delivery"):
    """The goods are in the vehicle."""

    at: Annotated[Instant, MOMENT]
    """By the phone's clock, as in all facts."""
    scans: Annotated[tuple[ShortText, ...], Meta(max_length=200)] = ()


class ArriveDelivery(OnStop, frozen=True, kw_only=True, tag="arrive_delivery"):
    """The driver is at the door."""

    at: Annotated[Instant, MOMENT]


class CompleteDelivery(OnStop, frozen=True, kw_only=True, tag="complete_delivery"):
    """The goods were handed over, all or a part of them."""

    at: Annotated[Instant, MOMENT]
    shown_version: Annotated[Version, COUNT]
    """The version of the order on the screen that the customer saw or signed."""
    handed: Annotated[tuple[Handed, ...], Meta(min_length=1, max_length=500)]
    reason: ShortText = ""
    """Why it was not everything; needed then."""
    rest_id: Annotated[DeliveryId, ID] | None = None
    """Names the new delivery that brings what is missing; needed when something is."""
    proofs: _Proofs = ()
    cash: Price | None = None
    """What the customer paid at the door, in minor units."""


class FailDelivery(OnStop, frozen=True, kw_only=True, tag="fail_delivery"):
    """It did not work out."""

    at: Annotated[Instant, MOMENT]
    reason: FailReason
    note: LongText = ""
    proofs: _Proofs = ()


class AddProof(OnStop, frozen=True, kw_only=True, tag="add_proof"):
    """One more proof of what was done already."""

    proof: Proof


class ReportExpense(OnStop, frozen=True, kw_only=True, tag="report_expense"):
    """The driver paid something for the delivery."""

    expense_id: Annotated[ExpenseId, ID]
    expense: ExpenseKind
    amount: Price
    at: Annotated[Instant, MOMENT]
    note: ShortText = ""
    upload_id: Annotated[UploadId, ID] | None = None


class AnswerProposal(OnStop, frozen=True, kw_only=True, tag="answer_proposal"):
    """The driver accepts all, a part, or nothing of a change that came after collecting."""

    proposal_id: Annotated[ProposalId, ID]
    accepted: Annotated[tuple[Annotated[str, Meta(max_length=80)], ...], Meta(max_length=500)]
    """Field groups out of the proposal, as `quantity:<line>`; what is missing here is refused."""
    note: ShortText = ""
    at: Annotated[Instant, MOMENT]


FactCommand = (
    AcknowledgeStop
    | CollectDelivery
    | ArriveDelivery
    | CompleteDelivery
    | FailDelivery
    | AddProof
    | ReportExpense
    | AnswerProposal
)
