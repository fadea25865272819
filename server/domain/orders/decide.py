"""Where every command about an order is decided."""

from protocols.commands import (
    AddLines,
    AddNote,
    ArchiveOrder,
    AssignCsr,
    CancelOrder,
    ChangeLabels,
    CopyOrder,
    CreateOrder,
    DeleteOrder,
    FlagReview,
    HoldOrder,
    MoveOrder,
    OrderCommand,
    ReleaseOrder,
    RemoveDiscount,
    RemoveLine,
    RemoveNote,
    ReorderOrder,
    RestoreOrder,
    SetAddress,
    SetCharge,
    SetCustom,
    SetCustomer,
    SetDiscount,
    SetPayment,
    SetPrice,
    SetPriority,
    SetQuantity,
    SetWindow,
)
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
    FactCommand,
    FailDelivery,
    ReportExpense,
)
from protocols.rejections import Forbidden, NotFound, Problem
from protocols.vocabulary import AggregateId, Permission
from server.domain.actor import Actor
from server.domain.asked import Asked
from server.domain.audience import drivers_of
from server.domain.decision import Refused
from server.domain.orders.decide_assign import AssignCommand, decide_assign
from server.domain.orders.decide_create import decide_create
from server.domain.orders.decide_delivery import Planning, decide_delivery
from server.domain.orders.decide_edit import (
    CommutingCommand,
    WordCommand,
    decide_commuting,
    decide_words,
)
from server.domain.orders.decide_fact import decide_fact
from server.domain.orders.decide_life import HoldCommand, LifeCommand, decide_hold, decide_life
from server.domain.orders.decide_lines import LineCommand, decide_lines
from server.domain.orders.decide_money import MoneyCommand, decide_money
from server.domain.orders.decide_move import decide_move, decide_reorder
from server.domain.orders.groups import impossible
from server.domain.orders.merge import Decision
from server.domain.orders.propose import Negotiable, propose
from server.domain.orders.state import Order
from server.domain.world import World

NEEDS: dict[type[OrderCommand], Permission | None] = {
    CreateOrder: "order.create",
    CopyOrder: "order.create",
    MoveOrder: "stage.move",
    ReorderOrder: "stage.move",
    AddLines: "order.edit",
    SetQuantity: "order.edit",
    SetPrice: "price.override",
    RemoveLine: "order.edit",
    SetDiscount: "order.edit",
    RemoveDiscount: "order.edit",
    SetCharge: "order.edit",
    SetCustomer: "order.edit",
    SetAddress: "order.edit",
    SetWindow: "order.edit",
    SetPriority: "order.edit",
    ChangeLabels: "order.edit",
    SetPayment: "payment.edit",
    SetCustom: "order.edit",
    HoldOrder: "order.edit",
    ReleaseOrder: "order.edit",
    FlagReview: "order.edit",
    AddNote: "note.write",
    RemoveNote: "note.write",
    AssignCsr: None,  # csr.assign, or csr.assign_self for oneself
    CancelOrder: "order.cancel",
    DeleteOrder: "order.delete",
    RestoreOrder: None,  # order.restore for a deleted one, order.archive for an archived one
    ArchiveOrder: "order.archive",
    AssignDriver: "driver.assign",
    MoveStop: "driver.assign",
    SplitDelivery: "driver.assign",
    MergeDeliveries: "driver.assign",
    CancelDelivery: "driver.assign",
    ReopenDelivery: "driver.assign",
    SetMethod: "order.edit",
    SetHub: "driver.assign",
    SetTracking: "order.edit",
    SetDeliveryAddress: "order.edit",
    SetServiceTime: "driver.assign",
    WithdrawProposal: "order.edit",
    SettleClaim: "driver.assign",
    # Whoever is the driver, or was when it happened.
    AcknowledgeStop: None,
    CollectDelivery: None,
    ArriveDelivery: None,
    CompleteDelivery: None,
    FailDelivery: None,
    AddProof: None,
    ReportExpense: None,
    AnswerProposal: None,
}
"""The permission without which a command is not even looked at."""

_ON_ARCHIVED = (RestoreOrder, DeleteOrder, ArchiveOrder, AddNote, RemoveNote)


def decide(order: Order | None, command: OrderCommand, asked: Asked, world: World) -> Decision:
    """Decide one command on the order as it is now. Pure, total, never raises. [ED]

    Always in this order: is it there for this asker, may they, are the values right, has somebody
    changed the same since, is it so already, does a rule forbid it. What happened then comes back
    as events; nothing is changed here.
    """
    permission = NEEDS[type(command)]
    if isinstance(command, CreateOrder | CopyOrder):
        if permission is not None and not asked.actor.may(permission):
            return Refused(Forbidden(permission=permission))
        return decide_create(order, command, asked, world)
    if order is None:
        return Refused(NotFound(aggregate_id=AggregateId(command.order_id)))
    if isinstance(command, FactCommand):
        # A fact is heard whatever became of the order; who never had it learns nothing.
        return decide_fact(order, command, asked, world)
    return _decide_seen(order, command, permission, asked, world)


def _decide_seen(
    order: Order,
    command: "Existing | Planning",
    permission: Permission | None,
    asked: Asked,
    world: World,
) -> Decision:
    """Decide about an order that is there, for somebody of the house."""
    # ED11
    if not _visible(order, command, asked.actor):
        return Refused(NotFound(aggregate_id=AggregateId(command.order_id)))
    # ED12
    if permission is not None and not asked.actor.may(permission):
        return Refused(Forbidden(permission=permission))
    # ED13
    if order.archived and not isinstance(command, _ON_ARCHIVED):
        return impossible(order, asked, Problem(field="life", rule="archived"))
    negotiated = propose(order, command, asked, world) if isinstance(command, Negotiable) else None
    if negotiated is not None:
        return negotiated
    if isinstance(command, Planning):
        return decide_delivery(order, command, asked, world)
    return _by_family(order, command, asked, world)


def _visible(order: Order, command: OrderCommand, actor: Actor) -> bool:
    """Whether the asker may know of the order: a driver only of those in their hands.

    DV13: a display of none, so there is nothing that it could give a command about.
    """
    if order.deleted and not isinstance(command, RestoreOrder):
        return False
    # ED11
    if actor.roles == ("display",):
        return False
    drives_only = bool(actor.roles) and all(role == "driver" for role in actor.roles)
    return not drives_only or actor.driver_id in drivers_of(order)


Existing = (
    MoveOrder
    | ReorderOrder
    | LineCommand
    | MoneyCommand
    | WordCommand
    | CommutingCommand
    | AssignCommand
    | HoldCommand
    | LifeCommand
)


def _by_family(  # noqa: C901
    order: Order, command: Existing, asked: Asked, world: World
) -> Decision:
    match command:
        case MoveOrder():
            return decide_move(order, command, asked, world)
        case ReorderOrder():
            return decide_reorder(order, command, world)
        case AddLines() | SetQuantity() | SetPrice() | RemoveLine():
            return decide_lines(order, command, asked, world)
        case SetDiscount() | RemoveDiscount() | SetCharge():
            return decide_money(order, command, asked, world)
        case ChangeLabels() | AddNote() | RemoveNote():
            return decide_commuting(order, command, asked, world)
        case AssignCsr() | AssignDriver():
            return decide_assign(order, command, asked, world)
        case HoldOrder() | ReleaseOrder():
            return decide_hold(order, command, asked, world)
        case CancelOrder() | DeleteOrder() | RestoreOrder() | ArchiveOrder():
            return decide_life(order, command, asked, world)
        case _:
            return decide_words(order, command, asked, world)
