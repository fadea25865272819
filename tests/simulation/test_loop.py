"""The seeded loop itself: its time, its chance, and how it notices that nothing moves."""

import asyncio

import pytest

from tests.simulation.divergence import Divergence
from tests.simulation.loop import SeededLoop


def order_of_ten(seed: int) -> list[int]:
    loop, ran = SeededLoop(seed), []

    async def run(n: int) -> None:
        await asyncio.sleep(0)
        ran.append(n)

    async def all_of_them() -> None:
        await asyncio.gather(*(run(n) for n in range(10)))

    loop.run_until_complete(all_of_them())
    loop.close()
    return ran


def test_chance_picks_the_next_callback_and_the_seed_picks_the_chance():
    assert order_of_ten(1) == order_of_ten(1)
    assert order_of_ten(1) != order_of_ten(2)


def test_time_jumps_to_the_next_timer():
    loop = SeededLoop(1)

    loop.run_until_complete(asyncio.sleep(3_600))

    assert loop.time() == 3_600
    loop.close()


def test_waiting_for_what_never_comes_is_a_divergence():
    loop = SeededLoop(1)
    never = loop.create_future()

    with pytest.raises(Divergence, match="never comes"):
        loop.run_until_complete(never)

    loop.close()


def test_going_in_circles_is_a_divergence():
    loop = SeededLoop(1, most_steps=100)

    def circle() -> None:
        loop.call_soon(circle)

    circle()
    with pytest.raises(Divergence, match="no end"):
        loop.run_until_complete(loop.create_future())

    loop.close()
