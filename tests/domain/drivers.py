"""Two drivers who say anything about a few deliveries, true or not, in time or late."""

from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.commands import OrderCommand
from protocols.deliveries import SettleClaim, WithdrawProposal
from protocols.facts import (
    AcknowledgeStop,
    AddProof,
    AnswerProposal,
    ArriveDelivery,
    CollectDelivery,
    CompleteDelivery,
    FactCommand,
    FailDelivery,
    ReportExpense,
)
from protocols.values import Handed, Proof
from protocols.vocabulary import ClaimId, Instant, ProofId, ProposalId
from server.domain.orders.groups import delivery_of
from server.domain.orders.state import Order
from tests.support import roads
from tests.support.builders import NOW
from tests.support.roads import a_driver_actor

ANA, TOM = a_driver_actor(roads.ANA), a_driver_actor(roads.TOM)

NOW_HELD = -1
"""The epoch that the delivery has when the phone speaks."""

WAITING = "waiting"
"""The claim or the question that waits then."""

DELIVERIES = (*("del-1",) * 6, "rest-1", "rest-2", "del-x")

_order_ids = st.sampled_from([*("ord-1",) * 7, "ord-2"])
_moments = st.integers(NOW - 1_000, NOW + 1_000).map(Instant)
_versions = st.sampled_from([0, 1, 2, 3, 5, 8, 13, 10_000])
_proofs = st.builds(
    Proof,
    id=st.sampled_from(["proof-1", "proof-2", "proof-3"]).map(ProofId),
    kind=st.sampled_from(["signature", "photo", "name"]),
    at=_moments,
)
_handed = st.lists(
    st.builds(
        Handed, line_id=st.sampled_from(["line-1", "line-2", "line-x"]), quantity=st.integers(0, 3)
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda each: each.line_id,
).map(tuple)
_everything = st.just((Handed(line_id="line-1", quantity=2), Handed(line_id="line-2", quantity=2)))
_STOP = {
    "order_id": _order_ids,
    "delivery_id": st.sampled_from(DELIVERIES),
    "epoch": st.sampled_from([NOW_HELD, NOW_HELD, NOW_HELD, 0, 1, 2]),
}


def facts() -> st.SearchStrategy[FactCommand]:
    """Anything a phone may say."""
    proofs = st.lists(_proofs, max_size=2).map(tuple)
    return st.one_of(
        st.builds(
            AcknowledgeStop,
            **_STOP,
            version=_versions,
            receipt=st.sampled_from(["sent", "delivered", "seen", "acknowledged"]),
            at=_moments,
        ),
        st.builds(CollectDelivery, **_STOP, at=_moments),
        st.builds(CollectDelivery, **_STOP, at=_moments),
        st.builds(ArriveDelivery, **_STOP, at=_moments),
        st.builds(
            CompleteDelivery,
            **_STOP,
            at=_moments,
            shown_version=_versions,
            handed=st.one_of(_everything, _handed),
            reason=st.sampled_from(["", "short"]),
            rest_id=st.sampled_from([None, "rest-1", "rest-2", "del-1"]),
            proofs=proofs,
            cash=st.sampled_from([None, 4_000]),
        ),
        st.builds(
            FailDelivery,
            **_STOP,
            at=_moments,
            reason=st.sampled_from(["nobody_home", "other"]),
            note=st.sampled_from(["", "dog"]),
            proofs=proofs,
        ),
        st.builds(AddProof, **_STOP, proof=_proofs),
        st.builds(
            ReportExpense,
            **_STOP,
            expense_id=st.sampled_from(["exp-1", "exp-2"]),
            expense=st.sampled_from(["fuel", "toll"]),
            amount=st.integers(0, 9_000),
            at=_moments,
        ),
        st.builds(
            AnswerProposal,
            **_STOP,
            proposal_id=st.sampled_from([WAITING, "proposal-2"]).map(ProposalId),
            accepted=st.lists(
                st.sampled_from(["quantity:line-1", "shipping_address", "window:del-1"]),
                max_size=3,
            ).map(tuple),
            at=_moments,
        ),
    )


def replies() -> st.SearchStrategy[SettleClaim | WithdrawProposal]:
    """What the house says about claims and proposals."""
    return st.one_of(
        st.builds(
            SettleClaim,
            order_id=_order_ids,
            claim_id=st.sampled_from([WAITING, "claim-2"]).map(ClaimId),
            accept=st.booleans(),
        ),
        st.builds(
            WithdrawProposal,
            order_id=_order_ids,
            delivery_id=st.just("del-1"),
            proposal_id=st.sampled_from([WAITING, "proposal-2"]).map(ProposalId),
        ),
    )


def aimed(command: OrderCommand, order: Order | None) -> OrderCommand:
    """The command about what is there when it is said, where it says so."""
    if order is None:
        return command
    if isinstance(command, SettleClaim):
        waiting = order.claims[-1].id if order.claims else command.claim_id
        return replace(command, claim_id=waiting) if command.claim_id == WAITING else command
    delivery = delivery_of(order, getattr(command, "delivery_id", None))
    if delivery is None:
        return command
    if isinstance(command, FactCommand) and command.epoch == NOW_HELD:
        command = replace(command, epoch=delivery.epoch)
    asks = isinstance(command, AnswerProposal | WithdrawProposal)
    if asks and command.proposal_id == WAITING and delivery.proposal is not None:
        command = replace(command, proposal_id=delivery.proposal.id)
    return command
