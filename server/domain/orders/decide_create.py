"""The rules for placing an order, new or as a copy of another."""

from typing import assert_never

from msgspec.structs import replace

from protocols.commands import CopyOrder, CreateOrder
from protocols.rejections import Forbidden, Invalid, Problem
from protocols.values import Address, Party
from protocols.vocabulary import (
    AggregateId,
    Currency,
    Minor,
    NoteId,
    Rank,
)
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide_assign import (
    assigner,
    may_assign_csr,
    unfit_driver,
    unfit_person,
)
from server.domain.orders.decide_lines import NewLines, is_quoted, may_add, new_lines
from server.domain.orders.delivery import Delivery
from server.domain.orders.events import OrderPlaced
from server.domain.orders.evolve import CHARGES
from server.domain.orders.groups import invalid
from server.domain.orders.located import located
from server.domain.orders.merge import Decision, broken
from server.domain.orders.state import Charge, Line, Note, Order
from server.domain.orders.stop import stop_rank
from server.domain.orders.totals import price
from server.domain.rank import between
from server.domain.records import Customer
from server.domain.world import World


def decide_create(
    order: Order | None, command: CreateOrder | CopyOrder, asked: Asked, world: World
) -> Decision:
    """Decide whether an order comes into being. [CR]"""
    # CR1
    if order is not None or world.aggregate(AggregateId(command.order_id)) is not None:
        return invalid("order_id", "exists", command.order_id)
    match command:
        case CreateOrder():
            return _create(command, asked, world)
        case CopyOrder():
            return _copy(command, asked, world)
        case _:
            assert_never(command)


def _create(command: CreateOrder, asked: Asked, world: World) -> Decision:
    record = world.customer(command.customer_id) if command.customer_id is not None else None
    currency = command.currency or world.settings.currency
    quoted = currency == world.settings.currency
    new = new_lines(command.lines, world, taken=frozenset(), quoted=quoted)
    forbidden = _forbidden(command, new, asked, world)
    if forbidden is not None:
        return forbidden
    problems = (*_problems(command, record, world), *new.problems)
    if problems:
        return Refused(Invalid(problems=problems))
    order = _blank(command, asked, world)
    order = replace(
        order,
        customer=_party(command, record),
        shipping_address=located(_shipping(command, record), None, world),
        billing_address=command.billing_address or (record.billing_address if record else None),
        currency=currency,
        lines=new.lines,
        discounts=new.discounts,
        charges=_charges(command),
        payment_method=command.payment_method,
        priority=command.priority,
        labels=tuple(sorted(set(command.labels))),
        source=command.source,
        csr_id=command.csr_id,
        deliveries=(_delivery(command, order, asked, world),),
        notes=_notes(command, asked),
    )
    return _place(order, world)


def _forbidden(command: CreateOrder, new: NewLines, asked: Asked, world: World) -> Refused | None:
    """Refuse what the asker could not do to an order that is already there. [CR]"""
    actor = asked.actor
    # CR2
    if command.driver_id is not None and not actor.may("driver.assign"):
        return Refused(Forbidden(permission="driver.assign"))
    if command.csr_id is not None and not may_assign_csr(actor, command.csr_id):
        return Refused(Forbidden(permission="csr.assign"))
    return may_add(new, asked, world)


def _problems(command: CreateOrder, record: Customer | None, world: World) -> tuple[Problem, ...]:
    """Everything wrong with the asked values at once, so that a form shows it at once. [CR]"""
    # CR3
    found: list[tuple[str, str | None]] = [
        ("customer_id", "unknown" if command.customer_id and record is None else None),
        ("customer", _unnamed(command)),
        ("csr_id", unfit_person(world, command.csr_id)),
        ("driver_id", unfit_driver(world, command.driver_id)),
        ("window", _unordered(command)),
        ("currency", _no_currency(command.currency)),
        ("labels", _unknown_label(command, world)),
        ("charges", _twice(command)),
    ]
    return tuple(Problem(field=field, rule=rule) for field, rule in found if rule is not None)


def _unnamed(command: CreateOrder) -> str | None:
    if command.customer is None:
        return None if command.customer_id else "required"
    return None if command.customer.name.strip() else "required"


def _unordered(command: CreateOrder) -> str | None:
    window = command.window
    return "opens_before_closes" if window and window.opens >= window.closes else None


def _no_currency(currency: Currency | None) -> str | None:
    if currency is None:
        return None
    iso = len(currency) == 3 and currency.isascii() and currency.isalpha()  # noqa: PLR2004
    return None if iso and currency.isupper() else "pattern"


def _unknown_label(command: CreateOrder, world: World) -> str | None:
    known = {label.id for label in world.settings.labels}
    return None if known.issuperset(command.labels) else "unknown"


