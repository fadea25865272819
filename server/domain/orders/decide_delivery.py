"""The rules for what dispatchers do to the deliveries of an order. [DL]"""

from protocols.deliveries import (
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
from server.domain.asked import Asked
from server.domain.orders.decide_claim import decide_claim
from server.domain.orders.merge import Decision
from server.domain.orders.plan_delivery import decide_plan
from server.domain.orders.propose import decide_withdrawal
from server.domain.orders.reshape import decide_shape
from server.domain.orders.state import Order
from server.domain.orders.stop import decide_reopen, decide_stop
from server.domain.world import World

_Fields = SetMethod | SetHub | SetTracking | SetDeliveryAddress | SetServiceTime
_Shapes = SplitDelivery | MergeDeliveries | CancelDelivery

Planning = _Fields | _Shapes | MoveStop | ReopenDelivery | WithdrawProposal | SettleClaim
"""Everything about deliveries but who drives them, which `decide_assign` decides."""


def decide_delivery(order: Order, command: Planning, asked: Asked, world: World) -> Decision:
    """Decide one command about a delivery of the order."""
    match command:
        case SplitDelivery() | MergeDeliveries() | CancelDelivery():
            return decide_shape(order, command, asked, world)
        case MoveStop():
            return decide_stop(order, command, world)
        case ReopenDelivery():
            return decide_reopen(order, command, asked)
        case WithdrawProposal():
            return decide_withdrawal(order, command)
        case SettleClaim():
            return decide_claim(order, command, asked, world)
        case _:
            return decide_plan(order, command, asked, world)
