"""Edits after the goods were collected: the driver is asked, and nothing changes before. [PO]"""

from msgspec.structs import replace

from protocols.commands import RemoveLine, SetAddress, SetQuantity, SetWindow
from protocols.deliveries import SetDeliveryAddress, WithdrawProposal
from protocols.struct import Struct
from protocols.values import Address, Window
from protocols.vocabulary import DeliveryId, FieldGroup, LineId, ProposalId
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted
from server.domain.orders.allocation import brought
from server.domain.orders.bearer import in_house, is_here
from server.domain.orders.delivery import AskedQuantity, Delivery, Proposal
from server.domain.orders.delivery_events import ChangeProposed, ProposalWithdrawn
from server.domain.orders.delivery_groups import group
from server.domain.orders.groups import (
    changed_since,
    conflicts,
    delivery_of,
    invalid,
    line_of,
    stale,
    value_of,
)
from server.domain.orders.located import located
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.world import World

Negotiable = SetQuantity | RemoveLine | SetAddress | SetWindow | SetDeliveryAddress

PROPOSED = ("proposed",)
"""The warning by which an asker learns that the driver was asked."""


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody wants of goods that are in a vehicle."""

    group: FieldGroup
    value: object
    quantities: tuple[AskedQuantity, ...] = ()
    address: Address | None = None
    window: Window | None = None


def in_vehicles(order: Order) -> list[Delivery]:
    """The open deliveries whose goods are on their way."""
    return [each for each in order.deliveries if is_open(each) and each.collected_at is not None]


def propose(order: Order, command: Negotiable, asked: Asked, world: World) -> Decision | None:
    """The decision when the command touches goods in a vehicle; None when it does not. [PO]"""
    under_way = in_vehicles(order)
    # PO1
    if not under_way:
        return None
    match command:
        case SetQuantity(line_id=line_id, quantity=quantity):
            return _quantity(order, line_id, quantity, asked, "")
        case RemoveLine(line_id=line_id, reason=reason):
            return _quantity(order, line_id, 0, asked, reason)
        case SetAddress():
            if command.which == "billing":
                return None
            following = next((each for each in under_way if each.address is None), None)
            name = FieldGroup("shipping_address")
            address = located(command.address, order.shipping_address, world)
            wish = Wish(group=name, value=address, address=address)
            return None if following is None else _ask(order, following, wish, asked, "")
        case SetWindow() | SetDeliveryAddress():
            return _of_one(order, command, asked)


def _of_one(order: Order, command: SetWindow | SetDeliveryAddress, asked: Asked) -> Decision | None:
    delivery = _under_way(order, command.delivery_id)
    if delivery is None:
        return None
    if isinstance(command, SetDeliveryAddress):
        name = group("delivery_address", delivery.id)
        there = command.address or order.shipping_address
        return _ask(
            order, delivery, Wish(group=name, value=command.address, address=there), asked, ""
        )
    window = command.window
    if window is None:
        # Any time will do: nobody has to be asked for that.
        return None
    if window.opens >= window.closes:
        return invalid("window", "opens_before_closes")
    name = group("window", delivery.id)
    return _ask(order, delivery, Wish(group=name, value=window, window=window), asked, "")


def _under_way(order: Order, delivery_id: DeliveryId) -> Delivery | None:
    return next((each for each in in_vehicles(order) if each.id == delivery_id), None)


def _quantity(
    order: Order, line_id: LineId, quantity: int, asked: Asked, reason: str
) -> Decision | None:
    """Ask the driver who has the line, unless what is still here can take the difference."""
    line = line_of(order, line_id)
    if line is None:
        return None
    more = quantity - line.quantity
    # PO2
    if any(is_here(each) for each in order.deliveries) and in_house(order, line_id) + more >= 0:
        return None
    for delivery in in_vehicles(order):
        has = brought(order, delivery).get(line_id, 0)
        if has and has + more >= 0:
            want = AskedQuantity(line_id=line_id, was=has, now=has + more)
            name = group("quantity", line_id)
            wish = Wish(group=name, value=quantity, quantities=(want,))
            return _ask(order, delivery, wish, asked, reason)
    return None


def _ask(order: Order, delivery: Delivery, wish: Wish, asked: Asked, reason: str) -> Decision:
    """Have the driver asked, together with what they are being asked already. [PO]"""
    found = conflicts(order, {wish.group: wish.value}, asked)
    if found:
        return stale(order, found)
    waiting = delivery.proposal
    # PO8
    unseen = changed_since(order, (group("proposal", delivery.id),), asked)
    if waiting is not None and unseen and _contested(waiting, wish):
        return stale(order, unseen)
    # PO3
    if value_of(order, wish.group) == wish.value:
        return _as_it_was(order, delivery, wish, asked)
    asks = {each.line_id: each for each in waiting.quantities} if waiting is not None else {}
    asks |= {each.line_id: each for each in wish.quantities}
    proposal = Proposal(
        # PO4: another id, so that an answer to what was asked before answers nothing else
        id=_next_id(order),
        by_id=asked.actor.id,
        by_name=asked.actor.name,
        at=asked.now,
        reason=reason or (waiting.reason if waiting is not None else ""),
        quantities=tuple(asks.values()),
        address=wish.address or (waiting.address if waiting is not None else None),
        window=wish.window or (waiting.window if waiting is not None else None),
    )
    event = ChangeProposed(delivery_id=delivery.id, proposal=proposal, was=waiting)
    return Accepted((event,), PROPOSED)


def _next_id(order: Order) -> ProposalId:
    return ProposalId(f"proposal-{order.version + 1}")


def _as_it_was(order: Order, delivery: Delivery, wish: Wish, asked: Asked) -> Decision:
    """Somebody wants what is so: the driver is not asked for anything else of it any more. [PO]"""
    waiting = delivery.proposal
    if waiting is None:
        return Accepted()
    settled = {each.line_id for each in wish.quantities}
    left = replace(
        waiting,
        quantities=tuple(each for each in waiting.quantities if each.line_id not in settled),
        address=None if wish.address is not None else waiting.address,
        window=None if wish.window is not None else waiting.window,
    )
    if left == waiting:
        return Accepted()
    # PO9
    if not left.quantities and left.address is None and left.window is None:
        return Accepted((ProposalWithdrawn(delivery_id=delivery.id, proposal=waiting),))
    asks = replace(
        left, id=_next_id(order), by_id=asked.actor.id, by_name=asked.actor.name, at=asked.now
    )
    changed = ChangeProposed(delivery_id=delivery.id, proposal=asks, was=waiting)
    return Accepted((changed,), PROPOSED)


def _contested(waiting: Proposal, wish: Wish) -> bool:
    """Whether the driver is being asked for the same thing already, but for something else."""
    asked = {each.line_id: each.now for each in waiting.quantities}
    quantity = any(asked.get(each.line_id, each.now) != each.now for each in wish.quantities)
    address = waiting.address is not None and wish.address not in {None, waiting.address}
    window = waiting.window is not None and wish.window not in {None, waiting.window}
    return quantity or address or window


def decide_withdrawal(order: Order, command: WithdrawProposal) -> Decision:
    """Take back what waits for the driver's answer. [PO]"""
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    # PO5
    if delivery.proposal is None or delivery.proposal.id != command.proposal_id:
        return Accepted()
    withdrawn = ProposalWithdrawn(delivery_id=delivery.id, proposal=delivery.proposal)
    return Accepted((withdrawn,))
