"""Subscriptions in memory, and a push service that a test tells what to answer."""

from collections.abc import Callable

import msgspec

from protocols.vocabulary import DriverId, Instant, TenantId
from server.application.devices import DeviceLedger
from server.application.push import Accepted, PushSubscription, Sent, Urgency


class MemoryPush:
    """The `PushLedger` in memory. It passes the contract of the real ones."""

    def __init__(self, devices: DeviceLedger) -> None:
        """Know no subscription; devices that are revoked take theirs with them."""
        self._devices = devices
        self._held: dict[tuple[TenantId, str], PushSubscription] = {}
        self._secrets: dict[str, str] = {}

    async def keep_secret(self, name: str, secret: str) -> str:
        """See `PushLedger`."""
        return self._secrets.setdefault(name, secret)

    async def subscribe(self, subscription: PushSubscription) -> bool:
        """See `PushLedger`."""
        key = (subscription.tenant_id, subscription.device_id)
        if await self._devices.device(*key) is None:
            return False
        self._held[key] = subscription
        return True

    async def unsubscribe(self, tenant_id: TenantId, device_id: str) -> None:
        """See `PushLedger`."""
        self._held.pop((tenant_id, device_id), None)

    async def subscription(self, tenant_id: TenantId, device_id: str) -> PushSubscription | None:
        """See `PushLedger`."""
        if await self._devices.device(tenant_id, device_id) is None:
            self._held.pop((tenant_id, device_id), None)
        return self._held.get((tenant_id, device_id))

    async def subscriptions_of(
        self, tenant_id: TenantId, driver_id: DriverId
    ) -> list[PushSubscription]:
        """See `PushLedger`."""
        phones = await self._devices.devices(tenant_id)
        ids = sorted(d.id for d in phones if (d.kind, d.subject) == ("driver", driver_id))
        return [self._held[tenant_id, each] for each in ids if (tenant_id, each) in self._held]

    async def take_wake(self, seen: PushSubscription, at: Instant) -> bool:
        """See `PushLedger`."""
        now = await self.subscription(seen.tenant_id, seen.device_id)
        if now is None or (now.endpoint, now.woken_at) != (seen.endpoint, seen.woken_at):
            return False
        self._held[seen.tenant_id, seen.device_id] = msgspec.structs.replace(now, woken_at=at)
        return True

    async def end(self, seen: PushSubscription) -> None:
        """See `PushLedger`."""
        now = self._held.get((seen.tenant_id, seen.device_id))
        if now is not None and now.endpoint == seen.endpoint:
            del self._held[seen.tenant_id, seen.device_id]


class FakePushService:
    """A `PushService` without a network: what was sent, and what it answers next."""

    def __init__(self, reaches: Callable[[str], bool] = lambda _: True) -> None:
        """Accept everything until told otherwise."""
        self.sent: list[tuple[str, Urgency]] = []
        self.answers: list[Sent] = []
        self._reaches = reaches

    async def may_reach(self, endpoint: str) -> bool:
        """See `PushService`."""
        return self._reaches(endpoint)

    async def wake(self, subscription: PushSubscription, urgency: Urgency) -> Sent:
        """See `PushService`."""
        self.sent.append((subscription.device_id, urgency))
        return self.answers.pop(0) if self.answers else Accepted()
