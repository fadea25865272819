"""A phone says how it can be woken, or that it wants to sleep. [WU]"""

from typing import Literal

import msgspec

from server.application.devices import DeviceLedger
from server.application.ports import Clock
from server.application.principal import Principal
from server.application.push import PushLedger, PushService, PushSubscription


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What the phone's browser gave it."""

    endpoint: str
    p256dh: str
    auth: str


Trouble = Literal["no_phone", "unreachable"]


class PushDesk:
    """Keeps one subscription per paired phone. A phone sees and changes its own only."""

    def __init__(
        self,
        ledger: PushLedger,
        devices: DeviceLedger,
        service: PushService,
        *,
        clock: Clock,
        key: str,
    ) -> None:
        """`key` is the public one that phones subscribe with."""
        self._ledger = ledger
        self._devices = devices
        self._service = service
        self._clock = clock
        self.key = key

    async def shown(self, principal: Principal) -> str | Trouble:
        """The endpoint of the asking phone; empty when there is none."""
        # WU1
        if not await self._is_phone(principal):
            return "no_phone"
        found = await self._ledger.subscription(principal.actor.tenant_id, principal.sign_in_id)
        return found.endpoint if found is not None else ""

    async def subscribe(self, principal: Principal, offered: Offered) -> Trouble | None:
        """Wake the asking phone there from now on, and nowhere else. [WU2]"""
        if not await self._is_phone(principal):
            return "no_phone"
        if not await self._service.may_reach(offered.endpoint):
            return "unreachable"
        subscription = PushSubscription(
            tenant_id=principal.actor.tenant_id,
            device_id=principal.sign_in_id,
            endpoint=offered.endpoint,
            p256dh=offered.p256dh,
            auth=offered.auth,
            made_at=self._clock.now(),
        )
        return None if await self._ledger.subscribe(subscription) else "no_phone"

    async def unsubscribe(self, principal: Principal) -> Trouble | None:
        """Let the asking phone sleep."""
        if not await self._is_phone(principal):
            return "no_phone"
        await self._ledger.unsubscribe(principal.actor.tenant_id, principal.sign_in_id)
        return None

    async def _is_phone(self, principal: Principal) -> bool:
        if principal.actor.driver_id is None:
            return False
        device = await self._devices.device(principal.actor.tenant_id, principal.sign_in_id)
        return device is not None and device.kind == "driver"
