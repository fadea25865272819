"""The rules for giving an order to a back-office person, and its deliveries to drivers."""

from typing import assert_never

from protocols.commands import AssignCsr
from protocols.deliveries import AssignDriver
from protocols.rejections import Forbidden, Problem, Superseded
from protocols.vocabulary import Assigner, DriverId, FieldGroup, PersonId, Rank
from server.domain.actor import Actor
from server.domain.asked import Asked
from server.domain.audience import is_open
from server.domain.decision import Accepted, Refused
from server.domain.orders.delivery import Delivery
from server.domain.orders.delivery_events import DriverAssigned, StopMoved
from server.domain.orders.delivery_groups import group
from server.domain.orders.events import CsrAssigned
from server.domain.orders.groups import (
    conflict,
    delivery_of,
    impossible,
    invalid,
    last_touch,
    stale,
)
from server.domain.orders.merge import Decision
from server.domain.orders.state import Order
from server.domain.orders.stop import placed, stop_rank
from server.domain.world import World

AssignCommand = AssignCsr | AssignDriver


def decide_assign(order: Order, command: AssignCommand, asked: Asked, world: World) -> Decision:
    """Decide who cares for the order. The asker names who has it; nobody is robbed unseen. [AS]"""
    match command:
        case AssignCsr():
            return _csr(order, command, asked, world)
        case AssignDriver():
            return _drivers(order, command, asked, world)
        case _:
            assert_never(command)


def may_assign_csr(actor: Actor, csr_id: PersonId | None) -> bool:
    """Whether the asker may give orders to this person: to anybody, or only to themselves."""
    # AS1
    return actor.may("csr.assign") or (csr_id == actor.id and actor.may("csr.assign_self"))


def unfit_person(world: World, person_id: PersonId | None) -> str | None:
    """The rule that keeps a person from being given orders."""
    if person_id is None:
        return None
    person = world.person(person_id)
    if person is None:
        return "unknown"
    return None if person.active else "inactive"


def unfit_driver(world: World, driver_id: DriverId | None) -> str | None:
    """The rule that keeps a driver from being given deliveries."""
    if driver_id is None:
        return None
    driver = world.driver(driver_id)
    if driver is None:
        return "unknown"
    return None if driver.active else "inactive"


def _csr(order: Order, command: AssignCsr, asked: Asked, world: World) -> Decision:
    if not may_assign_csr(asked.actor, command.to_csr):
        return Refused(Forbidden(permission="csr.assign"))
    # AS2
    unfit = unfit_person(world, command.to_csr)
    if unfit is not None:
        return invalid("to_csr", unfit, command.to_csr)
    # AS3
    if order.csr_id == command.to_csr:
        return Accepted()
    name = FieldGroup("csr")
    # AS4
    if order.csr_id != command.from_csr and not asked.insists(last_touch(order, name).version):
        return stale(order, (conflict(order, name, command.to_csr),))
    return Accepted((CsrAssigned(csr_id=command.to_csr, was=order.csr_id),))


def _drivers(order: Order, command: AssignDriver, asked: Asked, world: World) -> Decision:
    unfit = unfit_driver(world, command.to_driver)
    if unfit is not None:
        return invalid("to_driver", unfit, command.to_driver)
    if command.delivery_id is None:
        deliveries = [each for each in order.deliveries if is_open(each)]
    else:
        named = delivery_of(order, command.delivery_id)
        if named is None:
            return invalid("delivery_id", "unknown", command.delivery_id)
        deliveries = [named] if is_open(named) else []
    # AS5
    if not deliveries:
        return impossible(order, asked, Problem(field="stage", rule="closed_stage"))
    events: list[DriverAssigned | StopMoved] = []
    for delivery in deliveries:
        behind = events[-1].stop_rank if events else None
        outcome = _give(order, delivery, command, asked, world, behind)
        if isinstance(outcome, Refused):
            return outcome
        events += outcome
    given = {each.delivery_id for each in events if isinstance(each, DriverAssigned)}
    doubts = _doubts([each for each in deliveries if each.id in given], command)
    return Accepted(tuple(events), doubts)


def _doubts(deliveries: list[Delivery], command: AssignDriver) -> tuple[str, ...]:
    """What a dispatcher should know who does it all the same. [AS]"""
    found = []
    # AS11
    if any(each.collected_at is not None for each in deliveries):
        found.append("goods_with_driver")
    if command.to_driver is not None and any(each.method != "own_driver" for each in deliveries):
        found.append("not_own_driver")
    return tuple(found)


def _give(
    order: Order,
    delivery: Delivery,
    command: AssignDriver,
    asked: Asked,
    world: World,
    behind: Rank | None,
) -> tuple[DriverAssigned | StopMoved, ...] | Refused:
    """Give one delivery, unless it has gone another way since the asker looked. [AS]"""
    pinned = command.pinned and command.to_driver is not None
    # AS6: somebody else had the same idea; the place is still the asker's to say
    if (delivery.driver_id, delivery.pinned) == (command.to_driver, pinned):
        return _put(delivery, command, asked, world)
    name = group("assignment", delivery.id)
    guarded = not asked.insists(last_touch(order, name).version)
    # AS7: the epoch fences even when the same driver got it back
    if guarded and command.epoch is not None and delivery.epoch > command.epoch:
        return Refused(Superseded(epoch=delivery.epoch))
    # AS8
    if guarded and delivery.driver_id != command.from_driver:
        return stale(order, (conflict(order, name, command.to_driver),))
    by = assigner(asked.actor)
    # AS9
    if by == "planner" and delivery.driver_id is not None:
        if delivery.pinned:
            return invalid(f"assignment:{delivery.id}", "pinned")
        # AS10
        if delivery.assigned_by == "human":
            return invalid(f"assignment:{delivery.id}", "human")
    driver = world.driver(command.to_driver) if command.to_driver is not None else None
    return (
        DriverAssigned(
            delivery_id=delivery.id,
            driver_id=command.to_driver,
            was=delivery.driver_id,
            assigned_by=by,
            pinned=pinned,
            was_pinned=delivery.pinned,
            epoch=delivery.epoch + 1,
            call_sign=driver.call_sign if driver is not None else "",
            stop_rank=_place(delivery, command, world, behind),
            was_rank=delivery.stop_rank,
        ),
    )


def _put(
    delivery: Delivery, command: AssignDriver, asked: Asked, world: World
) -> tuple[StopMoved, ...]:
    """Another place for a stop that the driver has already; no planner moves what is pinned."""
    kept = delivery.pinned and assigner(asked.actor) == "planner"
    if delivery.driver_id is None or kept or not _is_placed(command):
        return ()
    return placed(delivery, delivery.driver_id, command.after_id, command.before_id, world)


def _is_placed(command: AssignDriver) -> bool:
    return command.after_id is not None or command.before_id is not None


def _place(
    delivery: Delivery, command: AssignDriver, world: World, behind: Rank | None
) -> Rank | None:
    """Where the stop goes in the new driver's run: where asked, else last; pinning moves none."""
    if command.to_driver is None:
        return None
    if command.to_driver == delivery.driver_id and not _is_placed(command) and delivery.stop_rank:
        return delivery.stop_rank
    after_id, before_id = command.after_id, command.before_id
    return stop_rank(world, command.to_driver, delivery.id, after_id, before_id, behind)


_BY: dict[str, Assigner] = {
    "socket": "human",
    "http": "api",
    "import": "import",
    "system": "planner",
    "automation": "planner",
}


def assigner(actor: Actor) -> Assigner:
    """Which kind of asker gives out work this way."""
    return _BY[actor.via]
