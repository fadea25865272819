"""The rules for lines: adding, removing, other quantities, other prices."""

from collections.abc import Mapping
from typing import assert_never

from protocols.commands import AddLines, NewLine, RemoveLine, SetPrice, SetQuantity
from protocols.rejections import Forbidden, Invalid, Problem
from protocols.struct import Struct
from protocols.values import PercentOff
from protocols.vocabulary import DiscountId, FieldGroup, LineId, Minor, ProductId
from server.domain.asked import Asked
from server.domain.decision import Refused
from server.domain.orders.bearer import counted, fixed_of, newcomer, portions
from server.domain.orders.decide_money import may_discount
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import (
    DiscountSet,
    LineRemoved,
    LinesAdded,
    PriceChanged,
)
from server.domain.orders.groups import conflict, impossible, invalid, line_of, stale
from server.domain.orders.merge import Decision, Edit, merge, settle
from server.domain.orders.state import Discount, Line, Order
from server.domain.records import Product
from server.domain.world import World

LineCommand = AddLines | SetQuantity | SetPrice | RemoveLine


class NewLines(Struct, frozen=True):
    """Asked lines as they would stand on the order, or what is wrong with them."""

    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...]
    problems: tuple[Problem, ...]
    repriced: bool
    """Whether a catalogue price or tax rate was replaced by another one."""


def decide_lines(order: Order, command: LineCommand, asked: Asked, world: World) -> Decision:
    """Decide a change of lines. [ED]"""
    if isinstance(command, AddLines):
        return _add(order, command, asked, world)
    line = line_of(order, command.line_id)
    if line is None:
        return _missing(order, command, asked)
    match command:
        case SetQuantity():
            return _recount(order, line, command, asked, world)
        case SetPrice():
            return merge(order, _reprice(line, command), asked, world)
        case RemoveLine():
            return _remove(order, line, command, asked, world)
        case _:
            assert_never(command)


def _recount(
    order: Order, line: Line, command: SetQuantity, asked: Asked, world: World
) -> Decision:
    """Another quantity: the rest takes the difference, else a delivery that is still here. [AL]"""
    wanted = {group("quantity", line.id): command.quantity}
    events = counted(order, line, command.quantity)
    if isinstance(events, Problem):
        return _cannot(order, wanted, events, asked, world)
    return merge(order, Edit(wanted, events, "content"), asked, world)


def _cannot(
    order: Order,
    wanted: Mapping[FieldGroup, object],
    problem: Problem,
    asked: Asked,
    world: World,
) -> Decision:
    """Refuse because of who brings what; but first as stale or closed, if it is that. [AL]"""
    edit = Edit(wanted, (), "content")
    decision = (
        merge(order, edit, asked, world) if wanted else settle(order, (), edit.scope, asked, world)
    )
    return decision if isinstance(decision, Refused) else impossible(order, asked, problem)


def _reprice(line: Line, command: SetPrice) -> Edit:
    price = Minor(command.unit_price)
    changed = PriceChanged(
        line_id=line.id, unit_price=price, was=line.unit_price, reason=command.reason
    )
    return Edit({group("price", line.id): price}, (changed,), "content")


def _remove(order: Order, line: Line, command: RemoveLine, asked: Asked, world: World) -> Decision:
    """Removing destroys what others wrote on the line, so it watches that too."""
    discounts = tuple(each for each in order.discounts if each.line_id == line.id)
    # ED8
    own = [group(kind, line.id) for kind in ("line", "quantity", "price")]
    watched = [*own, *(group("discount", each.id) for each in discounts)]
    wanted = dict.fromkeys(watched, None)
    # AL3: what somebody has in a vehicle, or handed over, is not taken off the paper
    fixed = fixed_of(order, line.id)
    if fixed:
        problem = Problem(field=f"quantity:{line.id}", rule="allocated", limit=fixed)
        return _cannot(order, wanted, problem, asked, world)
    removed = LineRemoved(
        line=line,
        position=order.lines.index(line),
        discounts=discounts,
        portions=portions(order, line.id),
        reason=command.reason,
    )
    return merge(order, Edit(wanted, (removed,), "content"), asked, world)


def _missing(order: Order, command: SetQuantity | SetPrice | RemoveLine, asked: Asked) -> Decision:
    """Refuse a change of a line that is not there: removed meanwhile, or never was."""
    name = group("line", command.line_id)
    touch = order.touches.get(name)
    # ED7
    if touch is not None and not asked.knew(name, touch.version):
        return stale(order, (conflict(order, name, _asked_value(command)),))
    return invalid("line_id", "unknown", command.line_id)


