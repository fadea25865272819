"""Argon2id: passwords as hashes, made in threads so that the board stays quick."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.application.sign_in import Verified

_AT_ONCE = 2
"""Hashes made at the same time, 19 MiB and a core each: 200 log-ins leave the board alone."""


class Argon2:
    """Argon2id with m=19 MiB, t=2, p=1 (OWASP's floor; 32 ms on a laptop core, 2026-11).

    An unknown account costs the same time as a known one: it is verified against a dummy hash.
    """

    def __init__(self, memory_kib: int = 19 * 1_024, passes: int = 2) -> None:
        """Tests may hash more cheaply."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._dummy = self._hasher.hash("nobody's password")
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The password as it is kept."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> Verified:
        """Whether the password is the kept one; None is nobody, and never right."""
        async with self._free:
            return await asyncio.to_thread(self._verify, kept, password)

    def _verify(self, kept: str | None, password: str) -> Verified:
        try:
            self._hasher.verify(self._dummy if kept is None else kept, password)
        except (VerificationError, InvalidHashError):
            return Verified(right=False)
        return Verified(
            right=kept is not None,
            outdated=kept is not None and self._hasher.check_needs_rehash(kept),
        )
