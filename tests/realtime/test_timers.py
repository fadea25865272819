"""The wheel: nothing early, nothing lost, nothing after a cancel."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.realtime.timers import WIDTH_SECONDS, Turning, Wheel
from server.system import SystemClock
from tests.support.fakes import FakeClock


def test_a_timer_comes_at_its_time_and_not_before():
    clock, came = FakeClock(), []
    wheel = Wheel(clock)
    wheel.after(1.0, lambda: came.append(clock.monotonic()))

    for _ in range(20):
        clock.advance(0.1)
        wheel.advance()

    assert len(came) == 1
    assert 1.0 <= came[0] <= 1.0 + 2 * WIDTH_SECONDS
    assert wheel.is_empty()


def test_a_cancelled_timer_never_comes():
    clock, came = FakeClock(), []
    wheel = Wheel(clock)
    timer = wheel.after(0.5, lambda: came.append(1))

    timer.cancel()
    timer.cancel()
    clock.advance(5)
    wheel.advance()

    assert came == []


def test_a_timer_for_the_past_comes_with_the_next_turn_and_not_at_once():
    clock, came = FakeClock(), []
    clock.advance(100)
    wheel = Wheel(clock)

    wheel.at(3.0, lambda: came.append(1))
    at_once = list(came)
    clock.advance(WIDTH_SECONDS)
    wheel.advance()

    assert (at_once, came) == ([], [1])


def test_a_wheel_that_stood_empty_for_days_starts_from_now():
    clock, came = FakeClock(), []
    wheel = Wheel(clock)
    clock.advance(86_400 * 3)

    wheel.after(1.0, lambda: came.append(1))
    wheel.advance()
    before = list(came)
    clock.advance(1.2)
    wheel.advance()

    assert (before, came) == ([], [1])


def test_a_timer_may_set_the_next_one():
    clock, came = FakeClock(), []
    wheel = Wheel(clock)

    def again() -> None:
        came.append(clock.monotonic())
        if len(came) < 3:
            wheel.after(1.0, again)

    wheel.after(1.0, again)
    for _ in range(50):
        clock.advance(0.1)
        wheel.advance()

    assert len(came) == 3


def test_a_call_that_fails_does_not_take_the_others_with_it():
    clock, came = FakeClock(), []
    wheel = Wheel(clock)
    wheel.after(1.0, lambda: came.append(1))
    wheel.after(1.0, lambda: 1 / 0)
    wheel.after(1.0, lambda: came.append(2))
    clock.advance(2)

    with pytest.raises(ZeroDivisionError):
        wheel.advance()
    wheel.advance()

    assert came == [1, 2]


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 3), st.booleans()), max_size=50))
def test_every_timer_comes_once_within_a_turn_of_its_time_unless_cancelled(plan):
    clock, came, wanted = FakeClock(), [], []
    wheel = Wheel(clock)

    for index, (delay, step, cancelled) in enumerate(plan):
        due = clock.monotonic() + delay
        timer = wheel.at(due, lambda i=index, d=due: came.append((i, clock.monotonic() - d)))
        if cancelled:
            timer.cancel()
        else:
            wanted.append(index)
        for _ in range(int(step * 10)):
            clock.advance(0.1)
            wheel.advance()
    for _ in range(400):
        clock.advance(0.1)
        wheel.advance()

    assert sorted(i for i, _ in came) == wanted
    assert all(0 <= late <= 3 * WIDTH_SECONDS for _, late in came)
    assert wheel.is_empty()


@pytest.mark.asyncio
async def test_the_event_loop_turns_the_wheel_only_while_something_is_on_it():
    wheel = Wheel(SystemClock())
    came = asyncio.Event()
    wheel.after(0.0, lambda: None)
    turning = Turning(wheel)
    wheel.after(0.05, came.set)

    await asyncio.wait_for(came.wait(), 5)

    assert wheel.is_empty()
    turning.stop()
    wheel.after(0.0, came.clear)
    assert came.is_set()
