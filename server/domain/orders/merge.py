"""How one edit joins the order as it is now: conflict, already so, closed, invariants."""

from collections.abc import Iterator, Mapping
from typing import Literal

from protocols.rejections import Problem
from protocols.struct import Struct
from protocols.vocabulary import TERMINAL, FieldGroup, Version
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.allocation import allotted
from server.domain.orders.delivery_events import DeliveryAddressChanged
from server.domain.orders.events import (
    AddressChanged,
    ChargeSet,
    CustomerChanged,
    DiscountRemoved,
    DiscountSet,
    LineRemoved,
    LineReturned,
    LinesAdded,
    OrderEvent,
    PriceChanged,
    QuantityChanged,
    WindowChanged,
)
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import conflicts, impossible, stale, value_of
from server.domain.orders.state import Order
from server.domain.workflow.rules import stage_of
from server.domain.world import World

Decision = Accepted[OrderEvent] | Refused

Scope = Literal["content", "address", "any"]
"""What an edit is about; stages close the first two, nothing closes the last."""

AMOUNT_LIMIT = 10**12
"""Of one line, so that sums of 500 lines stay inside 2^53, which JavaScript can count."""

LINE_LIMIT = 500
DISCOUNT_LIMIT = 500
NOTE_LIMIT = 1_000
NOTED_LIMIT = 200_000
"""Characters of all notes together."""
CUSTOM_LIMIT = 50
WRITTEN_LIMIT = 5_000
"""Field groups ever written of lines, discounts and own fields, also of those that are gone."""
# Together the limits keep one order's image below a megabyte.


_ENDLESS = ("line:", "quantity:", "price:", "discount:", "custom:")
"""Field groups of things that come and go; all others are few."""

_CONTENT = (
    LinesAdded,
    LineReturned,
    LineRemoved,
    QuantityChanged,
    PriceChanged,
    DiscountSet,
    DiscountRemoved,
    ChargeSet,
)
_ADDRESS = (CustomerChanged, AddressChanged, WindowChanged, DeliveryAddressChanged)


class Edit(Struct, frozen=True):
    """A change of field groups: the values asked for, and what then will have happened."""

    wanted: Mapping[FieldGroup, object]
    events: tuple[OrderEvent, ...]
    scope: Scope = "any"


def merge(order: Order, edit: Edit, asked: Asked, world: World) -> Decision:
    """Accept the edit unless it collides with another, or with what the order became. [ED]"""
    found = conflicts(order, edit.wanted, asked)
    if found:
        return stale(order, found)
    # ED3
    if all(value_of(order, name) == mine for name, mine in edit.wanted.items()):
        return Accepted()
    return settle(order, edit.events, edit.scope, asked, world)


def settle(
    order: Order, events: tuple[OrderEvent, ...], scope: Scope, asked: Asked, world: World
) -> Decision:
    """Accept events that no base contests, if the stage and the invariants let them. [ED]"""
    # ED4
    if is_closed(order, scope, world):
        return impossible(order, asked, Problem(field="stage", rule="closed_stage"))
    after = evolve(order, events, asked.touch(Version(order.version + 1)))
    # ED5
    problems = broken(after)
    if problems:
        return impossible(order, asked, *problems)
    return Accepted(events)


def is_closed(order: Order, scope: Scope, world: World) -> bool:
    """Whether the stage, or the end of the order, forbids edits of this scope."""
    if scope == "any":
        return False
    if order.category in TERMINAL:
        return True
    stage = stage_of(world.workflow(order.workflow_id), order.stage_id)
    allowed = "content" if stage is None else stage.allow_edit
    return allowed == "none" or (allowed == "address" and scope == "content")


def broken(order: Order) -> tuple[Problem, ...]:
    """The limits this order breaks; every stored order breaks none. [ED]"""
    found = [
        Problem(field=f"quantity:{line.id}", rule="amount_limit", limit=AMOUNT_LIMIT)
        for line in order.lines
        if line.quantity * line.unit_price > AMOUNT_LIMIT
    ]
    for field, size, limit in (
        ("lines", len(order.lines), LINE_LIMIT),
        ("discounts", len(order.discounts), DISCOUNT_LIMIT),
        ("notes", len(order.notes), NOTE_LIMIT),
        ("custom", len(order.custom), CUSTOM_LIMIT),
        ("history", sum(name.startswith(_ENDLESS) for name in order.touches), WRITTEN_LIMIT),
    ):
        if size > limit:
            found.append(Problem(field=field, rule="count_limit", limit=limit))
    if sum(len(note.text) for note in order.notes) > NOTED_LIMIT:
        found.append(Problem(field="notes", rule="length_limit", limit=NOTED_LIMIT))
    return (*found, *_unbalanced(order))


def _unbalanced(order: Order) -> Iterator[Problem]:
    """The lines of which deliveries would bring more than there are, or nobody the rest. [AL]"""
    rest = any(each.allocations is None for each in order.deliveries)
    if rest and len(order.deliveries) == 1:
        return
    counted = allotted(order)
    for line in order.lines:
        fixed = counted[line.id]
        # AL4
        if fixed > line.quantity or (fixed < line.quantity and not rest):
            yield Problem(field=f"quantity:{line.id}", rule="allocated", limit=fixed)


def scope_of(event: OrderEvent) -> Scope:
    """What an event is about, for the reverse of an edit."""
    if isinstance(event, _CONTENT):
        return "content"
    return "address" if isinstance(event, _ADDRESS) else "any"
