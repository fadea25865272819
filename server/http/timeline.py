"""Journal rows as lines of an order's history: who, when, and what became what. [HT]"""

from protocols.http import TimelineChange, TimelineEntry
from server.application.ports import Row
from server.domain.orders import delivery_events as of
from server.domain.orders import events as on
from server.domain.orders.events import OrderEvent
from server.domain.orders.groups import touched
from server.domain.orders.withhold import holds_money
from server.domain.records import RecordSaved

SHOWN: dict[type[OrderEvent], tuple[str, str, str]] = {
    on.OrderPlaced: ("", "", ""),
    on.StageChanged: ("from_stage", "to_stage", "note"),
    # The sort keys mean nothing to a reader.
    on.RankChanged: ("", "", ""),
    on.LinesAdded: ("", "lines", ""),
    on.LineReturned: ("", "line", ""),
    on.QuantityChanged: ("was", "quantity", ""),
    on.PriceChanged: ("was", "unit_price", "reason"),
    on.LineRemoved: ("line", "", "reason"),
    on.DiscountSet: ("was", "discount", ""),
    on.DiscountRemoved: ("discount", "", ""),
    on.ChargeSet: ("was", "amount", ""),
    on.CustomerChanged: ("was", "customer", ""),
    on.AddressChanged: ("was", "address", ""),
    on.WindowChanged: ("was", "window", ""),
    on.PriorityChanged: ("was", "priority", ""),
    on.LabelsChanged: ("removed", "added", ""),
    on.PaymentChanged: ("was", "payment_method", ""),
    on.CustomChanged: ("was", "value", ""),
    on.Held: ("", "hold", ""),
    on.Released: ("hold", "", ""),
    on.ReviewChanged: ("was", "review", ""),
    on.NoteAdded: ("", "note", ""),
    on.NoteRemoved: ("note", "", ""),
    on.CsrAssigned: ("was", "csr_id", ""),
    of.DriverAssigned: ("was", "driver_id", ""),
    of.StopMoved: ("", "", ""),
    of.DeliverySplit: ("", "new", ""),
    of.DeliveriesMerged: ("merged", "", ""),
    of.DeliveryCancelled: ("delivery", "", "reason"),
    of.DeliveriesSet: ("", "", ""),
    of.MethodChanged: ("was", "method", ""),
    of.HubChanged: ("was", "hub_id", ""),
    of.TrackingChanged: ("was", "tracking", ""),
    of.DeliveryAddressChanged: ("was", "address", ""),
    of.ServiceTimeChanged: ("was", "seconds", ""),
    of.StopReceived: ("", "receipt", ""),
    of.StopEscalated: ("", "version", ""),
    of.DeliveryCollected: ("", "at", ""),
    of.DriverArrived: ("", "at", ""),
    of.DeliveryCompleted: ("", "handed", "reason"),
    of.DeliveryFailed: ("", "attempt", ""),
    of.DeliveryReopened: ("", "category", "reason"),
    of.ProofAdded: ("", "proof", ""),
    of.ExpenseReported: ("", "expense", ""),
    of.ChangeProposed: ("", "proposal", ""),
    of.ProposalAnswered: ("refused", "accepted", "note"),
    of.ProposalWithdrawn: ("proposal", "", ""),
    of.ClaimFiled: ("", "claim", ""),
    of.ClaimSettled: ("claim", "accepted", "note"),
    on.OrderDeleted: ("", "", "reason"),
    on.OrderRestored: ("", "", ""),
    on.OrderArchived: ("", "", ""),
}
"""Event → its fields that hold the value before, the value after, and what was said about it.

Events carry both values, so nothing is looked up or recomputed; a test misses no event.
"""


def entry_of(row: Row, *, priced: bool) -> TimelineEntry:
    """One command's doing, as one entry; without amounts unless `priced`."""
    return TimelineEntry(
        sequence=row.sequence,
        version=row.version,
        at=row.at,
        by_id=row.actor_id,
        by_name=row.actor_name,
        via=row.via,
        cause=row.cause,
        changes=tuple(
            change_of(event, priced=priced)
            for event in row.events
            if not isinstance(event, RecordSaved)
        ),
    )


def change_of(event: OrderEvent, *, priced: bool) -> TimelineChange:
    """What one event changed."""
    before, after, note = SHOWN[type(event)]
    what = next(iter(touched(event)), "life")
    # HT9
    if not priced and holds_money(what):
        before = after = ""
    return TimelineChange(
        kind=str(event.__struct_config__.tag),
        what=what,
        before=getattr(event, before) if before else None,
        after=getattr(event, after) if after else None,
        note=getattr(event, note) if note else "",
    )
