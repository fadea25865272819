"""The rules for stopping, ending and bringing back an order."""

from typing import assert_never

from protocols.commands import (
    ArchiveOrder,
    CancelOrder,
    DeleteOrder,
    HoldOrder,
    ReleaseOrder,
    RestoreOrder,
)
from protocols.rejections import Forbidden, Problem
from protocols.vocabulary import TERMINAL, FieldGroup, Permission, StageId
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.decide_move import enter, moved, no_transition, room_in
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import (
    Held,
    OrderArchived,
    OrderDeleted,
    OrderEvent,
    OrderRestored,
    Released,
)
from server.domain.orders.groups import changed_since, impossible, stale
from server.domain.orders.merge import Decision, Edit, merge
from server.domain.orders.state import Hold, Order
from server.domain.rank import between
from server.domain.workflow.rules import transition_between
from server.domain.world import World

HoldCommand = HoldOrder | ReleaseOrder
LifeCommand = CancelOrder | DeleteOrder | RestoreOrder | ArchiveOrder

_HARMLESS = ("rank", "labels", "notes", "review")
"""Groups whose changes nobody needs to see before an order is deleted."""


def decide_hold(order: Order, command: HoldCommand, asked: Asked, world: World) -> Decision:
    """Decide whether progress stops or goes on. [LF]"""
    name = FieldGroup("hold")
    hold = order.hold
    lifted: tuple[OrderEvent, ...] = () if hold is None else (Released(hold=hold),)
    match command:
        case ReleaseOrder():
            return merge(order, Edit({name: None}, lifted), asked, world)
        case HoldOrder():
            # LF1
            if hold and (hold.reason, hold.until) == (command.reason, command.until):
                return Accepted()
            actor = asked.actor
            new = Hold(
                reason=command.reason,
                by_id=actor.id,
                by_name=actor.name,
                at=asked.now,
                until=command.until,
            )
            return merge(order, Edit({name: new}, (*lifted, Held(hold=new))), asked, world)
        case _:
            assert_never(command)


def decide_life(order: Order, command: LifeCommand, asked: Asked, world: World) -> Decision:
    """Decide about the order as a whole. [LF]"""
    match command:
        case CancelOrder():
            return _cancel(order, command, asked, world)
        case DeleteOrder():
            return _delete(order, command, asked)
        case RestoreOrder():
            return _restore(order, asked, world)
        case ArchiveOrder():
            return _archive(order, asked)
        case _:
            assert_never(command)


def _cancel(order: Order, command: CancelOrder, asked: Asked, world: World) -> Decision:
    """Cancelling is a move into a cancelled stage, with a reason, and recalls the drivers."""
    # LF2
    if order.category == "cancelled":
        return Accepted()
    # LF3: strict on what it undoes
    covered = [FieldGroup("stage")]
    covered += [group("assignment", delivery.id) for delivery in order.deliveries]
    found = changed_since(order, covered, asked)
    if found and not asked.fact:
        return stale(order, found)
    workflow = world.workflow(order.workflow_id)
    ends = [stage for stage in workflow.stages if stage.category == "cancelled"]
    roles = asked.actor.roles
    for target in ends:
        if transition_between(workflow, order.stage_id, target.id, roles) is not None:
            bounds = world.bounds(target.id, after_id=None, before_id=None, moving=order.id)
            rank = between(bounds.low, bounds.high)
            return enter(order, moved(order, target, rank, command.reason), asked, world)
    # LF4
    missing = ends[0].id if ends else StageId("cancelled")
    return no_transition(workflow, order, missing, asked.actor)


def _delete(order: Order, command: DeleteOrder, asked: Asked) -> Decision:
    # LF5
    covered = [name for name in order.touches if name not in _HARMLESS]
    found = changed_since(order, covered, asked)
    if found and not asked.fact:
        return stale(order, found)
    return Accepted((OrderDeleted(reason=command.reason),))


def _restore(order: Order, asked: Asked, world: World) -> Decision:
    # LF6
    if order.open:
        return Accepted()
    permission: Permission = "order.restore" if order.deleted else "order.archive"
    if not asked.actor.may(permission):
        return Refused(Forbidden(permission=permission))
    # A deleted order that had been archived goes back to the archive, not to the board.
    event = OrderRestored(was_deleted=order.deleted, was_archived=not order.deleted)
    if order.deleted and order.archived:
        return Accepted((event,))
    # LF7
    room = room_in(order.stage_id, order, asked.actor, world)
    return room if isinstance(room, Refused) else Accepted((event,), room)


def _archive(order: Order, asked: Asked) -> Decision:
    # LF8
    if order.archived:
        return Accepted()
    # LF9
    if order.category not in TERMINAL:
        return impossible(order, asked, Problem(field="stage", rule="open_stage"))
    return Accepted((OrderArchived(),))
