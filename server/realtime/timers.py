"""One wheel of timers for the whole process: thousands of sockets, one wake-up."""

import asyncio
from collections import deque
from collections.abc import Callable

from server.application.ports import Clock

WIDTH_SECONDS = 0.1
"""How late a timer may be. Presence merges per 100 ms; everything else counts in seconds."""


class Timer:
    """One call to come; cancelling it twice or after it came is fine."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[], None]) -> None:
        """Come to call this."""
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Do not call."""
        self._call = None

    def fire(self) -> None:
        """Call once, unless cancelled."""
        call, self._call = self._call, None
        if call is not None:
            call()


class Wheel:
    """Timers by slot. Nothing is sorted: setting and cancelling cost the same for any number.

    Cancelled timers stay in their slot until it comes; ours are all short.
    """

    def __init__(self, clock: Clock) -> None:
        """Read the time from this clock, and only when asked to advance or to set a timer."""
        self._clock = clock
        self._slots: dict[int, deque[Timer]] = {}
        self._next = self._slot(clock.monotonic())
        self._wake: Callable[[], None] = lambda: None

    def at(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call when the clock shows `seconds` or up to one width later; never at once."""
        if not self._slots:
            # Nobody turned an empty wheel: it starts again from here.
            self._next = max(self._next, self._slot(self._clock.monotonic()))
        timer = Timer(call)
        slot = max(self._next, self._slot(seconds) + 1)
        self._slots.setdefault(slot, deque()).append(timer)
        self._wake()
        return timer

    def after(self, delay: float, call: Callable[[], None]) -> Timer:
        """Call when so many seconds have passed."""
        return self.at(self._clock.monotonic() + delay, call)

    def advance(self) -> None:
        """Call everything that is due by now, in the order of the slots.

        When a call raises, the ones behind it come with the next turn.
        """
        upto = self._slot(self._clock.monotonic())
        while self._next <= upto and self._slots:
            timers = self._slots.get(self._next)
            while timers:
                timers.popleft().fire()
            self._slots.pop(self._next, None)
            self._next += 1

    def is_empty(self) -> bool:
        """Whether nothing is to come."""
        return not self._slots

    def woken_by(self, wake: Callable[[], None]) -> None:
        """Tell when a timer was set, so that somebody turns the wheel."""
        self._wake = wake

    @staticmethod
    def _slot(seconds: float) -> int:
        return int(seconds / WIDTH_SECONDS)


class Turning:
    """Turns a wheel on the event loop while there is something on it."""

    def __init__(self, wheel: Wheel) -> None:
        """Begin; must be called on the event loop."""
        self._wheel = wheel
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        wheel.woken_by(self._wake)
        if not wheel.is_empty():
            self._wake()

    def stop(self) -> None:
        """Turn no more; what is on the wheel never comes."""
        self._wheel.woken_by(lambda: None)
        if self._handle is not None:
            self._handle.cancel()

    def _wake(self) -> None:
        if self._handle is None:
            self._handle = self._loop.call_later(WIDTH_SECONDS, self._turn)

    def _turn(self) -> None:
        self._handle = None
        try:
            self._wheel.advance()
        finally:
            # A fault in one call must not stop the clock of everybody else.
            if not self._wheel.is_empty() and self._handle is None:
                self._wake()
