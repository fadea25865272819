"""Work that comes round."""

import asyncio

import pytest

from server.jobs.rounds import Round, Rounds

pytestmark = pytest.mark.asyncio


async def test_a_round_that_fails_comes_round_again_and_stops_no_other():
    done: list[str] = []
    enough = asyncio.Event()

    async def fail() -> None:
        done.append("failed")
        raise OSError

    async def work() -> None:
        done.append("worked")
        if done.count("failed") >= 3:
            enough.set()

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    rounds = Rounds(
        (Round(name="bad", seconds=1, work=fail), Round(name="good", seconds=1, work=work)),
        at_once,
    )
    rounds.start()
    await asyncio.wait_for(enough.wait(), 5)
    await rounds.stop()
    count = len(done)
    await asyncio.sleep(0)

    assert done.count("worked") >= 3
    assert len(done) == count
