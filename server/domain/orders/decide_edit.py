"""The rules for the words on an order: who, where, when, how paid, marks and notes."""

from typing import assert_never

from protocols.commands import (
    AddNote,
    ChangeLabels,
    FlagReview,
    RemoveNote,
    SetAddress,
    SetCustom,
    SetCustomer,
    SetPayment,
    SetPriority,
    SetWindow,
)
from protocols.rejections import Forbidden
from protocols.vocabulary import FieldGroup
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import (
    AddressChanged,
    CustomChanged,
    CustomerChanged,
    LabelsChanged,
    NoteAdded,
    NoteRemoved,
    PaymentChanged,
    PriorityChanged,
    ReviewChanged,
    WindowChanged,
)
from server.domain.orders.groups import delivery_of, invalid, value_of
from server.domain.orders.located import located
from server.domain.orders.merge import Decision, Edit, merge, settle
from server.domain.orders.state import Note, Order
from server.domain.world import World

WordCommand = (
    SetCustomer | SetAddress | SetWindow | SetPriority | SetPayment | SetCustom | FlagReview
)
CommutingCommand = ChangeLabels | AddNote | RemoveNote


def decide_words(order: Order, command: WordCommand, asked: Asked, world: World) -> Decision:
    """Decide a change of one field group: it merges with everything but itself. [ED]"""
    edit = _edit(order, command, asked, world)
    return edit if isinstance(edit, Refused) else merge(order, edit, asked, world)


def _edit(  # noqa: C901
    order: Order, command: WordCommand, asked: Asked, world: World
) -> Edit | Refused:
    match command:
        case SetCustomer(customer=customer):
            if not customer.name.strip():
                return invalid("customer.name", "required")
            changed = CustomerChanged(customer=customer, was=order.customer)
            return Edit({FieldGroup("customer"): customer}, (changed,), "address")
        case SetAddress():
            return _readdress(order, command, world)
        case SetWindow():
            return _rewindow(order, command)
        case SetPriority(priority=priority):
            ranked = PriorityChanged(priority=priority, was=order.priority)
            return Edit({FieldGroup("priority"): priority}, (ranked,))
        case SetPayment(payment_method=method):
            paid = PaymentChanged(payment_method=method, was=order.payment_method)
            return Edit({FieldGroup("payment"): method}, (paid,))
        case SetCustom():
            return _custom(order, command, asked)
        case FlagReview():
            review = command.reason.strip() or None
            flagged = ReviewChanged(review=review, was=order.review)
            return Edit({FieldGroup("review"): review}, (flagged,))
        case _:
            assert_never(command)


def _readdress(order: Order, command: SetAddress, world: World) -> Edit:
    name = FieldGroup(f"{command.which}_address")
    was = value_of(order, name)
    address = located(command.address, was, world) if command.which == "shipping" else None
    address = address or command.address
    changed = AddressChanged(which=command.which, address=address, was=was)
    return Edit({name: address}, (changed,), "address")


def _rewindow(order: Order, command: SetWindow) -> Edit | Refused:
    delivery = delivery_of(order, command.delivery_id)
    if delivery is None:
        return invalid("delivery_id", "unknown", command.delivery_id)
    window = command.window
    # ED10
    if window is not None and window.opens >= window.closes:
        return invalid("window", "opens_before_closes")
    changed = WindowChanged(delivery_id=delivery.id, window=window, was=delivery.window)
    return Edit({group("window", delivery.id): window}, (changed,), "address")


def _custom(order: Order, command: SetCustom, asked: Asked) -> Edit | Refused:
    # WF5: the approval gate reads this field
    if command.key == "approved" and not asked.actor.may("order.approve"):
        return Refused(Forbidden(permission="order.approve"))
    was = order.custom.get(command.key, "")
    changed = CustomChanged(key=command.key, value=command.value, was=was)
    return Edit({group("custom", command.key): command.value}, (changed,))


def decide_commuting(
    order: Order, command: CommutingCommand, asked: Asked, world: World
) -> Decision:
    """Decide a change that never conflicts: labels and notes only come and go one by one. [NT]"""
    match command:
        case ChangeLabels():
            return _labels(order, command, asked, world)
        case AddNote():
            return _add_note(order, command, asked, world)
        case RemoveNote():
            return _remove_note(order, command, asked)
        case _:
            assert_never(command)


def _labels(order: Order, command: ChangeLabels, asked: Asked, world: World) -> Decision:
    known = {label.id for label in world.settings.labels}
    # NT1
    for label in command.add:
        if label not in known:
            return invalid("add", "unknown", label)
    added = tuple(sorted({*command.add} - {*order.labels}))
    removed = tuple(sorted({*command.remove} & {*order.labels}))
    # NT2
    if not (added or removed):
        return Accepted()
    return settle(order, (LabelsChanged(added=added, removed=removed),), "any", asked, world)


def _add_note(order: Order, command: AddNote, asked: Asked, world: World) -> Decision:
    actor = asked.actor
    note = Note(
        id=command.note_id,
        text=command.text,
        by_id=actor.id,
        by_name=actor.name,
        at=asked.now,
        for_driver=command.for_driver,
        driver_id=actor.driver_id,
    )
    # NT3
    if any(each.id == note.id for each in order.notes):
        return invalid("note_id", "exists", note.id)
    return settle(order, (NoteAdded(note=note),), "any", asked, world)


def _remove_note(order: Order, command: RemoveNote, asked: Asked) -> Decision:
    note = next((each for each in order.notes if each.id == command.note_id), None)
    # NT4
    if note is None:
        return Accepted()
    # NT5
    if note.by_id != asked.actor.id and not asked.actor.may("note.moderate"):
        return Refused(Forbidden(permission="note.moderate"))
    return Accepted((NoteRemoved(note=note),))
