"""Taking back one's own command: the reverse events, unless somebody built on what it did."""

from msgspec.structs import replace

from protocols.rejections import Conflict, NotFound, NothingToUndo, Problem
from protocols.vocabulary import AggregateId, FieldGroup, Number, Version
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide_move import room_in
from server.domain.orders.delivery_events import DriverAssigned
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import (
    LabelsChanged,
    LineReturned,
    LinesAdded,
    NoteAdded,
    NoteRemoved,
    OrderArchived,
    OrderDeleted,
    OrderEvent,
    OrderPlaced,
    OrderRestored,
    PriceChanged,
    QuantityChanged,
    RankChanged,
    StageChanged,
)
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import conflict, delivery_of, impossible, stale, touched
from server.domain.orders.inverse import inverse
from server.domain.orders.merge import Decision, broken, is_closed, scope_of
from server.domain.orders.state import Order
from server.domain.world import World

_LIFE = (OrderDeleted, OrderArchived, OrderRestored)


def decide_undo(
    order: Order,
    events: tuple[OrderEvent, ...],
    produced: Version,
    asked: Asked,
    world: World,
    undone: Number,
) -> Decision:
    """Decide whether one's own command may be taken back. [UN]

    `events` are what the command did to this order and `produced` is the version it made. No
    arrow of the workflow and no permission is needed, since the asker only withdraws what they
    did; room in the stage, closed stages and the invariants still count.
    """
    ends = any(isinstance(event, _LIFE) for event in events)
    # UN1
    if order.deleted and not ends:
        return Refused(NotFound(aggregate_id=AggregateId(order.id)))
    # UN2
    built_on = _built_on(order, events, max(produced, asked.over))
    if built_on and all(contest.theirs == contest.mine for contest in built_on):
        # It is as it was before the command: undone already, or set back by hand.
        return Refused(NothingToUndo(undone=undone))
    if built_on:
        return stale(order, built_on)
    since = replace(asked, base_version=produced, base_groups={})
    noted = all(isinstance(event, NoteAdded | NoteRemoved) for event in events)
    if order.archived and not (ends or noted):
        return impossible(order, since, Problem(field="life", rule="archived"))
    reverse = _reversed(order, events, asked, world)
    # UN3
    if reverse is None:
        return Refused(NothingToUndo(undone=undone))
    return _settle(order, reverse, since, world)


def _reversed(
    order: Order, events: tuple[OrderEvent, ...], asked: Asked, world: World
) -> tuple[OrderEvent, ...] | None:
    """The reverse events in reverse order; None when one of them has no way back."""
    stamp = asked.touch(Version(order.version + 1))
    workflow = world.workflow(order.workflow_id)
    found: list[OrderEvent] = []
    now = order
    for event in reversed(events):
        step = inverse(now, event, workflow)
        if step is None:
            return None
        found += step
        now = evolve(now, step, stamp) if step else now
    return tuple(found) if events else None


def _settle(order: Order, reverse: tuple[OrderEvent, ...], since: Asked, world: World) -> Decision:
    warnings: tuple[str, ...] = ()
    now = order
    stamp = since.touch(Version(order.version + 1))
    for event in reverse:
        # UN4
        if _is_over(now, event, world):
            return impossible(order, since, Problem(field="stage", rule="closed_stage"))
        now = evolve(now, (event,), stamp)
        # UN5
        if isinstance(event, StageChanged | OrderRestored) and now.open:
            room = room_in(now.stage_id, order, since.actor, world)
            if isinstance(room, Refused):
                return room
            warnings += room
    problems = broken(now)
    if problems:
        return impossible(order, since, *problems)
    return Accepted(reverse, warnings)


def _is_over(order: Order, event: OrderEvent, world: World) -> bool:
    """Whether the order has gone too far for this event."""
    if isinstance(event, DriverAssigned):
        delivery = delivery_of(order, event.delivery_id)
        return delivery is None or not is_open(delivery)
    return is_closed(order, scope_of(event), world)


def _built_on(order: Order, events: tuple[OrderEvent, ...], upto: Version) -> tuple[Conflict, ...]:
    """What somebody changed, after that version, of what the command wrote."""
    found: dict[FieldGroup, Conflict] = {}
    for event in events:
        former = getattr(event, "was", getattr(event, "from_stage", None))
        for name in _foundation(order, event):
            touch = order.touches.get(name)
            if touch is not None and touch.version > upto:
                found[name] = conflict(order, name, former)
    return tuple(found.values())


def _foundation(order: Order, event: OrderEvent) -> tuple[FieldGroup, ...]:
    """The groups that must be as the event left them for its reverse to make sense."""
    match event:
        case OrderPlaced():
            return tuple(order.touches)
        case LabelsChanged() | NoteAdded() | NoteRemoved():
            # UN6: these come and go one by one
            return ()
        case StageChanged():
            # Where in the column it lies by now does not matter.
            return (FieldGroup("stage"),)
        case RankChanged():
            return (FieldGroup("rank"), FieldGroup("stage"))
        case LinesAdded():
            return tuple(name for line in event.lines for name in _of_line(order, line.id))
        case LineReturned():
            return _of_line(order, event.line.id)
        case QuantityChanged() | PriceChanged():
            return (*touched(event), group("line", event.line_id))
        case _:
            return touched(event)


def _of_line(order: Order, line_id: str) -> tuple[FieldGroup, ...]:
    """Everything that is written about one line."""
    own = (group(kind, line_id) for kind in ("line", "quantity", "price"))
    discounts = (group("discount", each.id) for each in order.discounts if each.line_id == line_id)
    return (*own, *discounts)
