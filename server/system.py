"""The one clock, the one source of identifiers, the event loop. Nobody else reads time or draws."""

import asyncio
import secrets
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from zoneinfo import available_timezones

from protocols.vocabulary import Instant, Nonce

if sys.platform != "win32":
    import uvloop

_COUNTER_BITS = 12
"""UUIDv7's `rand_a` (RFC 9562 method 1): orders the ids drawn within one millisecond."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Milliseconds since 1970 in UTC."""
        return Instant(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


class ScriptClock:
    """A clock for playing a past: each look at it shows the script's next moment.

    The write path looks once per command, in the order of submission; so a history that is played
    in order gets its own times, and still commits in groups. Off the script it stands still.
    """

    def __init__(self, now: Instant) -> None:
        """Stand at `now`."""
        self._now = now
        self._script: deque[Instant] = deque()

    def now(self) -> Instant:
        """The next moment of the script, or the last one again."""
        if self._script:
            self._now = self._script.popleft()
        return self._now

    def monotonic(self) -> float:
        """Real seconds: time-outs are not part of the script."""
        return time.monotonic()

    def follow(self, moments: Iterable[Instant]) -> None:
        """Show these next."""
        self._script.extend(moments)


class RandomIds:
    """Identifiers and secrets from the operating system's random source.

    UUIDs of one instance strictly ascend, also within one millisecond and when the clock steps
    back. 4,096 ids within one millisecond borrow the next one.
    """

    def __init__(self) -> None:
        """Start below every id to come."""
        self._last = 0
        self._random = secrets.SystemRandom()

    def uuid(self) -> str:
        """A UUIDv7 (RFC 9562 5.7) in its usual spelling."""
        ticks = (time.time_ns() // 1_000_000) << _COUNTER_BITS
        self._last = max(self._last + 1, ticks)
        milliseconds, counter = self._last >> _COUNTER_BITS, self._last & 0xFFF
        tail = secrets.randbits(62) | 0x8000_0000_0000_0000
        text = f"{milliseconds:012x}7{counter:03x}{tail:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def nonce(self) -> Nonce:
        """48 random bits, never 0."""
        return Nonce(secrets.randbelow((1 << 48) - 1) + 1)

    def token(self) -> str:
        """A 256-bit secret as URL-safe text."""
        return secrets.token_urlsafe(32)

    def uniform(self, low: float, high: float) -> float:
        """A random number in [low, high]."""
        return self._random.uniform(low, high)


def local_time_zone() -> str:
    """The IANA name of this machine's time zone; UTC when it has none."""
    parts = Path("/etc/localtime").resolve().parts
    name = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else ""
    return name if name in available_timezones() else "UTC"


def new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop to run on: uvloop, where there is one."""
    if sys.platform == "win32":
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
