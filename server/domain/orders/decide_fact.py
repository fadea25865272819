"""The rules for what drivers say: who is believed, and what becomes of it. [FA]"""

from typing import assert_never

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
from protocols.rejections import NotFound, Superseded
from protocols.vocabulary import AggregateId, DriverId, Instant, Minor
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.answer_proposal import decide_answer
from server.domain.orders.delivery import Delivery, Expense
from server.domain.orders.delivery_events import ExpenseReported, ProofAdded, StopReceived
from server.domain.orders.gone import heir_of
from server.domain.orders.groups import delivery_of, invalid
from server.domain.orders.happened import claimed, decide_happened
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.world import World

_MOST_PROOFS = 40
_MOST_EXPENSES = 100


def decide_fact(order: Order, command: FactCommand, asked: Asked, world: World) -> Decision:
    """Decide what a driver said about a delivery that is, or was, in their hands."""
    driver_id = asked.actor.driver_id
    delivery = delivery_of(order, command.delivery_id)
    if driver_id is not None and delivery is not None and _had(delivery, driver_id):
        return _of_known(order, delivery, command, driver_id, asked, world)
    heir = heir_of(order, command.delivery_id, driver_id) if driver_id is not None else None
    # FA1: whoever never had it learns nothing, not even that it exists
    if driver_id is None or heir is None:
        return Refused(NotFound(aggregate_id=AggregateId(order.id)))
    return _of_gone(order, heir, command, driver_id, asked)


def _of_known(
    order: Order,
    delivery: Delivery,
    command: FactCommand,
    driver_id: DriverId,
    asked: Asked,
    world: World,
) -> Decision:
    """Hear a driver who has the delivery, or had it."""
    believed = holds(delivery, driver_id, command.epoch)
    match command:
        case CollectDelivery() | ArriveDelivery() | CompleteDelivery() | FailDelivery():
            return decide_happened(order, delivery, command, asked, world)
        case AcknowledgeStop():
            return _received(order, delivery, command, asked) if believed else Accepted()
        case AddProof():
            return _proven(delivery, command, asked, believed=believed)
        case ReportExpense():
            return _paid(order, command, driver_id, asked)
        case AnswerProposal():
            if not believed:
                return Refused(Superseded(epoch=delivery.epoch))
            return decide_answer(order, delivery, command, asked, world)
        case _:
            assert_never(command)


def _of_gone(
    order: Order, heir: Delivery, command: FactCommand, driver_id: DriverId, asked: Asked
) -> Decision:
    """Hear a driver whose delivery was made less: what they did is about the one that took over."""
    # LW2
    match command:
        case CollectDelivery() | ArriveDelivery() | CompleteDelivery() | FailDelivery():
            if asked.fact:
                return claimed(order, heir, command, asked, "merged")
            return Refused(Superseded(epoch=heir.epoch))
        case AcknowledgeStop():
            return Accepted()
        case AddProof():
            return _proven(heir, command, asked, believed=False)
        case ReportExpense():
            return _paid(order, command, driver_id, asked)
        case AnswerProposal():
            return Refused(Superseded(epoch=heir.epoch))
        case _:
            assert_never(command)


def holds(delivery: Delivery, driver_id: DriverId, epoch: int) -> bool:
    """Whether the delivery is in this driver's hands, without a break since that epoch. [FA]

    A colleague who had it in between fences: what the phone knew of it is from before.
    """
    # FA2
    return delivery.driver_id == driver_id and not any(
        each.epoch >= epoch for each in delivery.former
    )


def _had(delivery: Delivery, driver_id: DriverId) -> bool:
    return delivery.driver_id == driver_id or any(
        each.driver_id == driver_id for each in delivery.former
    )


def _received(order: Order, delivery: Delivery, command: AcknowledgeStop, asked: Asked) -> Decision:
    """News came this far on the phone. The highest version counts, whatever the order. [RT]"""
    # RT4: nobody can have read what is not written yet
    if command.version > order.version:
        return invalid("version", "not_yet", order.version)
    receipt = delivery.receipt
    # RT5
    if command.receipt == "sent" or command.version <= getattr(receipt, command.receipt):
        return Accepted()
    received = StopReceived(
        delivery_id=delivery.id,
        version=command.version,
        receipt=command.receipt,
        at=Instant(min(command.at, asked.now)),
    )
    return Accepted((received,))


def _proven(delivery: Delivery, command: AddProof, asked: Asked, *, believed: bool) -> Decision:
    """One more proof; offline ones are kept whoever has the delivery by now. [FA]"""
    if any(each.id == command.proof.id for each in delivery.proofs):
        return Accepted()
    # FA3
    if not (believed or asked.fact):
        return Refused(Superseded(epoch=delivery.epoch))
    if len(delivery.proofs) >= _MOST_PROOFS:
        return invalid("proof", "count_limit", _MOST_PROOFS)
    return Accepted((ProofAdded(delivery_id=delivery.id, proof=command.proof),))


def _paid(order: Order, command: ReportExpense, driver_id: DriverId, asked: Asked) -> Decision:
    """The driver paid something: that is so, whoever has the delivery by now. [FA]"""
    # FA4
    if any(each.id == command.expense_id for each in order.expenses):
        return Accepted()
    if len(order.expenses) >= _MOST_EXPENSES:
        return invalid("expenses", "count_limit", _MOST_EXPENSES)
    expense = Expense(
        id=command.expense_id,
        delivery_id=command.delivery_id,
        driver_id=driver_id,
        driver_name=asked.actor.name,
        expense=command.expense,
        amount=Minor(command.amount),
        at=command.at,
        note=command.note,
        upload_id=command.upload_id,
    )
    return Accepted((ExpenseReported(expense=expense),))
