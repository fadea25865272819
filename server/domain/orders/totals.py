"""What an order costs, line by line: a pure function of its lines, discounts and charges."""

from protocols.struct import Struct
from protocols.values import AmountOff, ChargeKind, Reduction
from protocols.vocabulary import DiscountId, LineId, Minor, PriceMode, TaxRounding
from server.domain.money import allocate, share, tax_inside
from server.domain.orders.state import Order, Totals


class LineAmounts(Struct, frozen=True):
    """The amounts of one line: before discounts, what they take off, and the rest with its tax."""

    gross: Minor
    discount: Minor
    net: Minor
    tax: Minor
    total: Minor


class ChargeAmounts(Struct, frozen=True):
    """One charge and the tax on it; in gross mode the amount contains the tax."""

    amount: Minor
    tax: Minor


class Priced(Struct, frozen=True):
    """All derived amounts of one order."""

    totals: Totals
    lines: dict[LineId, LineAmounts]
    discounts: dict[DiscountId, Minor]
    charges: dict[ChargeKind, ChargeAmounts]


Taxed = tuple[int, int]
"""A tax rate and the amount it applies to."""


def price(order: Order) -> Priced:
    """Price an order. [MO]

    Line discounts come first, then order discounts shared over what is left of the lines; each
    discount is taken from what the earlier ones left. Tax is rounded per line or per rate, as the
    order says since it was placed.
    """
    gross = [line.quantity * line.unit_price for line in order.lines]
    left = list(gross)
    taken = _take_discounts(order, left)
    items: list[Taxed] = [
        (line.tax_rate, amount) for line, amount in zip(order.lines, left, strict=True)
    ]
    count = len(items)
    kinds = _add_charges(order, items)
    taxes = _taxes(items, order.price_mode, order.tax_rounding)
    # In net mode tax comes on top, in gross mode it is inside.
    added, inside = (1, 0) if order.price_mode == "net" else (0, 1)
    lines = {
        line.id: LineAmounts(
            Minor(before),
            Minor(before - after),
            Minor(after - inside * tax),
            Minor(tax),
            Minor(after + added * tax),
        )
        for line, before, after, tax in zip(order.lines, gross, left, taxes, strict=False)
    }
    charged: dict[ChargeKind, ChargeAmounts] = {
        charge.charge: ChargeAmounts(charge.amount, Minor(0)) for charge in order.charges
    }
    for kind, tax in zip(kinds, taxes[count:], strict=True):
        charged[kind] = ChargeAmounts(charged[kind].amount, Minor(charged[kind].tax + tax))
    return Priced(_totals(order, gross, left, taxes), lines, taken, charged)


def _totals(order: Order, gross: list[int], left: list[int], taxes: list[int]) -> Totals:
    lines, charges, tax = sum(gross), sum(each.amount for each in order.charges), sum(taxes)
    asked = sum(left) + charges
    total = asked + tax if order.price_mode == "net" else asked
    return Totals(
        lines=Minor(lines),
        discounts=Minor(lines - sum(left)),
        charges=Minor(charges),
        net=Minor(total - tax),
        tax=Minor(tax),
        total=Minor(total),
    )


def off(reduction: Reduction, amount: int) -> int:
    """What a reduction takes off an amount: never more than the amount. [MO]"""
    # MO3
    if isinstance(reduction, AmountOff):
        return min(reduction.amount, amount)
    return share(amount, reduction.basis_points)


def _take_discounts(order: Order, left: list[int]) -> dict[DiscountId, Minor]:
    """Take all discounts off the amounts in `left`; answers what each took."""
    taken: dict[DiscountId, Minor] = {}
    if not order.discounts:
        return taken
    place = {line.id: index for index, line in enumerate(order.lines)}
    for discount in order.discounts:
        if discount.line_id is not None:
            index = place[discount.line_id]
            amount = off(discount.reduction, left[index])
            left[index] -= amount
            taken[discount.id] = Minor(amount)
    for discount in order.discounts:
        if discount.line_id is None:
            amount = off(discount.reduction, sum(left))
            # MO4
            for index, part in enumerate(allocate(amount, left)):
                left[index] -= part
            taken[discount.id] = Minor(amount)
    return taken


def _add_charges(order: Order, items: list[Taxed]) -> list[ChargeKind]:
    """Add each charge to the taxed items, split by the rates of the lines it goes with.

    A charge shares the tax of what it is charged for. Without any priced line it has none.
    """
    kinds: list[ChargeKind] = []
    if not order.charges:
        return kinds
    by_rate = _sums(items)
    for charge in order.charges:
        # MO5
        parts = allocate(charge.amount, list(by_rate.values()))
        for rate, part in zip(by_rate, parts, strict=True):
            items.append((rate, part))
            kinds.append(charge.charge)
    return kinds


def _sums(items: list[Taxed]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for rate, amount in items:
        sums[rate] = sums.get(rate, 0) + amount
    return sums


def _taxes(items: list[Taxed], mode: PriceMode, rounding: TaxRounding) -> list[int]:
    tax_of = share if mode == "net" else tax_inside
    if rounding == "line":
        return [tax_of(amount, rate) for rate, amount in items]
    # MO6: one rounding per rate, shared out so that the lines sum to it
    taxes = [0] * len(items)
    for rate, amount in _sums(items).items():
        members = [index for index, item in enumerate(items) if item[0] == rate]
        parts = allocate(tax_of(amount, rate), [items[index][1] for index in members])
        for index, part in zip(members, parts, strict=True):
            taxes[index] = part
    return taxes
