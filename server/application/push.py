"""Waking phones: what is kept about it, and who sends. [WU]"""

from collections.abc import Sequence as Series
from typing import Literal, Protocol

import msgspec

from protocols.vocabulary import DriverId, Instant, TenantId

Urgency = Literal["normal", "high"]


class PushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """Where one phone's push service takes messages for it, and the keys to encrypt them."""

    tenant_id: TenantId
    device_id: str
    endpoint: str
    p256dh: str
    auth: str
    made_at: Instant
    woken_at: Instant = Instant(0)
    """When the newest wake-up was sent."""


class Accepted(msgspec.Struct, frozen=True):
    """The push service has it. Whether the phone ever gets it, nobody knows."""


class Gone(msgspec.Struct, frozen=True):
    """The subscription ended: the person took the permission back, or removed the app."""


class Later(msgspec.Struct, frozen=True):
    """Not now. Worth another try after so many seconds."""

    seconds: float = 0.0


class Unfit(msgspec.Struct, frozen=True):
    """The push service will not take this, however often it is sent."""

    status: int = 0


Sent = Accepted | Gone | Later | Unfit


class PushService(Protocol):
    """Sends to whichever push service a subscription names."""

    async def may_reach(self, endpoint: str) -> bool:
        """Whether we would send there: https, to a host of the open internet. [WU3]"""

    async def wake(self, subscription: PushSubscription, urgency: Urgency) -> Sent:
        """Send a wake-up without content; never raises for what the other side does.

        A later one takes the place of an earlier one that was not delivered yet. Bounded in time.
        """


class PushLedger(Protocol):
    """The durable truth about subscriptions. Faults are `StorageBusy`, as in `Store`."""

    async def keep_secret(self, name: str, secret: str) -> str:
        """Keep a secret of the installation unless there is one of this name; answers the kept."""

    async def subscribe(self, subscription: PushSubscription) -> bool:
        """Keep the device's subscription instead of the one before; false without the device."""

    async def unsubscribe(self, tenant_id: TenantId, device_id: str) -> None:
        """Forget the device's subscription."""

    async def subscription(self, tenant_id: TenantId, device_id: str) -> PushSubscription | None:
        """The device's subscription."""

    async def subscriptions_of(
        self, tenant_id: TenantId, driver_id: DriverId
    ) -> Series[PushSubscription]:
        """Those of a driver's phones, by device."""

    async def take_wake(self, seen: PushSubscription, at: Instant) -> bool:
        """Note that it is woken now, if it still is as seen: of many nodes one gets true."""

    async def end(self, seen: PushSubscription) -> None:
        """Forget the subscription, unless the device has another one by now."""
