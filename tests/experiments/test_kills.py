"""X2 and X4, and stores that lose something.

Both wait for torn connections most of the time. Where everything must be there
(KANVOY_REQUIRE_ALL) they are played at their PR scale, which takes eleven minutes; elsewhere less.
"""

import asyncio
import os
from collections.abc import Iterator

import asyncpg
import pytest

from server.demo.engines.databases import Database
from server.demo.engines.found import Found
from tests.experiments.__main__ import EXPERIMENTS, main
from tests.experiments.kills import Plan, planned, played
from tests.experiments.power_cuts import findings, images
from tests.experiments.two_nodes import fault_in
from tests.support.mortal import DURABLE, MortalPostgres
from tests.support.services.availability import found_or_skip

_WHOLE = (20_000, planned(10))
_LITTLE = (400, Plan(nodes=2, postmasters=1, valkeys=1, flushes=1, images=8))
_COMMANDS, _PLAN = _WHOLE if os.environ.get("KANVOY_REQUIRE_ALL") else _LITTLE


def test_the_scales_of_x2_and_x4_are_the_published_ones():
    assert EXPERIMENTS["X2"].counts == {"pr": 20_000, "release": 100_000}
    assert EXPERIMENTS["X4"].counts == {"pr": 10, "release": 300}
    assert planned(10) == Plan(nodes=10, postmasters=3, valkeys=3, flushes=3, images=200)
    assert planned(300) == Plan(nodes=300, postmasters=75, valkeys=75, flushes=75, images=6_000)


def own_or_skip(service: str) -> Found:
    """A program of the engine; a server that somebody else runs must not be killed."""
    found = found_or_skip(service)
    if "://" in found.location:
        pytest.skip(f"{found.origin} names a server, and this test kills its own")
    return found


@pytest.fixture
def engines() -> None:
    """Both engines, or no test."""
    for service in ("postgres", "valkey"):
        own_or_skip(service)


@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.waits
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("engines")
def test_x2_explains_what_everybody_saw_by_one_journal(capsys):
    code = main(["X2", "--count", str(_COMMANDS)])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith(f"X2 black box: {_COMMANDS} ops, ")
    assert said.endswith(" 0 anomalies\n")


@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.waits
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("engines")
def test_x4_loses_nothing_when_every_part_is_killed():
    result = played(_PLAN, seed=1, workers=1)

    assert result.findings == ()
    assert list(result.counts.values())[:4] == [
        _PLAN.nodes,
        _PLAN.postmasters,
        _PLAN.valkeys,
        _PLAN.flushes,
    ]
    assert result.counts["images"] == _PLAN.images
    assert result.counts["applied"] > 0


def test_x4_finds_a_disk_that_is_told_to_write_later():
    cuts = images(1, 8, 1, "PRAGMA synchronous=NORMAL")

    lost = [each.what for each in findings(cuts) if "acknowledged batches are lost" in each.what]
    assert len(lost) > 1, cuts


@pytest.fixture
def postgres() -> Iterator[MortalPostgres]:
    """A PostgreSQL that writes nothing of its own accord for ten seconds."""
    server = MortalPostgres(own_or_skip("postgres"), (*DURABLE, "wal_writer_delay=10s"))
    server.found()
    yield server
    server.close()


async def _said(database: Database, *statements: str) -> list[str]:
    """What the last statement answers; the connection ends without a word."""
    connection = await asyncpg.connect(database.dsn)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return [each[0] for each in await connection.fetch(statements[-1])]
    finally:
        connection.terminate()


@pytest.mark.postgres
@pytest.mark.timeout(120)
def test_a_killed_postmaster_loses_what_was_acknowledged_too_early_and_nothing_else(postgres):
    database = postgres.databases.create()
    asyncio.run(_said(database, "CREATE TABLE kept (how text)", "SELECT how FROM kept"))
    for how in ("on", "off"):
        setting, insert = f"SET synchronous_commit = {how}", f"INSERT INTO kept VALUES ('{how}')"
        asyncio.run(_said(database, setting, insert, "SELECT how FROM kept"))

    postgres.kill()
    postgres.start()

    assert asyncio.run(_said(database, "SELECT how FROM kept")) == ["on"]


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ('{"event": "bug", "level": "error", "exception": "LookupError"}', True),
        ("Traceback (most recent call last):", True),
        ('{"event": "round failed", "level": "warning"}', False),
        ("kanvoy: the database is busy; is another program writing? Try again.", False),
        ("17", False),
    ],
)
def test_a_bug_in_the_log_of_a_node_is_noticed(line: str, is_fault: bool):
    assert bool(fault_in(line)) is is_fault
