"""Plays a script through the one write path: each command decided, journalled and committed."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Series
from itertools import islice
from typing import Protocol

import msgspec

from protocols.commands import OrderCommand
from protocols.vocabulary import ClientId, Instant, Number, PersonId
from server.application.node import Node
from server.application.submission import Submission
from server.application.verdict import Denied
from server.demo.script import Script
from server.domain.actor import Actor
from server.domain.fleet import Driver
from server.domain.records import Person, SaveRecord
from server.domain.roles import ALL, RolePreset, permissions

_AT_ONCE = 1_024
"""Commands under way together: many full batches, and below what a writer queues."""


class ScriptedClock(Protocol):
    """A clock that shows given moments, one per look."""

    def follow(self, moments: Iterable[Instant]) -> None:
        """Show these next."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a script."""

    commands: int
    refused: tuple[Denied, ...]


async def play(node: Node, clock: ScriptedClock, script: Script, preset: RolePreset) -> Played:
    """Play the records, then the steps. The node must have `clock`, and nothing else to do."""
    # Commands of a loaded journal are decided in the order of their submission.
    await node.journal(script.tenant_id)
    numbers: Counter[str] = Counter()
    first = script.steps[0].at if script.steps else Instant(0)
    submissions = [
        (first, _submission(system(script), SaveRecord(record=record), numbers))
        for record in script.records
    ]
    actors = {person.id: _actor(script, person, preset) for person in script.people}
    actors |= {PersonId(each.id): _at_wheel(script, each, preset) for each in script.drivers}
    submissions += [
        (step.at, _submission(actors[step.by], step.command, numbers)) for step in script.steps
    ]
    refused: list[Denied] = []
    for part in _parts(submissions):
        clock.follow([at for at, _ in part])
        verdicts = await asyncio.gather(*(node.submit(submission) for _, submission in part))
        refused += [verdict for verdict in verdicts if isinstance(verdict, Denied)]
    return Played(commands=len(submissions), refused=tuple(refused))


def system(script: Script) -> Actor:
    """The installation itself: it makes the tenant's records."""
    return Actor(
        tenant_id=script.tenant_id,
        id=PersonId("system"),
        name="Kanvoy",
        roles=(),
        permissions=ALL,
        via="system",
    )


def _actor(script: Script, person: Person, preset: RolePreset) -> Actor:
    return Actor(
        tenant_id=script.tenant_id,
        id=person.id,
        name=person.name,
        roles=person.roles,
        permissions=permissions(person.roles, preset),
        via="import",
    )


def _at_wheel(script: Script, driver: Driver, preset: RolePreset) -> Actor:
    return Actor(
        tenant_id=script.tenant_id,
        id=PersonId(driver.id),
        name=driver.name,
        roles=("driver",),
        permissions=permissions(("driver",), preset),
        driver_id=driver.id,
        via="import",
    )


def _submission(
    actor: Actor, command: SaveRecord | OrderCommand, numbers: Counter[str]
) -> Submission:
    numbers[actor.id] += 1
    return Submission(
        actor=actor,
        client_id=ClientId(f"script-{actor.id}"),
        number=Number(numbers[actor.id]),
        command=command,
    )


def _parts(
    submissions: Series[tuple[Instant, Submission]],
) -> Iterator[list[tuple[Instant, Submission]]]:
    rest = iter(submissions)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
