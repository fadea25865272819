"""What a driver says at a stop, as commands: the only part that knows about deliveries."""

import time
import uuid
from dataclasses import dataclass
from typing import Literal

from kanvoy_client.facts import (
    AcknowledgeStop,
    AnswerProposal,
    ArriveDelivery,
    CollectDelivery,
    CompleteDelivery,
    FactCommand,
    FailDelivery,
    ReportExpense,
)
from kanvoy_client.stops import StopDeliveryView
from kanvoy_client.uploads import Pictures
from kanvoy_client.values import Handed, Proof
from kanvoy_client.views import StopView
from kanvoy_client.vocabulary import ExpenseId, Instant, OrderId, ProofId, Version

SIGNATURE = b'{"width":300,"height":100,"strokes":[[[10,80],[80,20],[150,80],[290,30]]]}'
"""Strokes in the pixels of the pad, as a finger would have drawn them."""


@dataclass(frozen=True)
class Doors:
    """What will happen at the doors."""

    photo: bytes
    nobody_home: frozenset[int]
    """Order numbers."""
    parking: int


@dataclass(frozen=True)
class Stop:
    """One delivery of an order, at the version that is on the screen."""

    order_id: OrderId
    view: StopView
    delivery: StopDeliveryView
    version: Version

    @property
    def kind(self) -> str:
        """What comes next: the news first, then collect, arrive, hand over."""
        if self.delivery.receipt.word != "acknowledged":
            return "read"
        if self.delivery.proposal is not None:
            return "answer"
        if self.delivery.collected_at is None:
            return "collect"
        return "arrive" if self.delivery.arrived_at is None else "hand over"


def next_steps(stop: Stop, doors: Doors, pictures: Pictures) -> tuple[FactCommand, ...]:
    """The commands of the next step, in order. Pictures are kept before they are named."""
    order_id, delivery_id, epoch = stop.order_id, stop.delivery.id, stop.delivery.epoch
    match stop.kind:
        case "read":
            read = AcknowledgeStop(
                order_id=order_id,
                delivery_id=delivery_id,
                epoch=epoch,
                version=stop.delivery.receipt.told,
                receipt="acknowledged",
                at=now(),
            )
            return (read,)
        case "answer":
            return (_agree(stop),)
        case "collect":
            collect = CollectDelivery(
                order_id=order_id, delivery_id=delivery_id, epoch=epoch, at=now()
            )
            return (collect,)
        case "arrive":
            arrive = ArriveDelivery(
                order_id=order_id, delivery_id=delivery_id, epoch=epoch, at=now()
            )
            return (_parking(stop, doors), arrive) if doors.parking else (arrive,)
        case _:
            if stop.view.number in doors.nobody_home:
                return (_nobody_home(stop, doors, pictures),)
            return (_hand_over(stop, doors, pictures),)


def _agree(stop: Stop) -> AnswerProposal:
    """Take every change that came after collecting."""
    asked = stop.delivery.proposal
    assert asked is not None, "that is the step"
    groups = [f"quantity:{each.line_id}" for each in asked.quantities]
    if asked.address is not None:
        groups.append("address")
    if asked.window is not None:
        groups.append("window")
    return AnswerProposal(
        order_id=stop.order_id,
        delivery_id=stop.delivery.id,
        epoch=stop.delivery.epoch,
        proposal_id=asked.id,
        accepted=tuple(groups),
        at=now(),
    )


def _parking(stop: Stop, doors: Doors) -> ReportExpense:
    return ReportExpense(
        order_id=stop.order_id,
        delivery_id=stop.delivery.id,
        epoch=stop.delivery.epoch,
        expense_id=ExpenseId(_fresh()),
        expense="parking",
        amount=doors.parking,
        at=now(),
    )


def _hand_over(stop: Stop, doors: Doors, pictures: Pictures) -> CompleteDelivery:
    """Everything, against a signature and what is to be paid."""
    return CompleteDelivery(
        order_id=stop.order_id,
        delivery_id=stop.delivery.id,
        epoch=stop.delivery.epoch,
        at=now(),
        shown_version=stop.version,
        handed=tuple(
            Handed(line_id=each.line_id, quantity=each.quantity) for each in stop.delivery.lines
        ),
        proofs=(
            _proof(stop, pictures, "signature", SIGNATURE),
            *_photo(stop, doors, pictures),
            Proof(id=ProofId(_fresh()), kind="name", at=now(), text=stop.view.customer[:200]),
        ),
        cash=stop.delivery.cash_due,
    )


def _nobody_home(stop: Stop, doors: Doors, pictures: Pictures) -> FailDelivery:
    return FailDelivery(
        order_id=stop.order_id,
        delivery_id=stop.delivery.id,
        epoch=stop.delivery.epoch,
        at=now(),
        reason="nobody_home",
        proofs=_photo(stop, doors, pictures),
    )


def _photo(stop: Stop, doors: Doors, pictures: Pictures) -> tuple[Proof, ...]:
    return (_proof(stop, pictures, "photo", doors.photo),) if doors.photo else ()


def _proof(
    stop: Stop, pictures: Pictures, kind: Literal["photo", "signature"], content: bytes
) -> Proof:
    """A picture that travels apart from the fact, and a proof that names it."""
    upload_id = pictures.add(kind, stop.order_id, stop.delivery.id, content)
    return Proof(id=ProofId(_fresh()), kind=kind, at=now(), upload_id=upload_id)


def now() -> Instant:
    """The device's own time, in milliseconds."""
    return Instant(round(time.time() * 1_000))  # noqa: TID251  the ban is the server's


def _fresh() -> str:
    return str(uuid.uuid4())  # noqa: TID251  as above
