"""Every command about deliveries, and everything a driver says, with the channels that show it.

Orders stand in `new` and have one delivery with Dora; what a driver says is said late, so that it
is kept whatever the order allows.
"""

from protocols.commands import Command, SetQuantity
from protocols.deliveries import (
    AssignDriver,
    CancelDelivery,
    MergeDeliveries,
    MoveStop,
    ReopenDelivery,
    SetDeliveryAddress,
    SetHub,
    SetMethod,
    SetServiceTime,
    SettleClaim,
    SetTracking,
    SplitDelivery,
    WithdrawProposal,
)
from protocols.facts import (
    AcknowledgeStop,
    AddProof,
    AnswerProposal,
    ArriveDelivery,
    CollectDelivery,
    CompleteDelivery,
    FailDelivery,
    ReportExpense,
)
from protocols.fleet import SaveHub
from protocols.values import Address, Handed, Proof, Take, Tracking
from protocols.vocabulary import (
    ClaimId,
    DeliveryId,
    ExpenseId,
    HubId,
    ProofId,
    ProposalId,
    Version,
)
from tests.parity.words import (
    BOARDS,
    DELIVERY,
    DENIZ,
    DORA,
    EVERYWHERE,
    HALL,
    LINE,
    ONE,
    ORDER,
    PLANNED,
    PRICE,
    SECOND,
    STOPS,
    canary,
)
from tests.support.fakes import MONDAY

PART = DeliveryId("order-1-d2")
STOP = {"order_id": ORDER, "delivery_id": DELIVERY, "epoch": 1}
DONE = {"order_id": ORDER, "delivery_id": DELIVERY}

SPLIT = SplitDelivery(**DONE, new_id=PART, take=(Take(line_id=LINE, quantity=1),))
COLLECT = CollectDelivery(**STOP, at=MONDAY, scans=(canary("scan"),))
FAIL = FailDelivery(
    **STOP,
    at=MONDAY,
    reason="other",
    note=canary("attempt"),
    proofs=(Proof(id=ProofId("proof-2"), kind="note", at=MONDAY, text=canary("excuse")),),
)
COMPLETE = CompleteDelivery(
    **STOP,
    at=MONDAY,
    shown_version=Version(4),
    handed=(
        Handed(line_id=LINE, quantity=2),
        Handed(line_id=SECOND, quantity=3),
    ),
    reason=canary("short"),
    rest_id=DeliveryId("order-1-d9"),
    proofs=(Proof(id=ProofId("proof-1"), kind="name", at=MONDAY, text=canary("signer")),),
    cash=PRICE,
)
GIVEN = AssignDriver(order_id=ORDER, from_driver=DORA, to_driver=DENIZ)
CLOSE = (*ONE, *STOPS, *PLANNED)
"""Who looks at the order itself, drives it or plans it."""

MORE = SetQuantity(order_id=ORDER, line_id=LINE, quantity=5)
DEPOT = SaveHub(hub_id=HubId("depot"), name="Depot", address=Address(city="Bremen"))
ELSEWHERE = Address(street=canary("detour"), city=canary("town"), phone=canary("bell"))

ROAD: tuple[tuple[Command, tuple[Command, ...], tuple[str, ...]], ...] = (
    (SPLIT, (), EVERYWHERE),
    (MergeDeliveries(order_id=ORDER, into_id=DELIVERY, from_ids=(PART,)), (SPLIT,), EVERYWHERE),
    (
        CancelDelivery(order_id=ORDER, delivery_id=PART, reason=canary("pointless")),
        (SPLIT,),
        EVERYWHERE,
    ),
    (MoveStop(**DONE, after_id=DeliveryId("order-2-d1")), (), CLOSE),
    (ReopenDelivery(**DONE, reason=canary("retry")), (FAIL,), (*ONE, *PLANNED)),
    (SetMethod(**DONE, method="pickup"), (), EVERYWHERE),
    (SetHub(**DONE, hub_id=HubId("depot")), (DEPOT,), CLOSE),
    (
        SetTracking(**DONE, tracking=Tracking(carrier="DPD", code=canary("parcel"))),
        (),
        ONE,
    ),
    (SetDeliveryAddress(**DONE, address=ELSEWHERE), (), CLOSE),
    (SetServiceTime(**DONE, seconds=900), (), CLOSE),
    (AcknowledgeStop(**STOP, version=Version(4), receipt="seen", at=MONDAY), (), (*BOARDS, *CLOSE)),
    (COLLECT, (), (*CLOSE, *HALL)),
    (ArriveDelivery(**STOP, at=MONDAY), (), CLOSE),
    (COMPLETE, (), EVERYWHERE),
    (FAIL, (), EVERYWHERE),
    (
        AddProof(
            **STOP,
            proof=Proof(id=ProofId("proof-3"), kind="note", at=MONDAY, text=canary("later")),
        ),
        (),
        (*ONE, *STOPS),
    ),
    (
        ReportExpense(
            **STOP,
            expense_id=ExpenseId("expense-1"),
            expense="toll",
            amount=PRICE,
            at=MONDAY,
            note=canary("expense"),
        ),
        (),
        ONE,
    ),
    (
        AnswerProposal(
            **STOP,
            proposal_id=ProposalId("proposal-6"),
            accepted=("quantity:line-1",),
            note=canary("answer"),
            at=MONDAY,
        ),
        (COLLECT, MORE),
        EVERYWHERE,
    ),
    (
        WithdrawProposal(**DONE, proposal_id=ProposalId("proposal-6")),
        (COLLECT, MORE),
        (*BOARDS, *ONE, *STOPS),
    ),
    (
        SettleClaim(
            order_id=ORDER, claim_id=ClaimId("claim-6"), accept=True, note=canary("verdict")
        ),
        (GIVEN, COMPLETE),
        (*BOARDS, *ONE, *PLANNED, *HALL, f"driver:{DENIZ}"),
    ),
)
