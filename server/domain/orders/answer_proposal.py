"""The rule for a driver's answer: what is accepted happens now, the rest never did. [PO]"""

from protocols.facts import AnswerProposal
from protocols.vocabulary import FieldGroup, Version
from server.domain.asked import Asked
from server.domain.decision import Accepted
from server.domain.orders.delivery import AskedQuantity, Delivery, Proposal
from server.domain.orders.delivery_events import DeliveryAddressChanged, ProposalAnswered
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import (
    AddressChanged,
    LineRemoved,
    OrderEvent,
    QuantityChanged,
    WindowChanged,
)
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import impossible, invalid, line_of
from server.domain.orders.merge import Decision, broken
from server.domain.orders.state import Order
from server.domain.world import World


def decide_answer(
    order: Order, delivery: Delivery, command: AnswerProposal, asked: Asked, world: World
) -> Decision:
    """Decide the driver's answer to a change that came after collecting."""
    del world
    proposal = delivery.proposal
    # PO6
    if proposal is None or proposal.id != command.proposal_id:
        return invalid("proposal_id", "gone", command.proposal_id)
    offered = wished(delivery, proposal)
    named = _as_offered(delivery, command.accepted)
    accepted = tuple(each for each in offered if each in named)
    # PO7
    unknown = next((each for each in named if each not in offered), None)
    if unknown is not None:
        return invalid("accepted", "unknown", unknown)
    answered = ProposalAnswered(
        delivery_id=delivery.id,
        proposal=proposal,
        accepted=accepted,
        refused=tuple(each for each in offered if each not in accepted),
        note=command.note,
        at=command.at,
    )
    events = (answered, *_changes(order, delivery, proposal, accepted))
    problems = broken(evolve(order, events, asked.touch(Version(order.version + 1))))
    return impossible(order, asked, *problems) if problems else Accepted(events)


def wished(delivery: Delivery, proposal: Proposal) -> tuple[FieldGroup, ...]:
    """The field groups a proposal is about, as the driver names them."""
    quantities = tuple(group("quantity", each.line_id) for each in proposal.quantities)
    address: tuple[FieldGroup, ...] = ()
    if proposal.address is not None:
        address = (_address_group(delivery),)
    window = (group("window", delivery.id),) if proposal.window is not None else ()
    return (*quantities, *address, *window)


def _as_offered(delivery: Delivery, named: tuple[str, ...]) -> tuple[str, ...]:
    """What a phone names, with the address under the name it has here.

    A stop shows one address; whether it is the order's or the delivery's own, a phone cannot see.
    """
    either = (FieldGroup("shipping_address"), group("delivery_address", delivery.id))
    return tuple(_address_group(delivery) if each in either else each for each in named)


def _address_group(delivery: Delivery) -> FieldGroup:
    if delivery.address is None:
        return FieldGroup("shipping_address")
    return group("delivery_address", delivery.id)


def _changes(
    order: Order, delivery: Delivery, proposal: Proposal, accepted: tuple[FieldGroup, ...]
) -> list[OrderEvent]:
    events: list[OrderEvent] = [
        changed
        for ask in proposal.quantities
        if group("quantity", ask.line_id) in accepted
        for changed in _quantity(order, delivery, ask)
    ]
    if proposal.address is not None and _address_group(delivery) in accepted:
        events.append(_address(order, delivery, proposal))
    if proposal.window is not None and group("window", delivery.id) in accepted:
        events.append(
            WindowChanged(delivery_id=delivery.id, window=proposal.window, was=delivery.window)
        )
    return events


def _address(order: Order, delivery: Delivery, proposal: Proposal) -> OrderEvent:
    if delivery.address is None:
        return AddressChanged(
            which="shipping", address=proposal.address, was=order.shipping_address
        )
    return DeliveryAddressChanged(
        delivery_id=delivery.id, address=proposal.address, was=delivery.address
    )


def _quantity(order: Order, delivery: Delivery, ask: AskedQuantity) -> tuple[OrderEvent, ...]:
    """The line's new number, counted from what the driver was asked to bring more or less."""
    line = line_of(order, ask.line_id)
    if line is None:
        return ()
    quantity = line.quantity + ask.now - ask.was
    if quantity > 0:
        return (
            QuantityChanged(
                line_id=line.id, quantity=quantity, was=line.quantity, delivery_id=delivery.id
            ),
        )
    discounts = tuple(each for each in order.discounts if each.line_id == line.id)
    return (LineRemoved(line=line, position=order.lines.index(line), discounts=discounts),)
