"""Displays that have no keyboard: they show a code, and an administrator types it. [DV]

RFC 8628's device flow. The display's own secret never leaves it; the code that people see opens
nothing by itself, and an administrator sees where the asking display is before letting it in.
"""

from typing import Literal

import msgspec

from protocols.vocabulary import Instant, TenantId, ViewId
from server.application.codes import code_hash, new_code
from server.application.device_door import DeviceDoor, Tokens, Visitor
from server.application.devices import DisplayAsking
from server.application.ports import Clock, Ids, StorageBusy
from server.application.sign_in import hashed

ASKING_MS = 10 * 60 * 1_000

INTERVAL_SECONDS = 3

_TRIES = 8
"""Codes in a row that another display shows already; more are no coincidence."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a display that asks is told; shown once."""

    device_code: str
    user_code: str
    expires_at: Instant


Waiting = Literal["pending", "expired"]


class DisplayDoor:
    """Where displays wait, and who lets them in."""

    def __init__(self, door: DeviceDoor, *, clock: Clock, ids: Ids) -> None:
        """Let displays in through this door."""
        self._door = door
        self._ledger = door.ledger
        self._clock = clock
        self._ids = ids

    async def ask(self, visitor: Visitor) -> Asked:
        """Begin to wait."""
        now = self._clock.now()
        ends = Instant(now + ASKING_MS)
        for _ in range(_TRIES):
            device_code, user_code = self._ids.token(), new_code(self._ids)
            asking = DisplayAsking(
                device_hash=hashed(device_code),
                user_hash=code_hash(user_code),
                name=visitor.name,
                address=visitor.address,
                agent=visitor.agent[:200],
                asked_at=now,
                expires_at=ends,
            )
            if await self._ledger.ask_display(asking):
                return Asked(device_code=device_code, user_code=user_code, expires_at=ends)
        raise StorageBusy

    async def look_up(self, user_code: str) -> DisplayAsking | None:
        """The display that shows this code, for somebody who may approve it."""
        return await self._ledger.asking(code_hash(user_code), self._clock.now())

    async def is_view(self, tenant_id: TenantId, view_id: ViewId) -> bool:
        """Whether there is something for a display to show."""
        return await self._door.is_fit(tenant_id, "display", view_id)

    async def approve(
        self, tenant_id: TenantId, user_code: str, view_id: ViewId, name: str
    ) -> bool:
        """Let the display in; false when nobody waits with this code any more."""
        asking = await self.look_up(user_code)
        if asking is None:
            return False
        approved = msgspec.structs.replace(
            asking, approved_for=tenant_id, view_id=view_id, name=name or asking.name
        )
        # DV8
        return await self._ledger.approve_display(approved)

    async def poll(self, device_code: str) -> Tokens | Waiting:
        """Whether the display may come in now; once it does, the secret is used up."""
        device_hash = hashed(device_code)
        asking = await self._ledger.waiting(device_hash)
        if asking is None or asking.expires_at <= self._clock.now():
            return "expired"
        if not asking.approved_for:
            return "pending"
        if not await self._ledger.take_display(device_hash):
            return "expired"
        visitor = Visitor(name=asking.name, address=asking.address, agent=asking.agent)
        tenant_id = TenantId(asking.approved_for)
        return await self._door.admit(tenant_id, "display", asking.view_id, visitor) or "expired"
