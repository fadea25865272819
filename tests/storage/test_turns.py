"""Places in front of a database: nobody gets all, nobody who may have one waits for nothing."""

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import suppress
from threading import Event

import pytest

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Tenant
from server.application.ports import Committed, StorageBusy
from server.application.turns import Turns
from server.storage.accounts import SqlAccounts
from server.storage.sqlite.database import SqliteDatabase
from server.storage.sqlite.store import SqliteStore
from tests.support.rules import rule
from tests.support.scribe import Scribe, an_order

pytestmark = pytest.mark.asyncio


class Counted:
    """Visits to a database that says when each ends, and counts who is inside."""

    def __init__(self, places: int, each: int, patience: float = 60.0) -> None:
        """Nobody is inside."""
        self.turns = Turns(places, each, patience=patience)
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []
        self.gates: list[asyncio.Event] = []

    async def visit(self, whose: str) -> None:
        """Go in, and stay until the gate opens."""
        async with self.turns.of(whose):
            self.order.append(whose)
            gate = asyncio.Event()
            self.gates.append(gate)
            for name in (whose, "all"):
                self.inside[name] += 1
                self.most[name] = max(self.most[name], self.inside[name])
            try:
                await gate.wait()
            finally:
                self.inside[whose] -= 1
                self.inside["all"] -= 1

    def begin(self, *names: str) -> "list[asyncio.Task[None]]":
        """So many come at once."""
        return [asyncio.create_task(self.visit(name)) for name in names]

    async def let_out(self) -> None:
        """Let the one out that is in for longest."""
        self.gates.pop(0).set()
        await settle()


async def settle() -> None:
    """Let everything happen that needs nobody's doing."""
    for _ in range(5):
        await asyncio.sleep(0)


@rule("FQ3")
async def test_a_tenant_alone_has_all_places_it_may_have_and_the_others_stay_free_for_others():
    places = Counted(3, 2)
    places.begin(*["flood"] * 9)
    await settle()
    places.begin("house")
    await settle()

    assert places.order == ["flood", "flood", "house"]
    while places.gates:
        await places.let_out()
    assert places.most == Counter({"flood": 2, "house": 1, "all": 3})
    assert places.order.count("flood") == 9


@rule("FQ1")
async def test_whoever_waits_is_served_after_one_of_each_other_tenant():
    places = Counted(1, 1)
    places.begin(*["north"] * 20, *["south"] * 20)
    await settle()
    places.begin("house")
    await settle()

    for _ in range(3):
        await places.let_out()

    assert places.order == ["north", "north", "south", "house"]
    while places.gates:
        await places.let_out()


@rule("FQ4")
async def test_whoever_gives_up_waiting_is_skipped_and_takes_no_place_along():
    places = Counted(1, 1)
    inside, gone, house = places.begin("flood", "gone", "house")
    await settle()
    gone.cancel()
    await settle()

    await places.let_out()

    assert places.order == ["flood", "house"]
    await places.let_out()
    await asyncio.wait([inside, house])
    places.begin("later")
    await settle()
    assert places.inside["all"] == 1
    await places.let_out()


@rule("FQ4")
async def test_whoever_is_cancelled_in_the_moment_of_getting_a_place_hands_it_on():
    places = Counted(1, 1)
    _, late, house = places.begin("flood", "late", "house")
    await settle()

    places.gates.pop(0).set()
    # One turn of the loop: the first one leaves and gives its place, the late one is yet to run.
    await asyncio.sleep(0)
    late.cancel()
    await settle()

    assert places.order == ["flood", "house"]
    await places.let_out()
    assert house.done()


async def test_random_visitors_who_come_stay_and_give_up_leave_all_places_free():
    dice, places = random.Random(10), Counted(5, 3)
    visits: list[asyncio.Task[None]] = []
    for _ in range(3_000):
        match dice.randrange(4):
            case 0 | 1:
                visits += places.begin(dice.choice(("a", "b", "c", "d")))
            case 2 if places.gates:
                places.gates.pop(dice.randrange(len(places.gates))).set()
            case _ if visits:
                visits.pop(dice.randrange(len(visits))).cancel()
        if dice.random() < 0.3:
            await settle()
    for visit in visits:
        visit.cancel()
    await settle()

    assert places.most["all"] == 5
    assert max(places.most[name] for name in "abcd") == 3
    assert places.inside.total() == 0
    places.begin(*"aaabb")
    await settle()
    assert places.inside["all"] == 5
    while places.gates:
        await places.let_out()


@rule("FQ5")
async def test_whoever_waits_longer_than_the_patience_hears_that_the_storage_is_busy():
    places = Counted(1, 1, patience=0.01)
    (inside,) = places.begin("flood")
    await settle()

    with pytest.raises(StorageBusy):
        await places.visit("house")

    await places.let_out()
    assert inside.done()


@rule("FQ1")
async def test_in_one_file_a_commit_overtakes_the_writes_that_a_flood_has_waiting(sqlite_url: str):
    database = SqliteDatabase(sqlite_url.removeprefix("sqlite:///"))
    await SqlAccounts(database).create_tenant(
        Tenant(id=TenantId("acme"), slug="acme", name="Acme", created_at=Instant(1))
    )
    begun, go_on, go_further = Event(), Event(), Event()
    written: list[str] = []

    def hold_up(_: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(10)

    def flood(_: sqlite3.Connection) -> None:
        written.append("flood")
        if len(written) > 63:
            go_further.wait(10)

    jobs = [asyncio.create_task(database.writer.submit(hold_up, "flood"))]
    await asyncio.to_thread(begun.wait, 10)
    jobs += [asyncio.create_task(database.writer.submit(flood, "flood")) for _ in range(500)]
    await settle()
    batch = Scribe("acme").batch(an_order("o-1"))
    commit = asyncio.create_task(SqliteStore(database).commit(batch))
    await settle()
    go_on.set()

    outcome = await commit

    # It was in the next transaction, which has 64 jobs; the one after that is held up.
    assert outcome == Committed()
    assert len(written) <= 64
    go_further.set()
    await asyncio.gather(*jobs)
    assert len(written) == 500
    with suppress(StorageBusy):
        await database.close()
