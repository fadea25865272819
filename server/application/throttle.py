"""How long somebody who guesses passwords has to wait. [AU]"""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

import msgspec

from protocols.vocabulary import Instant
from server.application.accounts import Accounts
from server.application.ports import Clock

T = TypeVar("T")

Ahead = dict[str, int]
"""Subject → attempts that began earlier and are not judged yet."""

_MEMORY_MS = 60 * 60 * 1_000
"""Failures older than an hour no longer count."""


class Limit(msgspec.Struct, frozen=True):
    """So many failures are free; from then on each doubles the wait, up to a longest one."""

    free: int
    longest: float

    def wait(self, failures: int) -> float:
        """Seconds between the newest failure and the next attempt."""
        if failures < self.free:
            return 0.0
        # 2^20 s is beyond every longest wait; the cap keeps the power small.
        return min(2.0 ** min(failures - self.free, 20), self.longest)


PAIR = Limit(free=5, longest=15 * 60)
"""One account from one address: five slips of a person, then 1 s, 2 s, 4 s … 15 min."""

ADDRESS = Limit(free=30, longest=15 * 60)
"""One address and any account: an office behind one address still gets in."""

ACCOUNT = Limit(free=50, longest=30)
"""One account from anywhere. Short on purpose: nobody can be locked out by strangers for long."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """The three subjects one attempt counts against."""

    pair: str
    address: str
    account: str

    def limits(self) -> tuple[tuple[str, Limit], ...]:
        """Each subject with its limit."""
        return (self.pair, PAIR), (self.address, ADDRESS), (self.account, ACCOUNT)


class Wait(msgspec.Struct, frozen=True):
    """Too many were wrong: nothing was tried, come back after so many seconds."""

    seconds: float


def attempt_of(email: str, address: str) -> Attempt:
    """The subjects of one attempt. Hashed: the table of failures is no list of customers."""
    address = _as_one(address)
    return Attempt(
        pair=_hashed("pair", email, address),
        address=_hashed("address", address),
        account=_hashed("account", email),
    )


class Throttle:
    """Counts failures durably, and attempts under way in this process.

    Those under way count as failures until they succeed; otherwise a thousand attempts at once
    would all pass before the first failure is noted.
    """

    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        """Keep failures with the accounts."""
        self._accounts = accounts
        self._clock = clock
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def under_way(self, attempt: Attempt) -> Iterator[Ahead]:
        """The attempt is being judged; answers how many others were already, per subject."""
        subjects = [subject for subject, _ in attempt.limits()]
        ahead = {subject: self._under_way[subject] for subject in subjects}
        self._under_way.update(subjects)
        try:
            yield ahead
        finally:
            self._under_way.subtract(subjects)
            for subject in subjects:
                if not self._under_way[subject]:
                    del self._under_way[subject]

    async def guard(
        self, attempt: Attempt, trying: Callable[[], Awaitable[T | None]]
    ) -> T | Wait | None:
        """Try something that None says was wrong, unless too much was wrong before."""
        with self.under_way(attempt) as ahead:
            seconds = await self.wait(attempt, ahead)
            if seconds > 0:
                return Wait(seconds)
            found = await trying()
            if found is None:
                await self.failed(attempt)
            else:
                await self.succeeded(attempt)
            return found

    async def wait(self, attempt: Attempt, ahead: Ahead) -> float:
        """Seconds the asker has to wait; 0 when it may try now."""
        now = self._clock.now()
        longest = 0.0
        for subject, limit in attempt.limits():
            failures = await self._accounts.failures(subject, Instant(now - _MEMORY_MS))
            newest = now if ahead[subject] else failures.newest
            due = newest + limit.wait(failures.count + ahead[subject]) * 1_000
            longest = max(longest, (due - now) / 1_000)
        return longest

    async def failed(self, attempt: Attempt) -> None:
        """The proof was wrong."""
        now = self._clock.now()
        for subject, _ in attempt.limits():
            await self._accounts.note_failure(subject, now)

    async def succeeded(self, attempt: Attempt) -> None:
        """The person is who they say. The address keeps its count: it may have guessed others."""
        await self._accounts.forget_failures(attempt.pair)
        await self._accounts.forget_failures(attempt.account)

    async def forget_old(self) -> None:
        """Drop failures that no longer count."""
        await self._accounts.prune_failures(Instant(self._clock.now() - _MEMORY_MS))


def _as_one(address: str) -> str:
    """What counts as one address: of IPv6 the network, for everybody has 2^64 in theirs."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    # AU42
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def _hashed(kind: str, *parts: str) -> str:
    return f"{kind}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"
