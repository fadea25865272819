"""An order's stage follows its deliveries: what drivers said walks the workflow. [RU]"""

import msgspec

from protocols.rejections import Gate
from protocols.struct import Struct
from protocols.vocabulary import TERMINAL, FactKind, StageId
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.orders.decide_move import moved
from server.domain.orders.events import OrderEvent, ReviewChanged
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Order
from server.domain.rank import between
from server.domain.workflow.gates import failing
from server.domain.workflow.rules import stage_of
from server.domain.workflow.state import Stage, Transition, Workflow
from server.domain.world import World

_LONGEST = 8
"""Steps in a row; a workflow that wants more goes in circles."""


class Rolled(Struct, frozen=True):
    """The steps the order takes by itself, and what is missing but only warned of."""

    events: tuple[OrderEvent, ...] = ()
    warnings: tuple[str, ...] = ()


class Blocked(Struct, frozen=True):
    """The workflow does not let the order follow."""

    gates: tuple[Gate, ...]


def roll_up(order: Order, asked: Asked, world: World) -> Rolled | Blocked:
    """Where the order, as it is after a fact, goes by itself. Pure; nothing is changed here."""
    workflow = world.workflow(order.workflow_id)
    # RU1: a workflow without arrows for drivers is moved by people alone
    if not any(each.auto for each in workflow.transitions):
        return Rolled()
    events: list[OrderEvent] = []
    warnings: list[str] = []
    visited: set[StageId] = {order.stage_id}
    now = order
    for fact in reached(order):
        while len(events) < _LONGEST:
            arrow = _arrow(workflow, now, fact)
            # RU2
            if arrow is None or arrow.to_stage in visited:
                break
            step = _walk(now, arrow, workflow, asked, world)
            if isinstance(step, Blocked):
                return step
            visited.add(arrow.to_stage)
            events += step.events
            warnings += step.warnings
            now = evolve(now, step.events, asked.touch(order.version))
    return Rolled((*events, *_flagged(now)), tuple(warnings))


def reached(order: Order) -> tuple[FactKind, ...]:
    """What the deliveries together say has happened to the order, in the order of happening. [RU]

    The least advanced open delivery decides: only when all are in vehicles is the order collected,
    only when none is open any more is it delivered, or failed when nothing was delivered at all.
    """
    # RU3
    pending = [each for each in order.deliveries if is_open(each)]
    if pending:
        return ("collected",) if all(each.collected_at is not None for each in pending) else ()
    if any(each.category == "done" for each in order.deliveries):
        return ("collected", "delivered")
    if any(each.category == "failed" for each in order.deliveries):
        return ("collected", "failed")
    return ()


def _arrow(workflow: Workflow, order: Order, fact: FactKind) -> Transition | None:
    return next(
        (
            each
            for each in workflow.transitions
            if each.auto == fact and order.stage_id in each.from_stages
        ),
        None,
    )


def _walk(
    order: Order, arrow: Transition, workflow: Workflow, asked: Asked, world: World
) -> Rolled | Blocked:
    """One step along an automatic arrow: its gates count, and the proofs its stage wants."""
    target = stage_of(workflow, arrow.to_stage)
    assert target is not None, "a published workflow names only its own stages"
    bounds = world.bounds(target.id, after_id=None, before_id=None, moving=order.id)
    move = msgspec.structs.replace(
        moved(order, target, between(bounds.low, bounds.high), ""), cause=arrow.auto or ""
    )
    after = evolve(order, (move,), asked.touch(order.version))
    missing, warned = _proofs(after, target)
    # RU4
    shut = (*failing(arrow, after), *missing)
    return Blocked(shut) if shut else Rolled((move,), warned)


def _proofs(order: Order, stage: Stage) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """The proofs a stage requires and nobody brought, and those it would have liked. [RU]"""
    done = [each for each in order.deliveries if each.category == "done" and each.handed]
    missing: list[Gate] = []
    warned: list[str] = []
    for need in stage.proofs:
        given = all(any(proof.kind == need.kind for proof in each.proofs) for each in done)
        if given or need.level == "off":
            continue
        # RU5
        if need.level == "required":
            missing.append(Gate(gate=f"proof_given:{need.kind}", fix="add_proof"))
        else:
            warned.append(f"no_{need.kind}")
    return tuple(missing), tuple(warned)


def _flagged(order: Order) -> tuple[ReviewChanged, ...]:
    """Ask for a look when every delivery failed and no arrow leads on. [RU]"""
    # RU6
    over = order.category in TERMINAL or order.category == "failed"
    if over or "failed" not in reached(order) or order.review is not None:
        return ()
    attempt = next((each.attempts[-1] for each in order.deliveries if each.attempts), None)
    why = attempt.reason.replace("_", " ") if attempt is not None else "nobody said why"
    return (ReviewChanged(review=f"Delivery failed: {why}", was=None),)
