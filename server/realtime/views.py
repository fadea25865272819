"""What an order looks like to the back office and to displays."""

import msgspec

from protocols.stops import DeliveryView, RunTag
from protocols.values import CashEdited
from protocols.views import (
    CardView,
    ChargeView,
    DiscountView,
    HoldView,
    LineView,
    Mark,
    OrderView,
    TileView,
    TotalsView,
)
from server.domain.audience import is_open
from server.domain.orders.state import Order
from server.domain.orders.totals import price
from server.realtime.delivery_views import claim, delivery, earliest, expense, news, note

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
        window=earliest(open_deliveries or deliveries),
        priority=order.priority,
        labels=order.labels,
        csr_id=order.csr_id,
        driver_id=next(iter(drivers), None),
        drivers=len(drivers),
        deliveries=len(deliveries),
        delivered=len([d for d in deliveries if d.category == "done"]),
        **news(open_deliveries),
        claims=len(order.claims),
        proposals=len([d for d in open_deliveries if d.proposal is not None]),
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
        deliveries=tuple(delivery(order, d) for d in order.deliveries),
        notes=tuple(note(n) for n in order.notes),
        claims=tuple(claim(c) for c in order.claims),
        expenses=tuple(expense(x) for x in order.expenses),
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
    return msgspec.structs.replace(
        seen,
        lines=lines,
        discounts=(),
        charges=(),
        totals=None,
        deliveries=tuple(_without_money(d) for d in seen.deliveries),
        claims=tuple(msgspec.structs.replace(c, cash=None) for c in seen.claims),
        expenses=(),
    )


def _without_money(of: DeliveryView) -> DeliveryView:
    """A delivery without what was or is to be collected."""
    receipt = of.receipt
    if receipt is not None:
        edits = tuple(each for each in receipt.edits if not isinstance(each.edit, CashEdited))
        receipt = msgspec.structs.replace(receipt, edits=edits)
    return msgspec.structs.replace(of, cash=None, receipt=receipt)


def tile(order: Order) -> TileView:
    """The order on a display in a hall: nothing that names a person."""
    return TileView(
        id=order.id,
        number=order.number,
        stage_id=order.stage_id,
        category=order.category,
        stage_since=order.stage_since,
        rank=order.rank,
        window=earliest([d for d in order.deliveries if is_open(d)] or order.deliveries),
        items=sum(line.quantity for line in order.lines),
        priority=order.priority,
        hold=order.hold is not None,
        deliveries=len(order.deliveries),
        delivered=len([d for d in order.deliveries if d.category == "done"]),
        runs=tuple(
            RunTag(call_sign=d.call_sign, category=d.category)
            for d in order.deliveries
            if is_open(d) and d.driver_id is not None
        ),
    )


def _hold(order: Order) -> HoldView | None:
    hold = order.hold
    if hold is None:
        return None
    return HoldView(reason=hold.reason, by_name=hold.by_name, at=hold.at, until=hold.until)
