"""Tickets: what a page that has only a bearer opens a socket with. [DV]

A browser cannot set a header on a socket, and an address ends up in logs. A ticket is 256 random
bits, good for half a minute and for one socket, and says nothing about the token behind it.
"""

import msgspec

from protocols.vocabulary import Instant
from server.application.device_door import DeviceDoor
from server.application.devices import Ticket
from server.application.ports import Clock, Ids
from server.application.principal import Principal, Way
from server.application.sign_in import Entrance, hashed

TICKET_MS = 30 * 1_000


class Doors:
    """Every way in: people by password, devices by token, both by ticket. An `Authenticator`."""

    def __init__(self, entrance: Entrance, devices: DeviceDoor, *, clock: Clock, ids: Ids) -> None:
        """Try people first: there are more of them."""
        self._entrance = entrance
        self._devices = devices
        self._clock = clock
        self._ids = ids

    async def authenticate(self, kind: Way, token: str) -> Principal | None:
        """See `Authenticator`. A ticket is used up by this, whatever comes of it."""
        if kind == "ticket":
            return await self._by_ticket(token)
        # DV18: whatever comes in as a display's is never even compared with people's.
        if kind == "display":
            return await self._devices.authenticate(kind, token)
        person = await self._entrance.authenticate(kind, token)
        return person or await self._devices.authenticate(kind, token)

    async def still(self, principal: Principal) -> Principal | None:
        """See `Authenticator`."""
        tenant_id, holder = principal.actor.tenant_id, principal.sign_in_id
        device = await self._devices.of_device(tenant_id, holder)
        found = device or await self._entrance.of_sign_in(tenant_id, holder)
        # How it came in does not change: whoever showed a ticket has no nonce to repeat.
        return None if found is None else msgspec.structs.replace(found, kind=principal.kind)

    async def issue(self, principal: Principal) -> tuple[str, Instant]:
        """A ticket for whoever is signed in. [DV]"""
        token, ends = self._ids.token(), Instant(self._clock.now() + TICKET_MS)
        ticket = Ticket(
            tenant_id=principal.actor.tenant_id,
            ticket_hash=hashed(token),
            holder=principal.sign_in_id,
            expires_at=ends,
        )
        await self._devices.ledger.open_ticket(ticket)
        return token, ends

    async def _by_ticket(self, token: str) -> Principal | None:
        # DV11
        ticket = await self._devices.ledger.take_ticket(hashed(token), self._clock.now())
        if ticket is None:
            return None
        found = await self._devices.of_device(ticket.tenant_id, ticket.holder)
        found = found or await self._entrance.of_sign_in(ticket.tenant_id, ticket.holder)
        # A ticket stands for a header: no nonce is asked of it, and it is renewed like a bearer.
        return None if found is None else msgspec.structs.replace(found, kind="bearer")
