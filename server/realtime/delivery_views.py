"""What a delivery looks like to the back office, to its driver, and to dispatchers."""

from collections.abc import Sequence as Series
from typing import TypedDict

from protocols.stops import (
    ClaimView,
    DeliveryView,
    DispatchStop,
    ExpenseView,
    NoteView,
    ProposalView,
    QuantityAsk,
    ReceiptView,
    Shown,
    ShownLine,
    StopDeliveryView,
)
from protocols.values import Load, Window
from protocols.views import DispatchView, StopView
from protocols.vocabulary import DriverId, Instant, LineId, Minor, ReceiptWord
from server.domain.audience import driver_notes, is_open
from server.domain.orders.allocation import brought, takes
from server.domain.orders.cash import cash_due
from server.domain.orders.delivery import Claim, Delivery, Expense, Proposal, Receipt, Seen
from server.domain.orders.state import Note, Order


class News(TypedDict):
    """How far the drivers of an order know of it, for its card."""

    word: ReceiptWord | None
    told_at: Instant | None
    alarm: bool
    alarm_drivers: tuple[DriverId, ...]


def delivery(order: Order, of: Delivery) -> DeliveryView:
    """A delivery in full."""
    return DeliveryView(
        id=of.id,
        position=of.position,
        method=of.method,
        category=of.category,
        brings=takes(brought(order, of)),
        rest=of.allocations is None,
        window=of.window,
        address=of.address,
        hub_id=of.hub_id,
        service_seconds=of.service_seconds,
        tracking=of.tracking,
        driver_id=of.driver_id,
        stop_rank=of.stop_rank,
        assigned_by=of.assigned_by,
        pinned=of.pinned,
        epoch=of.epoch,
        receipt=None if of.driver_id is None else receipt(of.receipt),
        collected_at=of.collected_at,
        arrived_at=of.arrived_at,
        closed_at=of.closed_at,
        handed=of.handed,
        shown=_shown(of.seen),
        proofs=of.proofs,
        attempts=of.attempts,
        proposal=None if of.proposal is None else proposal(order, of.proposal),
        cash=of.cash,
    )


def stop(order: Order, driver_id: DriverId) -> StopView:
    """The order as one of its drivers sees it: only their own open deliveries, no prices."""
    own = [d for d in order.deliveries if d.driver_id == driver_id and is_open(d)]
    due = cash_due(order)
    return StopView(
        id=order.id,
        number=order.number,
        workflow_id=order.workflow_id,
        customer=order.customer.name,
        phone=order.shipping_address.phone or order.customer.phone,
        notes=tuple(note(n) for n in driver_notes(order)),
        priority=order.priority,
        labels=order.labels,
        hold=order.hold is not None,
        deliveries=tuple(_stop_delivery(order, d, due.get(d.id)) for d in own),
    )


def _stop_delivery(order: Order, of: Delivery, due: Minor | None) -> StopDeliveryView:
    names = {line.id: line.name for line in order.lines}
    return StopDeliveryView(
        id=of.id,
        position=of.position,
        category=of.category,
        epoch=of.epoch,
        stop_rank=of.stop_rank,
        window=of.window,
        address=of.address or order.shipping_address,
        lines=tuple(
            ShownLine(line_id=line_id, name=names[line_id], quantity=quantity)
            for line_id, quantity in brought(order, of).items()
        ),
        service_seconds=of.service_seconds,
        hub_id=of.hub_id,
        receipt=receipt(of.receipt),
        proposal=None if of.proposal is None else proposal(order, of.proposal),
        collected_at=of.collected_at,
        arrived_at=of.arrived_at,
        attempts=of.attempts,
        proofs=of.proofs,
        cash_due=due,
    )


def dispatch(order: Order) -> DispatchView:
    """The order as dispatchers plan it."""
    weights = {line.id: (line.weight_g, line.volume_ml) for line in order.lines}
    return DispatchView(
        id=order.id,
        number=order.number,
        stage_id=order.stage_id,
        category=order.category,
        customer=order.customer.name,
        priority=order.priority,
        labels=order.labels,
        hold=order.hold is not None,
        deliveries=tuple(_dispatch_stop(order, d, weights) for d in order.deliveries if is_open(d)),
    )


def _dispatch_stop(
    order: Order, of: Delivery, weights: dict[LineId, tuple[int, int]]
) -> DispatchStop:
    address = of.address or order.shipping_address
    brings = brought(order, of)
    told = of.driver_id is not None
    return DispatchStop(
        id=of.id,
        position=of.position,
        method=of.method,
        category=of.category,
        window=of.window,
        city=address.city,
        postcode=address.postcode,
        country=address.country,
        point=address.point,
        hub_id=of.hub_id,
        service_seconds=of.service_seconds,
        load=Load(
            weight_g=sum(weights[i][0] * n for i, n in brings.items()),
            volume_ml=sum(weights[i][1] * n for i, n in brings.items()),
            pieces=sum(brings.values()),
        ),
        driver_id=of.driver_id,
        stop_rank=of.stop_rank,
        assigned_by=of.assigned_by,
        pinned=of.pinned,
        epoch=of.epoch,
        word=word_of(of.receipt) if told else None,
        alarm=told and _is_alarming(of.receipt),
        collected_at=of.collected_at,
        arrived_at=of.arrived_at,
        attempts=len(of.attempts),
    )


