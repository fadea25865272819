"""What drivers must know of a row: whatever they see of a delivery that they did not do. [RT]"""

from collections.abc import Iterator
from operator import is_

from msgspec.structs import replace

from protocols.values import (
    Address,
    AddressEdited,
    CashEdited,
    HoldEdited,
    NoteEdited,
    QuantityEdited,
    StopEdit,
    Take,
    ToldEdit,
    WindowEdited,
)
from protocols.vocabulary import DeliveryId, Version
from server.domain.audience import driver_notes, is_open
from server.domain.orders.allocation import brought
from server.domain.orders.cash import cash_due
from server.domain.orders.delivery import Delivery, Receipt
from server.domain.orders.receipt import is_waiting
from server.domain.orders.state import Note, Order, Touch

_MOST_EDITS = 50
"""Kept of one delivery; a driver who slept through more looks at the stop as it is."""


def tell(
    before: Order | None, after: Order, stamp: Touch, reason: str, own: frozenset[str]
) -> Order:
    """The order after a row, with what its drivers must know noted in their receipts.

    `own` are the deliveries whose driver wrote the row: what one does oneself is no news.
    """
    if all(each.driver_id is None for each in after.deliveries):
        return after
    former = {each.id: each for each in before.deliveries} if before is not None else {}
    told = tuple(
        _told(before, former.get(each.id), after, each, stamp, reason)
        if each.driver_id is not None and is_open(each) and each.id not in own
        else each
        for each in after.deliveries
    )
    # Most rows are no news for anybody, and an order has many fields to copy.
    return after if all(map(is_, told, after.deliveries)) else replace(after, deliveries=told)


def _told(
    before: Order | None,
    was: Delivery | None,
    after: Order,
    now: Delivery,
    stamp: Touch,
    reason: str,
) -> Delivery:
    # RT1
    if before is None or was is None or was.driver_id != now.driver_id:
        new = Receipt(told=Version(stamp.version), told_at=stamp.at, waiting_since=stamp.at)
        return replace(now, receipt=new)
    edits = tuple(differences(before, was, after, now))
    # RT2
    if not edits:
        return now
    news = tuple(
        ToldEdit(
            edit=edit,
            version=Version(stamp.version),
            at=stamp.at,
            by_name=stamp.by_name,
            reason=reason,
        )
        for edit in edits
    )
    receipt = replace(
        now.receipt,
        told=Version(stamp.version),
        told_at=stamp.at,
        # RT8
        waiting_since=now.receipt.waiting_since if is_waiting(now) else stamp.at,
        edits=_joined(now.receipt, news),
    )
    return replace(now, receipt=receipt)


def differences(before: Order, was: Delivery, after: Order, now: Delivery) -> Iterator[StopEdit]:
    """What the driver of a delivery sees differently, thing by thing. [RT]"""
    yield from _quantities(before, was, after, now)
    yield from _places(before, was, after, now)
    if was.window != now.window:
        yield WindowEdited(was=was.window, now=now.window)
    yield from _notes(before, after, now)
    if (before.hold is None) != (after.hold is None):
        yield HoldEdited(held=after.hold is not None)
    yield from _cash(before, was, after, now)


def _quantities(
    before: Order, was: Delivery, after: Order, now: Delivery
) -> Iterator[QuantityEdited]:
    # The same lines and allocations bring the same; most rows change neither.
    if before.lines is after.lines and _allocated(before) == _allocated(after):
        return
    names = {line.id: line.name for line in (*before.lines, *after.lines)}
    had, has = brought(before, was), brought(after, now)
    for line_id in dict.fromkeys((*had, *has)):
        old, new = had.get(line_id, 0), has.get(line_id, 0)
        if old != new:
            yield QuantityEdited(line_id=line_id, name=names[line_id], was=old, now=new)


def _cash(before: Order, was: Delivery, after: Order, now: Delivery) -> Iterator[CashEdited]:
    # CD4
    if "cash" not in (before.payment_method, after.payment_method):
        return
    old, new = cash_due(before).get(was.id), cash_due(after).get(now.id)
    if old != new:
        yield CashEdited(was=old, now=new)


def _allocated(order: Order) -> list[tuple[DeliveryId, tuple[Take, ...] | None]]:
    """All of the deliveries that `brought` looks at."""
    return [(each.id, each.allocations) for each in order.deliveries]


def _places(before: Order, was: Delivery, after: Order, now: Delivery) -> Iterator[AddressEdited]:
    if was.address is now.address and before.shipping_address is after.shipping_address:
        return
    there, here = _address(before, was), _address(after, now)
    if there != here:
        yield AddressEdited(was=there, now=here)


def _address(order: Order, delivery: Delivery) -> Address:
    """Where the driver goes; the point on the map is no news."""
    return replace(delivery.address or order.shipping_address, point=None)


def _notes(before: Order, after: Order, now: Delivery) -> Iterator[NoteEdited]:
    if before.notes is after.notes:
        return
    had, has = _for(before, now), _for(after, now)
    for note_id, note in has.items():
        if note_id not in had:
            yield NoteEdited(note_id=note.id, text=note.text)
    for note_id, note in had.items():
        if note_id not in has:
            yield NoteEdited(note_id=note.id, text=note.text, gone=True)


def _for(order: Order, delivery: Delivery) -> dict[str, Note]:
    """Notes for the driver that the driver did not write."""
    return {
        note.id: note
        for note in driver_notes(order)
        if note.driver_id is None or note.driver_id != delivery.driver_id
    }


def _joined(receipt: Receipt, news: tuple[ToldEdit, ...]) -> tuple[ToldEdit, ...]:
    """Old and new edits, one for each thing: an unread change of a change is one change. [RT]"""
    kept = {_thing(each.edit): each for each in receipt.edits}
    for each in news:
        thing = _thing(each.edit)
        old = kept.pop(thing, None)
        unread = old is not None and old.version > receipt.acknowledged
        # RT3
        kept[thing] = _since(old, each) if old is not None and unread else each
    # By thing, so that it does not matter which of two colleagues was first.
    edits = [kept[thing] for thing in sorted(kept)]
    while len(edits) > _MOST_EDITS:
        read = next((e for e in edits if e.version <= receipt.acknowledged), edits[0])
        edits.remove(read)
    return tuple(edits)


def _since(old: ToldEdit, new: ToldEdit) -> ToldEdit:
    """The new edit counted from before the old one, unless it only takes the old one back."""
    match old.edit, new.edit:
        case (QuantityEdited(was=was), QuantityEdited(now=now)) if was != now:
            return replace(new, edit=replace(new.edit, was=was))
        case (AddressEdited(was=was), AddressEdited(now=now)) if was != now:
            return replace(new, edit=replace(new.edit, was=was))
        case (WindowEdited(was=was), WindowEdited(now=now)) if was != now:
            return replace(new, edit=replace(new.edit, was=was))
        case (CashEdited(was=was), CashEdited(now=now)) if was != now:
            return replace(new, edit=replace(new.edit, was=was))
        case _:
            return new


def _thing(edit: StopEdit) -> str:
    match edit:
        case QuantityEdited(line_id=line_id):
            return f"quantity:{line_id}"
        case NoteEdited(note_id=note_id):
            return f"note:{note_id}"
        case AddressEdited():
            return "address"
        case WindowEdited():
            return "window"
        case HoldEdited():
            return "hold"
        case CashEdited():
            return "cash"
