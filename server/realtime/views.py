"""What one aggregate looks like to one audience. The only place where a view is made."""

import msgspec

from protocols.values import Window
from protocols.views import (
    CardView,
    ChargeView,
    DeliveryView,
    DiscountView,
    DriverView,
    HoldView,
    LineView,
    Mark,
    NoteView,
    OrderView,
    PersonView,
    SettingsView,
    StageView,
    StopLineView,
    StopView,
    TileView,
    TotalsView,
    TransitionView,
    View,
    WorkflowView,
)
from protocols.vocabulary import DriverId
from server.domain.audience import driver_notes, is_open
from server.domain.orders.state import Delivery, Note, Order
from server.domain.orders.totals import price
from server.domain.records import Company, Customer, Driver, Person, Product, Record, Settings
from server.domain.workflow.state import Workflow

_PREVIEW = 80
"""Characters of notes and product names on a card; the drawer has the rest."""


def card(order: Order, *, masked: bool) -> CardView:
    """The order on the board; the masked board knows no prices."""
    lines, customer, address = order.lines, order.customer, order.shipping_address
    deliveries = order.deliveries
    open_deliveries = [d for d in deliveries if is_open(d)]
    drivers = dict.fromkeys([d.driver_id for d in open_deliveries if d.driver_id is not None])
    return CardView(
        id=order.id,
        number=order.number,
        workflow_id=order.workflow_id,
        stage_id=order.stage_id,
        category=order.category,
        stage_since=order.stage_since,
        rank=order.rank,
        customer=customer.name,
        customer_id=customer.customer_id,
        city=address.city,
        postcode=address.postcode,
        total=None if masked else order.totals.total,
        currency=order.currency,
        items=sum([line.quantity for line in lines]),
        products=", ".join([line.name for line in lines])[:_PREVIEW],
        window=_earliest(open_deliveries or deliveries),
        priority=order.priority,
        labels=order.labels,
        csr_id=order.csr_id,
        driver_id=next(iter(drivers), None),
        drivers=len(drivers),
        deliveries=len(deliveries),
        delivered=len([d for d in deliveries if d.category == "done"]),
        hold=order.hold.reason if order.hold else None,
        review=order.review,
        note=order.notes[-1].text[:_PREVIEW] if order.notes else "",
        notes=len(order.notes),
        created_at=order.created_at,
    )


def order_in_full(order: Order) -> OrderView:
    """The order for the back office, with every derived amount."""
    priced = price(order)
    return OrderView(
        id=order.id,
        number=order.number,
        workflow_id=order.workflow_id,
        stage_id=order.stage_id,
        category=order.category,
        stage_since=order.stage_since,
        rank=order.rank,
        customer=order.customer,
        shipping_address=order.shipping_address,
        billing_address=order.billing_address,
        currency=order.currency,
        price_mode=order.price_mode,
        tax_rounding=order.tax_rounding,
        lines=tuple(
            LineView(
                id=line.id,
                product_id=line.product_id,
                sku=line.sku,
                name=line.name,
                image=line.image,
                quantity=line.quantity,
                unit_price=line.unit_price,
                list_price=line.list_price,
                tax_rate=line.tax_rate,
                gross=priced.lines[line.id].gross,
                discount=priced.lines[line.id].discount,
                net=priced.lines[line.id].net,
                tax=priced.lines[line.id].tax,
                total=priced.lines[line.id].total,
            )
            for line in order.lines
        ),
        discounts=tuple(
            DiscountView(
                id=discount.id,
                reduction=discount.reduction,
                line_id=discount.line_id,
                reason=discount.reason,
                amount=priced.discounts[discount.id],
            )
            for discount in order.discounts
        ),
        charges=tuple(ChargeView(charge=c.charge, amount=c.amount) for c in order.charges),
        totals=TotalsView(
            lines=order.totals.lines,
            discounts=order.totals.discounts,
            charges=order.totals.charges,
            net=order.totals.net,
            tax=order.totals.tax,
            total=order.totals.total,
        ),
        payment_method=order.payment_method,
        priority=order.priority,
        labels=order.labels,
        source=order.source,
        csr_id=order.csr_id,
        deliveries=tuple(_delivery(d) for d in order.deliveries),
        notes=tuple(_note(n) for n in order.notes),
        hold=_hold(order),
        review=order.review,
        custom=order.custom,
        copied_from=order.copied_from,
        deleted=order.deleted,
        archived=order.archived,
        created_at=order.created_at,
        created_by=order.created_by,
        updated_at=order.updated_at,
        updated_by=order.updated_by,
        marks={
            group: Mark(version=t.version, by_id=t.by_id, by_name=t.by_name, at=t.at)
            for group, t in order.touches.items()
        },
    )