def _twice(command: CreateOrder) -> str | None:
    kinds = [charge.charge for charge in command.charges]
    return None if len(kinds) == len(set(kinds)) else "unique"


def _party(command: CreateOrder, record: Customer | None) -> Party:
    """The words for who ordered: the asked ones, else the record's; linked to the record."""
    words = command.customer or (record.customer if record else Party(name=""))
    return replace(words, customer_id=record.id) if record else words


def _shipping(command: CreateOrder, record: Customer | None) -> Address:
    return command.shipping_address or (record.shipping_address if record else Address())


def _charges(command: CreateOrder) -> tuple[Charge, ...]:
    amounts = {each.charge: Minor(each.amount) for each in command.charges}
    return tuple(Charge(charge=kind, amount=amounts[kind]) for kind in CHARGES if amounts.get(kind))


def _delivery(command: CreateOrder, order: Order, asked: Asked, world: World) -> Delivery:
    driver = world.driver(command.driver_id) if command.driver_id is not None else None
    return Delivery(
        id=command.delivery_id,
        position=1,
        method=command.method,
        category=order.category,
        window=command.window,
        driver_id=command.driver_id,
        call_sign=driver.call_sign if driver is not None else "",
        stop_rank=_last_stop(command, world),
        assigned_by=assigner(asked.actor),
        epoch=0 if command.driver_id is None else 1,
    )


def _last_stop(command: CreateOrder, world: World) -> Rank | None:
    if command.driver_id is None:
        return None
    return stop_rank(world, command.driver_id, command.delivery_id, None, None)


def _notes(command: CreateOrder, asked: Asked) -> tuple[Note, ...]:
    if not command.note.strip():
        return ()
    actor = asked.actor
    identity = NoteId(command.order_id)
    return (Note(id=identity, text=command.note, by_id=actor.id, by_name=actor.name, at=asked.now),)


def _copy(command: CopyOrder, asked: Asked, world: World) -> Decision:
    """Place what another order says, with its prices or the catalogue's. [CR]"""
    source = world.order(command.copied_id)
    # CR4
    if source is None or source.deleted:
        return invalid("copied_id", "unknown", command.copied_id)
    order = _blank(command, asked, world)
    keep = command.prices == "keep" or not is_quoted(source, world)
    first = source.deliveries[0]
    order = replace(
        order,
        customer=source.customer,
        shipping_address=source.shipping_address,
        billing_address=source.billing_address,
        currency=source.currency,
        price_mode=source.price_mode,
        lines=source.lines if keep else tuple(_requoted(line, world) for line in source.lines),
        # CR5: a discount was given to those prices, not to others
        discounts=source.discounts if keep else (),
        charges=source.charges,
        payment_method=source.payment_method,
        priority=source.priority,
        custom={key: text for key, text in source.custom.items() if key != "approved"},
        deliveries=(
            Delivery(
                id=command.delivery_id,
                position=1,
                method=first.method,
                category=order.category,
                address=first.address,
            ),
        ),
        copied_from=source.id,
    )
    return _place(order, world)


def _requoted(line: Line, world: World) -> Line:
    """The line at today's catalogue price; what is no longer sold keeps its price."""
    product = world.product(line.product_id) if line.product_id is not None else None
    if product is None or not product.active:
        return line
    return replace(
        line,
        unit_price=product.unit_price,
        list_price=product.unit_price,
        tax_rate=product.tax_rate,
    )


def _blank(command: CreateOrder | CopyOrder, asked: Asked, world: World) -> Order:
    """An order of nothing for nobody, on top of the first stage. [CR]"""
    settings = world.settings
    workflow = world.default_workflow()
    # CR6
    stage = workflow.stages[0]
    return Order(
        id=command.order_id,
        number=world.next_number,
        workflow_id=workflow.id,
        stage_id=stage.id,
        category=stage.category,
        stage_since=asked.now,
        rank=between(None, world.top(stage.id)),
        customer=Party(name=""),
        currency=settings.currency,
        price_mode=settings.price_mode,
        tax_rounding=settings.tax_rounding,
        deliveries=(),
        created_at=asked.now,
        created_by=asked.actor.name,
        updated_at=asked.now,
        updated_by=asked.actor.name,
    )


def _place(order: Order, world: World) -> Decision:
    problems = broken(order)
    if problems:
        return Refused(Invalid(problems=problems))
    placed = OrderPlaced(order=replace(order, totals=price(order).totals))
    # CR7: an order that came in is there; a full stage only warns
    stage = world.default_workflow().stages[0]
    limit = stage.hard if stage.soft is None else stage.soft
    full = limit is not None and world.count(stage.id) >= limit
    return Accepted((placed,), ("wip_soft",) if full else ())
