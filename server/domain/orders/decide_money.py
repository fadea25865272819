"""The rules for discounts and charges."""

from typing import assert_never

from protocols.commands import RemoveDiscount, SetCharge, SetDiscount
from protocols.rejections import Forbidden
from protocols.values import AmountOff
from protocols.vocabulary import LineId, Minor
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.money import WHOLE
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import ChargeSet, DiscountRemoved, DiscountSet
from server.domain.orders.groups import conflicts, invalid, line_of, stale, value_of
from server.domain.orders.merge import Decision, Edit, merge
from server.domain.orders.state import Discount, Line, Order
from server.domain.world import World

MoneyCommand = SetDiscount | RemoveDiscount | SetCharge


def decide_money(order: Order, command: MoneyCommand, asked: Asked, world: World) -> Decision:
    """Decide a discount or a charge. [MO]"""
    match command:
        case SetDiscount():
            return _discount(order, command, asked, world)
        case RemoveDiscount():
            return _remove(order, command, asked, world)
        case SetCharge():
            name = group("charge", command.charge)
            amount = Minor(command.amount)
            changed = ChargeSet(charge=command.charge, amount=amount, was=value_of(order, name))
            return merge(order, Edit({name: amount}, (changed,), "content"), asked, world)
        case _:
            assert_never(command)


def _find(order: Order, discount_id: str) -> Discount | None:
    return next((each for each in order.discounts if each.id == discount_id), None)


def _discount(order: Order, command: SetDiscount, asked: Asked, world: World) -> Decision:
    reduction = command.reduction
    # MO8
    if isinstance(reduction, AmountOff) and reduction.amount < 0:
        return invalid("reduction.amount", "minimum", 0)
    name = group("discount", command.discount_id)
    discount = Discount(
        id=command.discount_id,
        reduction=reduction,
        line_id=command.line_id,
        reason=command.reason,
    )
    if command.line_id is not None and line_of(order, command.line_id) is None:
        found = conflicts(order, {group("line", command.line_id): discount}, asked)
        return stale(order, found) if found else invalid("line_id", "unknown", command.line_id)
    beside = (
        each
        for each in order.discounts
        if each.id != discount.id and each.line_id == discount.line_id
    )
    if not may_discount(order.lines, (*beside, discount), asked, world):
        return Refused(Forbidden(permission="discount.unlimited"))
    changed = DiscountSet(discount=discount, was=_find(order, discount.id))
    return merge(order, Edit({name: discount}, (changed,), "content"), asked, world)


def _remove(order: Order, command: RemoveDiscount, asked: Asked, world: World) -> Decision:
    discount = _find(order, command.discount_id)
    # MO9: gone is gone, whoever took it
    if discount is None:
        return Accepted()
    name = group("discount", discount.id)
    removed = DiscountRemoved(discount=discount)
    return merge(order, Edit({name: None}, (removed,), "content"), asked, world)


def may_discount(
    lines: tuple[Line, ...], discounts: tuple[Discount, ...], asked: Asked, world: World
) -> bool:
    """Whether this asker may give these discounts. [MO]

    Discounts of one line count together, and so do those of the order as a whole, or many small
    ones would be the way around the limit.
    """
    if asked.actor.may("discount.unlimited"):
        return True
    limit = world.settings.discount_limit
    gross = {line.id: line.quantity * line.unit_price for line in lines}
    whole = sum(gross.values())
    given: dict[LineId | None, int] = {}
    for discount in discounts:
        of = whole if discount.line_id is None else gross[discount.line_id]
        reduction = discount.reduction
        if isinstance(reduction, AmountOff):
            parts = reduction.amount * WHOLE
        else:
            parts = of * reduction.basis_points
        given[discount.line_id] = given.get(discount.line_id, 0) + parts
    # MO10
    return all(
        parts <= limit * (whole if target is None else gross[target])
        for target, parts in given.items()
    )
