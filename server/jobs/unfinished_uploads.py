"""What phones began to send and nobody finished: a crash, a lost phone. [UP]"""

from protocols.vocabulary import Instant
from server.application.accounts import Accounts
from server.application.ports import Clock
from server.application.uploads import Uploads

KEPT_MS = 14 * 24 * 3_600_000
"""A phone may be off for a while; what it never finished is forgotten then."""


class UnfinishedUploads:
    """Ends them, in every tenant."""

    def __init__(self, uploads: Uploads, accounts: Accounts, clock: Clock) -> None:
        """Look through the uploads of all these accounts' tenants."""
        self._uploads, self._accounts, self._clock = uploads, accounts, clock

    async def round(self) -> None:
        """Judge what is whole, delete what no upload names, forget what is too old."""
        begun_before = Instant(self._clock.now() - KEPT_MS)
        for tenant in await self._accounts.tenants():
            await self._uploads.tidy(tenant.id, begun_before)
