"""The conditions on an arrow, checked on the order as it would be after the move."""

from collections.abc import Callable

from protocols.rejections import Gate
from protocols.vocabulary import DeliveryMethod, FieldGroup
from server.domain.orders.delivery import Delivery
from server.domain.orders.state import Order
from server.domain.workflow.state import GateKind, Transition

_BROUGHT: frozenset[DeliveryMethod] = frozenset({"own_driver", "carrier"})
"""Methods that bring the goods to an address."""

APPROVED = FieldGroup("custom:approved")
"""The field group whose value is the approval."""

_CONTENT = (
    "line",
    "quantity",
    "price",
    "discount",
    "charge",
    "customer",
    "shipping_address",
    "billing_address",
)
"""What an approval covers."""


def _addressed(order: Order, delivery: Delivery) -> bool:
    address = delivery.address or order.shipping_address
    return delivery.method not in _BROUGHT or bool(address.street and address.city)


def _approved(order: Order) -> bool:
    """Whether somebody approved this very content and did not write it. [WF]

    The marks of the field groups say it: a later edit of anything covered voids the approval, and
    so does an edit by the approver (four eyes).
    """
    approval = order.touches.get(APPROVED)
    if approval is None or not order.custom.get("approved"):
        return False
    # WF6
    return all(
        touch.version < approval.version and touch.by_id != approval.by_id
        for group, touch in order.touches.items()
        if group.partition(":")[0] in _CONTENT
    )


def is_acknowledged(delivery: Delivery) -> bool:
    """Whether its driver, if it has one, knows everything there is to know about it."""
    return delivery.driver_id is None or delivery.receipt.acknowledged >= delivery.receipt.told


def _proven(order: Order) -> bool:
    """Whether every delivery that was made has a proof of it. [WF]"""
    return all(each.proofs for each in order.deliveries if each.category == "done")


_HOLDS: dict[GateKind, Callable[[Order], bool]] = {
    "has_lines": lambda order: bool(order.lines),
    "has_address": lambda order: all(_addressed(order, each) for each in order.deliveries),
    "has_window": lambda order: all(each.window is not None for each in order.deliveries),
    "driver_assigned": lambda order: all(
        each.driver_id is not None for each in order.deliveries if each.method == "own_driver"
    ),
    "no_hold": lambda order: order.hold is None,
    "no_review": lambda order: order.review is None,
    "payment_method_set": lambda order: order.payment_method is not None,
    "approved": _approved,
    "driver_acked": lambda order: all(is_acknowledged(each) for each in order.deliveries),
    "proof_given": _proven,
}

_FIX: dict[GateKind, str] = {
    "has_lines": "add_lines",
    "has_address": "set_address",
    "has_window": "set_window",
    "driver_assigned": "assign_driver",
    "no_hold": "release_order",
    "no_review": "flag_review",
    "payment_method_set": "set_payment",
    "approved": "set_custom",
    "driver_acked": "acknowledge_stop",
    "proof_given": "add_proof",
}
"""The kind of the command that would make the gate hold."""


def failing(transition: Transition, after: Order) -> tuple[Gate, ...]:
    """The gates of this arrow that the moved order does not pass, each with its way on."""
    return tuple(
        Gate(gate=gate, fix=_FIX[gate], overridable=transition.overridable)
        for gate in transition.gates
        if not _HOLDS[gate](after)
    )