def receipt(of: Receipt) -> ReceiptView:
    """What the driver should know, and how far that has come."""
    return ReceiptView(
        told=of.told,
        told_at=of.told_at,
        word=word_of(of),
        delivered=of.delivered,
        delivered_at=of.delivered_at,
        seen=of.seen,
        seen_at=of.seen_at,
        acknowledged=of.acknowledged,
        acknowledged_at=of.acknowledged_at,
        alarm=_is_alarming(of),
        edits=of.edits,
    )


def word_of(of: Receipt) -> ReceiptWord:
    """How far what is told now has come."""
    if of.acknowledged >= of.told:
        return "acknowledged"
    if of.seen >= of.told:
        return "seen"
    return "delivered" if of.delivered >= of.told else "sent"


def _is_alarming(of: Receipt) -> bool:
    # RT7
    return of.escalated > of.acknowledged


_WORDS: tuple[ReceiptWord, ...] = ("sent", "delivered", "seen", "acknowledged")


def news(deliveries: Series[Delivery]) -> News:
    """How far the drivers of these open deliveries know of them: the one that knows least."""
    told = [d.receipt for d in deliveries if d.driver_id is not None]
    if not told:
        return News(word=None, told_at=None, alarm=False, alarm_drivers=())
    word = min((word_of(each) for each in told), key=_WORDS.index)
    waiting = [each.told_at for each in told if each.acknowledged < each.told]
    late = _alarm_drivers(deliveries)
    return News(word=word, told_at=min(waiting, default=None), alarm=bool(late), alarm_drivers=late)


def _alarm_drivers(deliveries: Series[Delivery]) -> tuple[DriverId, ...]:
    """Each driver once, the longest wait first, then in the order of the deliveries."""
    alarming = [
        (d.receipt.told_at, d.driver_id)
        for d in deliveries
        if d.driver_id is not None and _is_alarming(d.receipt)
    ]
    # RT10
    return tuple(dict.fromkeys([driver for _, driver in sorted(alarming, key=lambda a: a[0])]))


def proposal(order: Order, of: Proposal) -> ProposalView:
    """A change that waits for the driver's answer."""
    names = {line.id: line.name for line in order.lines}
    return ProposalView(
        id=of.id,
        by_name=of.by_name,
        at=of.at,
        reason=of.reason,
        quantities=tuple(
            QuantityAsk(line_id=q.line_id, name=names.get(q.line_id, ""), was=q.was, now=q.now)
            for q in of.quantities
        ),
        address=of.address,
        window=of.window,
    )


def claim(of: Claim) -> ClaimView:
    """What a driver said and nobody decided about yet."""
    return ClaimView(
        id=of.id,
        delivery_id=of.delivery_id,
        driver_id=of.driver_id,
        driver_name=of.driver_name,
        fact=of.fact,
        at=of.at,
        received_at=of.received_at,
        cause=of.cause,
        handed=of.handed,
        shown=_shown(of.seen),
        proofs=of.proofs,
        cash=of.cash,
        reason=of.reason,
        note=of.note,
    )


def expense(of: Expense) -> ExpenseView:
    """What a driver paid on the way."""
    return ExpenseView(
        id=of.id,
        delivery_id=of.delivery_id,
        driver_id=of.driver_id,
        driver_name=of.driver_name,
        expense=of.expense,
        amount=of.amount,
        at=of.at,
        note=of.note,
        upload_id=of.upload_id,
    )


def note(of: Note) -> NoteView:
    """A note in full."""
    return NoteView(
        id=of.id,
        text=of.text,
        by_id=of.by_id,
        by_name=of.by_name,
        at=of.at,
        for_driver=of.for_driver,
    )


def earliest(deliveries: Series[Delivery]) -> Window | None:
    """The window that opens first."""
    windows = [d.window for d in deliveries if d.window is not None]
    if len(windows) <= 1:
        return windows[0] if windows else None
    return min(windows, key=lambda w: (w.opens, w.closes))


def _shown(of: Seen | None) -> Shown | None:
    if of is None:
        return None
    return Shown(
        version=of.version,
        lines=tuple(
            ShownLine(line_id=line.line_id, name=line.name, quantity=line.quantity)
            for line in of.lines
        ),
    )
