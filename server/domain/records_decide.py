"""The rule for saving a record: whole, and at the version that was seen."""

from typing import assert_never

from protocols.commands import SaveCustomer
from protocols.fleet import RecordCommand
from protocols.rejections import Conflict, Forbidden, Invalid, Problem, Stale
from protocols.vocabulary import AggregateId, FieldGroup, Instant, Permission
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.fleet import Display, Driver, Hub, Plan, Vehicle, Zone
from server.domain.records import (
    Company,
    Customer,
    Person,
    Product,
    Record,
    RecordSaved,
    SaveRecord,
    Settings,
)
from server.domain.records_asked import asked_record
from server.domain.tile_source import tile_problem
from server.domain.workflow.rules import problems_of
from server.domain.workflow.state import Workflow
from server.domain.world import World

RECORD = FieldGroup("record")
"""A record is one field group: it is replaced as a whole."""


Decision = Accepted[RecordSaved] | Refused


def decide_record(
    before: Record | None, command: SaveCustomer | RecordCommand, asked: Asked, world: World
) -> Decision:
    """Decide whether a record is saved as an operator asked. [RE]"""
    saved = asked_record(command, before, world)
    refused = _refused(before, saved, asked, world)
    if refused is not None:
        return refused
    # RE3
    if before == saved:
        return Accepted()
    # RE4
    if before is not None and not asked.knew(RECORD, before.version):
        return Refused(_stale(before, saved))
    return Accepted((RecordSaved(record=saved),))


def decide_save(before: Record | None, command: SaveRecord, asked: Asked, world: World) -> Decision:
    """Decide whether any record is saved: seeds and settings know what they replace. [RE]"""
    refused = _refused(before, command.record, asked, world)
    if refused is not None:
        return refused
    # PL16: whoever read a plan before somebody else saved it decides anew
    if isinstance(command.record, Plan) and before and command.record.version != before.version:
        return Refused(_stale(before, command.record))
    return Accepted((RecordSaved(record=command.record),))


def _refused(before: Record | None, saved: Record, asked: Asked, world: World) -> Refused | None:
    permission = _permission(saved)
    # RE1
    if not asked.actor.may(permission):
        return Refused(Forbidden(permission=permission))
    # RE2
    problems = _problems(saved, before, world)
    return Refused(Invalid(problems=problems)) if problems else None


def _permission(record: Record) -> Permission:
    match record:
        case Customer() | Company():
            return "customer.edit"
        case Product():
            return "catalogue.edit"
        case Person() | Settings() | Workflow():
            return "settings.edit"
        case Driver() | Vehicle() | Zone() | Hub() | Display():
            return "settings.edit"
        case Plan():
            return "driver.assign"
        case _:
            assert_never(record)


def _problems(saved: Record, before: Record | None, world: World) -> tuple[Problem, ...]:
    holder = world.aggregate(AggregateId(saved.id))
    # RE5: or a customer called `settings` would replace the settings
    if holder is not None and type(holder) is not type(saved):
        return (Problem(field="id", rule="exists", limit=saved.id),)
    name = saved.customer.name if isinstance(saved, Customer) else saved.name
    blank = () if name.strip() else (Problem(field="name", rule="required"),)
    if isinstance(saved, Workflow):
        return (*blank, *problems_of(saved), *_orphans(saved, before, world))
    # TS1
    tiles = tile_problem(saved.tile_url) if isinstance(saved, Settings) else None
    return blank if tiles is None else (*blank, tiles)


def _orphans(saved: Workflow, before: Record | None, world: World) -> tuple[Problem, ...]:
    """Stages that the workflow no longer has and cards are still in."""
    # WF4
    kept = {stage.id for stage in saved.stages}
    old = before.stages if isinstance(before, Workflow) else ()
    return tuple(
        Problem(field=f"stages.{stage.id}", rule="in_use", limit=world.count(stage.id))
        for stage in old
        if stage.id not in kept and world.count(stage.id)
    )


def _stale(before: Record, saved: Record) -> Stale:
    """The contest about the whole record; records do not remember who saved them last."""
    contest = Conflict(
        group=RECORD,
        version=before.version,
        by_id="",
        by_name="",
        at=Instant(0),
        theirs=before,
        mine=saved,
    )
    return Stale(
        aggregate_id=AggregateId(before.id), current_version=before.version, conflicts=(contest,)
    )
