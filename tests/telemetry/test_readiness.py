"""What a node depends on, looked at in bounded time."""

import asyncio
from pathlib import Path

import pytest

from server.telemetry.readiness import Dependency, Readiness, State, disk_of
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio


def _always(state: State):
    async def look() -> State:
        return state

    return look


async def _broken() -> State:
    raise OSError("no such host")


@rule("OB5")
async def test_what_breaks_counts_as_the_worst_that_it_may():
    readiness = Readiness(
        (
            Dependency(name="bus", look=_always("degraded"), worst="degraded"),
            Dependency(name="database", look=_broken, worst="down"),
            Dependency(name="disk", look=_broken, worst="degraded"),
        ),
        lambda: 0.0,
    )

    states = await readiness.states()

    assert states == {"bus": "degraded", "database": "down", "disk": "degraded"}
    assert list(states) == ["bus", "database", "disk"]


@rule("OB5")
async def test_what_hangs_holds_nobody_up_and_is_asked_once_however_many_ask():
    asked, gate = 0, asyncio.Event()

    async def slow() -> State:
        nonlocal asked
        asked += 1
        await gate.wait()
        return "ok"

    hanging = Dependency(name="database", look=slow, worst="down")
    disk = Dependency(name="disk", look=_always("ok"), worst="degraded")
    readiness = Readiness((hanging, disk), lambda: 0.0, patience=0.02)

    during = await asyncio.gather(*(readiness.states() for _ in range(50)))
    gate.set()
    while (after := await readiness.states())["database"] != "ok":
        assert asked == 1

    assert during == [{"database": "down", "disk": "ok"}] * 50
    assert after == {"database": "ok", "disk": "ok"}
    assert asked <= 2


@rule("OB5")
async def test_a_node_lives_from_the_moment_it_was_opened():
    moments = iter([100.0, 160.5])

    readiness = Readiness((), lambda: next(moments))

    assert readiness.uptime() == 60.5


async def test_a_disk_with_little_room_is_degraded_and_a_folder_to_come_is_its_parents(
    tmp_path: Path,
):
    folder = tmp_path / "data" / "not" / "yet"

    assert await disk_of(folder, least=1)() == "ok"
    assert await disk_of(folder, least=2**80)() == "degraded"
