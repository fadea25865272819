"""The `DeviceLedger` in memory. It passes the contract of the real ones."""

from collections.abc import Sequence as Series

import msgspec

from protocols.vocabulary import Instant, TenantId
from server.application.devices import (
    Device,
    DeviceKind,
    DeviceToken,
    DisplayAsking,
    Held,
    Pairing,
    Ticket,
)


class MemoryDevices:
    """See `DeviceLedger`; nothing here waits, so everything is atomic by itself."""

    def __init__(self) -> None:
        """Know nobody."""
        self._pairings: dict[bytes, Pairing] = {}
        self._devices: dict[tuple[TenantId, str], Device] = {}
        self._tokens: dict[bytes, DeviceToken] = {}
        self._asking: dict[bytes, DisplayAsking] = {}
        self._tickets: dict[bytes, Ticket] = {}

    async def open_pairing(self, pairing: Pairing) -> bool:
        """See `DeviceLedger`."""
        return self._pairings.setdefault(pairing.code_hash, pairing) is pairing

    async def pairing(self, code_hash: bytes, now: Instant) -> Pairing | None:
        """See `DeviceLedger`."""
        found = self._pairings.get(code_hash)
        return found if found is not None and found.expires_at > now and found.uses > 0 else None

    async def use_pairing(self, pairing: Pairing) -> bool:
        """See `DeviceLedger`."""
        found = self._pairings.get(pairing.code_hash)
        if found is None or found.uses <= 0:
            return False
        self._pairings[pairing.code_hash] = msgspec.structs.replace(found, uses=found.uses - 1)
        return True

    async def open_device(self, device: Device, tokens: Series[DeviceToken]) -> None:
        """See `DeviceLedger`."""
        self._devices[device.tenant_id, device.id] = device
        self._tokens.update({token.token_hash: token for token in tokens})

    async def held(self, token_hash: bytes) -> Held | None:
        """See `DeviceLedger`."""
        token = self._tokens.get(token_hash)
        if token is None:
            return None
        device = self._devices.get((token.tenant_id, token.device_id))
        return Held(token=token, device=device) if device is not None else None

    async def rotate(self, seen: Device, after: Device, tokens: Series[DeviceToken]) -> bool:
        """See `DeviceLedger`."""
        if not await self.see(seen, after):
            return False
        self._tokens.update({token.token_hash: token for token in tokens})
        self._tokens = {
            key: token
            for key, token in self._tokens.items()
            if token.device_id != after.id
            or token.use != "access"
            or token.generation >= after.parent
        }
        return True

    async def see(self, seen: Device, after: Device) -> bool:
        """See `DeviceLedger`."""
        now = self._devices.get((after.tenant_id, after.id))
        if now is None or (now.generation, now.used) != (seen.generation, seen.used):
            return False
        self._devices[after.tenant_id, after.id] = after
        return True

    async def device(self, tenant_id: TenantId, device_id: str) -> Device | None:
        """See `DeviceLedger`."""
        return self._devices.get((tenant_id, device_id))

    async def devices(self, tenant_id: TenantId) -> list[Device]:
        """See `DeviceLedger`."""
        found = [each for each in self._devices.values() if each.tenant_id == tenant_id]
        return sorted(found, key=lambda each: (-each.paired_at, each.id))

    async def revoke(self, tenant_id: TenantId, device_id: str) -> bool:
        """See `DeviceLedger`."""
        return self._devices.pop((tenant_id, device_id), None) is not None

    async def revoke_subject(
        self, tenant_id: TenantId, kind: DeviceKind, subject: str
    ) -> list[str]:
        """See `DeviceLedger`."""
        gone = [
            each.id
            for each in self._devices.values()
            if (each.tenant_id, each.kind, each.subject) == (tenant_id, kind, subject)
        ]
        for device_id in gone:
            del self._devices[tenant_id, device_id]
        return sorted(gone)

    async def valid_devices(self, tenant_id: TenantId, ids: Series[str]) -> frozenset[str]:
        """See `DeviceLedger`."""
        return frozenset(each for each in ids if (tenant_id, each) in self._devices)

    async def ask_display(self, asking: DisplayAsking) -> bool:
        """See `DeviceLedger`."""
        if any(each.user_hash == asking.user_hash for each in self._asking.values()):
            return False
        self._asking[asking.device_hash] = asking
        return True

    async def asking(self, user_hash: bytes, now: Instant) -> DisplayAsking | None:
        """See `DeviceLedger`."""
        return next(
            (
                each
                for each in self._asking.values()
                if each.user_hash == user_hash and each.expires_at > now and not each.approved_for
            ),
            None,
        )

    async def approve_display(self, asking: DisplayAsking) -> bool:
        """See `DeviceLedger`."""
        known = self._asking.get(asking.device_hash)
        if known is None or known.approved_for:
            return False
        self._asking[asking.device_hash] = asking
        return True

    async def waiting(self, device_hash: bytes) -> DisplayAsking | None:
        """See `DeviceLedger`."""
        return self._asking.get(device_hash)

    async def take_display(self, device_hash: bytes) -> bool:
        """See `DeviceLedger`."""
        known = self._asking.get(device_hash)
        if known is None or not known.approved_for:
            return False
        del self._asking[device_hash]
        return True

    async def open_ticket(self, ticket: Ticket) -> None:
        """See `DeviceLedger`."""
        self._tickets[ticket.ticket_hash] = ticket

    async def take_ticket(self, ticket_hash: bytes, now: Instant) -> Ticket | None:
        """See `DeviceLedger`."""
        found = self._tickets.get(ticket_hash)
        if found is None or found.expires_at <= now:
            return None
        return self._tickets.pop(ticket_hash)

    async def prune_devices(self, tenant_id: TenantId, now: Instant) -> None:
        """See `DeviceLedger`."""
        self._tickets = {
            key: each
            for key, each in self._tickets.items()
            if each.tenant_id != tenant_id or each.expires_at > now
        }
        self._pairings = {
            key: each
            for key, each in self._pairings.items()
            if each.tenant_id != tenant_id or (each.expires_at > now and each.uses > 0)
        }
        self._tokens = {
            key: each
            for key, each in self._tokens.items()
            if each.tenant_id != tenant_id or each.expires_at > now
        }

    async def prune_asking(self, now: Instant) -> None:
        """See `DeviceLedger`."""
        self._asking = {k: each for k, each in self._asking.items() if each.expires_at > now}
