"""Acknowledgements of one socket become as few writes as they can. [FQ]"""

import asyncio
from dataclasses import dataclass, field

import pytest

from protocols.vocabulary import Number
from server.application.ports import StorageBusy
from server.realtime.settling import Settling
from tests.support.rules import rule
from tests.support.sockets import settle

pytestmark = pytest.mark.asyncio


@dataclass
class Client:
    """Acknowledges, and knows what was stored of it."""

    settling: Settling = field(default_factory=Settling)
    stored: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    is_busy: bool = False
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def store(self, upto: Number) -> None:
        """Begin to store, and be done when the gate opens."""
        if self.is_busy:
            raise StorageBusy
        self.stored.append(upto)
        await self.gate.wait()

    def say(self, *numbers: int) -> None:
        """Acknowledge these, as a socket does."""
        for number in numbers:
            if self.settling.reach(Number(number)):
                self.tasks.add(asyncio.create_task(self.settling.settle(self.store)))


@rule("FQ9")
async def test_acknowledgements_that_come_at_once_are_stored_as_one_and_a_repeated_one_never():
    client = Client()
    client.gate.set()

    for numbers in ((3, 5, 5, 9, 2), (9, 9, 1), (10,)):
        client.say(*numbers)
        await settle()

    assert client.stored == [9, 10]


@rule("FQ9")
async def test_what_is_acknowledged_while_one_is_stored_is_stored_after_it_as_one():
    client = Client()

    for number in (3, 4, 6):
        client.say(number)
        await settle()
    before = list(client.stored)
    client.gate.set()
    await settle()

    assert (before, client.stored) == ([3], [3, 6])


@rule("FQ9")
async def test_after_a_storage_without_time_the_next_acknowledgement_is_stored():
    client = Client(is_busy=True)
    client.gate.set()
    client.say(3)
    await settle()

    client.is_busy = False
    client.say(4)
    await settle()

    assert client.stored == [4]
    assert [task.exception() for task in client.tasks] == [None, None]
