"""The rule for dragging a card to another place on the board."""

from msgspec.structs import replace

from protocols.commands import MoveOrder, ReorderOrder
from protocols.rejections import Forbidden, GateFailed, NoTransition, WipExceeded
from protocols.vocabulary import FieldGroup, OrderId, Rank, StageId, Version
from server.domain.actor import Actor
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted, Refused
from server.domain.orders.delivery_events import DriverAssigned
from server.domain.orders.events import OrderEvent, RankChanged, StageChanged
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import conflict, invalid, last_touch, stale
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.rank import LONGEST, between
from server.domain.roles import may_enter
from server.domain.workflow.gates import failing
from server.domain.workflow.rules import allowed_from, stage_of, transition_between
from server.domain.workflow.state import Stage, Transition, Workflow
from server.domain.world import Bounds, World

_STAGE = FieldGroup("stage")


# One move, step 6 of 8 → server/realtime/feed.py
def decide_move(order: Order, command: MoveOrder, asked: Asked, world: World) -> Decision:
    """Decide whether a card may be put into a stage. [MV]

    The mover names the stage the card was taken from. What else changed meanwhile does not
    matter; a card that somebody put elsewhere does, and then the mover decides again.
    """
    target = stage_of(world.workflow(order.workflow_id), command.to_stage)
    # MV1
    if target is None:
        return invalid("to_stage", "unknown", command.to_stage)
    # MV2: somebody else had the same idea
    if order.stage_id == command.to_stage:
        if command.after_id is None and command.before_id is None:
            return Accepted()
        return _place(order, command.after_id, command.before_id, world)
    # MV3
    elsewhere = order.stage_id != command.from_stage
    if elsewhere and not asked.insists(last_touch(order, _STAGE).version):
        return stale(order, (conflict(order, _STAGE, command.to_stage),))
    bounds = world.bounds(
        target.id, after_id=command.after_id, before_id=command.before_id, moving=order.id
    )
    rank = _fitting(order, target.id, bounds, world)
    return enter(order, moved(order, target, rank, command.note), asked, world)


def decide_reorder(order: Order, command: ReorderOrder, world: World) -> Decision:
    """Put a card elsewhere in its stage: the last word wins, it is harmless. [MV]"""
    return _place(order, command.after_id, command.before_id, world)


def _place(
    order: Order, after_id: OrderId | None, before_id: OrderId | None, world: World
) -> Decision:
    bounds = world.bounds(order.stage_id, after_id=after_id, before_id=before_id, moving=order.id)
    above = bounds.low is None or bounds.low < order.rank
    below = bounds.high is None or order.rank < bounds.high
    # MV4
    if above and below:
        return Accepted()
    rank = _fitting(order, order.stage_id, bounds, world)
    return Accepted((RankChanged(rank=rank, was=order.rank),))


def _fitting(order: Order, stage_id: StageId, bounds: Bounds, world: World) -> Rank:
    """A rank within the bounds, or at the bottom when the gap is used up. [MV]"""
    rank = between(bounds.low, bounds.high)
    # MV20
    if len(rank) <= LONGEST:
        return rank
    end = world.bounds(stage_id, after_id=None, before_id=None, moving=order.id)
    return between(end.low, end.high)


def moved(order: Order, target: Stage, rank: Rank, note: str) -> StageChanged:
    """The event of a card going from where it is into another stage."""
    return StageChanged(
        from_stage=order.stage_id,
        from_category=order.category,
        from_rank=order.rank,
        to_stage=target.id,
        to_category=target.category,
        rank=rank,
        note=note,
    )


def enter(order: Order, move: StageChanged, asked: Asked, world: World) -> Decision:
    """Decide one step along an arrow of the workflow: roles, gates, room. [MV]"""
    workflow = world.workflow(order.workflow_id)
    actor = asked.actor
    # MV5: the side door to cancelling is the same door
    if move.to_category == "cancelled" and not actor.may("order.cancel"):
        return Refused(Forbidden(permission="order.cancel"))
    transition = transition_between(workflow, order.stage_id, move.to_stage, actor.roles)
    # MV6
    if transition is None or not may_enter(actor.roles, move.to_category):
        return no_transition(workflow, order, move.to_stage, actor)
    # MV7
    if transition.needs_note and not move.note.strip():
        return invalid("note", "required")
    room = room_in(move.to_stage, order, actor, world)
    if isinstance(room, Refused):
        return room
    return _through_gates(order, move, transition, room, asked)


def no_transition(workflow: Workflow, order: Order, to_stage: StageId, actor: Actor) -> Refused:
    """Refuse with the stages this asker may move the card to instead."""
    return Refused(
        NoTransition(
            from_stage=order.stage_id,
            to_stage=to_stage,
            allowed=allowed_from(workflow, order.stage_id, actor.roles),
        )
    )


def recalled(order: Order, move: StageChanged) -> tuple[DriverAssigned, ...]:
    """Every driver sent away, when the order is cancelled; who is done has been there. [MV]"""
    # MV8
    if move.to_category != "cancelled":
        return ()
    return tuple(
        DriverAssigned(
            delivery_id=delivery.id,
            driver_id=None,
            was=delivery.driver_id,
            assigned_by=delivery.assigned_by,
            was_pinned=delivery.pinned,
            epoch=delivery.epoch + 1,
        )
        for delivery in order.deliveries
        if delivery.driver_id is not None and is_open(delivery)
    )


def _through_gates(
    order: Order,
    move: StageChanged,
    transition: Transition,
    warnings: tuple[str, ...],
    asked: Asked,
) -> Decision:
    # The drivers come first: they are recalled from an order that is still open.
    events: tuple[OrderEvent, ...] = (*recalled(order, move), move)
    if not transition.gates:
        return Accepted(events, warnings)
    after = evolve(order, events, asked.touch(Version(order.version + 1)))
    shut = failing(transition, after)
    # MV9
    if not shut:
        return Accepted(events, warnings)
    reasoned = asked.actor.may("gate.override") and bool(move.note.strip())
    # MV10
    if not (transition.overridable and reasoned):
        return Refused(GateFailed(gates=shut))
    overridden = replace(move, overridden=tuple(gate.gate for gate in shut))
    return Accepted((*events[:-1], overridden), (*warnings, "gate_overridden"))


def room_in(
    stage_id: StageId, order: Order, actor: Actor, world: World
) -> tuple[str, ...] | Refused:
    """Whether one more card fits into the stage: no, or the warnings with which it does. [MV]"""
    stage = stage_of(world.workflow(order.workflow_id), stage_id)
    if stage is None:
        return ()
    count = world.count(stage_id)
    # MV11
    if stage.hard is not None and count >= stage.hard:
        if not actor.may("wip.override"):
            return Refused(WipExceeded(stage_id=stage_id, limit=stage.hard, count=count))
        return ("wip_overridden",)
    # MV12
    if stage.soft is not None and count >= stage.soft:
        return ("wip_soft",)
    return ()