def _asked_value(command: SetQuantity | SetPrice | RemoveLine) -> int | None:
    match command:
        case SetQuantity():
            return command.quantity
        case SetPrice():
            return command.unit_price
        case RemoveLine():
            return None
        case _:
            assert_never(command)


def _add(order: Order, command: AddLines, asked: Asked, world: World) -> Decision:
    taken = frozenset(line.id for line in order.lines)
    new = new_lines(command.lines, world, taken=taken, quoted=is_quoted(order, world))
    if new.problems:
        return Refused(Invalid(problems=new.problems))
    refused = may_add(new, asked, world)
    if refused is not None:
        return refused
    bearer = newcomer(order)
    if isinstance(bearer, Problem):
        return _cannot(order, {}, bearer, asked, world)
    given = (DiscountSet(discount=discount) for discount in new.discounts)
    added = LinesAdded(lines=new.lines, delivery_id=bearer)
    return settle(order, (added, *given), "content", asked, world)


def may_add(new: NewLines, asked: Asked, world: World) -> Refused | None:
    """Refuse prices and discounts that this asker may not give. [MO]"""
    # MO7
    if new.repriced and not asked.actor.may("price.override"):
        return Refused(Forbidden(permission="price.override"))
    if not may_discount(new.lines, new.discounts, asked, world):
        return Refused(Forbidden(permission="discount.unlimited"))
    return None


def is_quoted(order: Order, world: World) -> bool:
    """Whether the catalogue's prices mean the same on this order: same currency, same mode."""
    settings = world.settings
    return (order.currency, order.price_mode) == (settings.currency, settings.price_mode)


def new_lines(
    asked_lines: list[NewLine], world: World, *, taken: frozenset[LineId], quoted: bool
) -> NewLines:
    """Turn asked lines into lines with the catalogue's words and, where they apply, prices. [ED]"""
    lines: list[Line] = []
    discounts: list[Discount] = []
    problems: list[Problem] = []
    repriced = False
    seen = set(taken)
    for index, asked in enumerate(asked_lines):
        product = world.product(asked.product_id) if asked.product_id is not None else None
        wrong = _wrong(asked, product, seen, quoted=quoted)
        problems += [Problem(field=f"lines.{index}.{field}", rule=rule) for field, rule in wrong]
        seen.add(asked.line_id)
        if wrong:
            continue
        line = _line(asked, product)
        lines.append(line)
        if product is not None:
            catalogue = (product.unit_price, product.tax_rate)
            repriced |= not quoted or (line.unit_price, line.tax_rate) != catalogue
        if asked.discount:
            reduction = PercentOff(basis_points=asked.discount)
            identity = DiscountId(asked.line_id)
            discounts.append(Discount(id=identity, reduction=reduction, line_id=line.id))
    return NewLines(tuple(lines), tuple(discounts), tuple(problems), repriced)


def _wrong(
    asked: NewLine, product: Product | None, seen: set[LineId], *, quoted: bool
) -> list[tuple[str, str]]:
    """What is wrong with one asked line: pairs of field and rule."""
    # ED9
    wrong = [("line_id", "exists")] if asked.line_id in seen else []
    if asked.product_id is not None and product is None:
        return [*wrong, ("product_id", "unknown")]
    if product is None:
        quoted = False
        if not asked.name.strip():
            wrong.append(("name", "required"))
    elif not product.active:
        wrong.append(("product_id", "inactive"))
    # MO11
    if asked.unit_price is None and not quoted:
        wrong.append(("unit_price", "required"))
    return wrong


def _line(asked: NewLine, product: Product | None) -> Line:
    if product is None:
        free = Minor(asked.unit_price or 0)
        product = Product(id=ProductId(""), sku="", name=asked.name, unit_price=free)
    price = product.unit_price if asked.unit_price is None else Minor(asked.unit_price)
    return Line(
        id=asked.line_id,
        product_id=asked.product_id,
        sku=product.sku,
        name=asked.name or product.name,
        image=product.image,
        quantity=asked.quantity,
        unit_price=price,
        list_price=product.unit_price,
        tax_rate=product.tax_rate if asked.tax_rate is None else asked.tax_rate,
        weight_g=product.weight_g,
        volume_ml=product.volume_ml,
    )