def order_masked(order: Order) -> OrderView:
    """The order without a single amount, for those who pick and pack it."""
    seen = order_in_full(order)
    lines = tuple(
        LineView(
            id=line.id,
            product_id=line.product_id,
            sku=line.sku,
            name=line.name,
            image=line.image,
            quantity=line.quantity,
        )
        for line in seen.lines
    )
    return msgspec.structs.replace(seen, lines=lines, discounts=(), charges=(), totals=None)


def stop(order: Order, driver_id: DriverId) -> StopView:
    """The order as one of its drivers sees it: only their own open deliveries, no prices."""
    own = tuple(d for d in order.deliveries if d.driver_id == driver_id and is_open(d))
    return StopView(
        id=order.id,
        number=order.number,
        category=order.category,
        customer=order.customer.name,
        phone=order.shipping_address.phone or order.customer.phone,
        address=(own[0].address if own else None) or order.shipping_address,
        window=_earliest(own),
        lines=tuple(StopLineView(id=x.id, name=x.name, quantity=x.quantity) for x in order.lines),
        notes=tuple(_note(n) for n in driver_notes(order)),
        priority=order.priority,
        hold=order.hold is not None,
        deliveries=tuple(_delivery(d) for d in own),
    )


def tile(order: Order) -> TileView:
    """The order on a display in a hall: nothing that names a person."""
    return TileView(
        id=order.id,
        number=order.number,
        stage_id=order.stage_id,
        category=order.category,
        stage_since=order.stage_since,
        rank=order.rank,
        window=_earliest(order.deliveries),
        items=sum(line.quantity for line in order.lines),
        priority=order.priority,
        hold=order.hold is not None,
    )


def record(of: Record) -> View | None:
    """A record on the board; customers, companies and products are looked up, not watched."""
    match of:
        case Workflow():
            return workflow(of)
        case Person():
            return PersonView(id=of.id, name=of.name, roles=of.roles, active=of.active)
        case Driver():
            return DriverView(id=of.id, name=of.name, zones=of.zones, active=of.active)
        case Settings():
            return SettingsView(
                name=of.name,
                currency=of.currency,
                locale=of.locale,
                time_zone=of.time_zone,
                number_prefix=of.number_prefix,
                price_mode=of.price_mode,
                labels=of.labels,
            )
        case Customer() | Company() | Product():
            return None


def workflow(of: Workflow) -> WorkflowView:
    """The columns in order and the arrows between them."""
    return WorkflowView(
        id=of.id,
        name=of.name,
        stages=tuple(
            StageView(
                id=s.id,
                name=s.name,
                category=s.category,
                hue=s.hue,
                icon=s.icon,
                soft=s.soft,
                hard=s.hard,
                sla_minutes=s.sla_minutes,
                allow_edit=s.allow_edit,
            )
            for s in of.stages
        ),
        transitions=tuple(
            TransitionView(
                id=t.id,
                name=t.name,
                from_stages=t.from_stages,
                to_stage=t.to_stage,
                roles=t.roles,
                gates=t.gates,
                needs_note=t.needs_note,
            )
            for t in of.transitions
        ),
        default=of.default,
    )


def _delivery(of: Delivery) -> DeliveryView:
    return DeliveryView(
        id=of.id,
        position=of.position,
        method=of.method,
        category=of.category,
        window=of.window,
        address=of.address,
        driver_id=of.driver_id,
        pinned=of.pinned,
        epoch=of.epoch,
    )


def _note(of: Note) -> NoteView:
    return NoteView(
        id=of.id,
        text=of.text,
        by_id=of.by_id,
        by_name=of.by_name,
        at=of.at,
        for_driver=of.for_driver,
    )


def _hold(order: Order) -> HoldView | None:
    hold = order.hold
    if hold is None:
        return None
    return HoldView(reason=hold.reason, by_name=hold.by_name, at=hold.at, until=hold.until)


def _earliest(deliveries: tuple[Delivery, ...] | list[Delivery]) -> Window | None:
    windows = [d.window for d in deliveries if d.window is not None]
    if len(windows) <= 1:
        return windows[0] if windows else None
    return min(windows, key=lambda w: (w.opens, w.closes))
