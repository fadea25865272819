"""Taking back one's own command: the reverse events, unless somebody built on what it did."""

from msgspec.structs import replace

from protocols.rejections import Conflict, NotFound, NothingToUndo, Problem
from protocols.vocabulary import AggregateId, FieldGroup, Number, Version
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.bearer import fixed_of
from server.domain.orders.decide_move import room_in
from server.domain.orders.events import (
    LineRemoved,
    NoteAdded,
    NoteRemoved,
    OrderArchived,
    OrderDeleted,
    OrderEvent,
    OrderRestored,
    StageChanged,
)
from server.domain.orders.evolve import evolve
from server.domain.orders.foundation import as_of_now, foundation, is_past
from server.domain.orders.groups import conflict, impossible, stale
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
        back = inverse(now, event, workflow)
        if back is None:
            return None
        step = tuple(as_of_now(each, world) for each in back)
        found += step
        now = evolve(now, step, stamp) if step else now
    return tuple(found) if events else None


def _settle(order: Order, reverse: tuple[OrderEvent, ...], since: Asked, world: World) -> Decision:
    warnings: tuple[str, ...] = ()
    now = order
    stamp = since.touch(Version(order.version + 1))
    for event in reverse:
        problem = _over(now, event, world)
        if problem is not None:
            return impossible(order, since, problem)
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


def _over(order: Order, event: OrderEvent, world: World) -> Problem | None:
    """Why the order has gone too far for this event. [UN]"""
    # UN4
    if is_closed(order, scope_of(event), world) or is_past(order, event):
        return Problem(field="stage", rule="closed_stage")
    if isinstance(event, LineRemoved):
        # AL3
        fixed = fixed_of(order, event.line.id)
        field = f"quantity:{event.line.id}"
        return Problem(field=field, rule="allocated", limit=fixed) if fixed else None
    return None


def _built_on(order: Order, events: tuple[OrderEvent, ...], upto: Version) -> tuple[Conflict, ...]:
    """What somebody changed, after that version, of what the command wrote."""
    found: dict[FieldGroup, Conflict] = {}
    for event in events:
        former = getattr(event, "was", getattr(event, "from_stage", None))
        for name in foundation(order, event):
            touch = order.touches.get(name)
            if touch is not None and touch.version > upto:
                found[name] = conflict(order, name, former)
    return tuple(found.values())
