"""Phones and displays that were let in, and the codes and tickets on the way there. [DV]"""

from collections.abc import Sequence as Series
from typing import Literal, Protocol

import msgspec

from protocols.vocabulary import Instant, TenantId

DeviceKind = Literal["driver", "display"]


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code that somebody of the house made. The code itself is never stored."""

    tenant_id: TenantId
    code_hash: bytes
    kind: DeviceKind
    subject: str
    """The driver, or the view of a display."""
    made_by: str
    expires_at: Instant
    uses: int = 1


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One phone or display. Its tokens come in generations; see `application.rotation`."""

    tenant_id: TenantId
    id: str
    kind: DeviceKind
    subject: str
    name: str
    nonce: str
    """What a display's page must repeat to prove that it is ours (CSRF)."""
    address: str
    agent: str
    paired_at: Instant
    seen_at: Instant
    rotated_at: Instant
    generation: int = 1
    """The newest tokens."""
    parent: int = 0
    """The generation whose token the newest was given for."""
    used: int = 0
    """The newest generation that was ever used."""


class DeviceToken(msgspec.Struct, frozen=True, kw_only=True):
    """One token of a device; only its hash is stored."""

    tenant_id: TenantId
    device_id: str
    token_hash: bytes
    use: Literal["access", "refresh"]
    generation: int
    expires_at: Instant


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is known, with its device as it is now."""

    token: DeviceToken
    device: Device


class DisplayAsking(msgspec.Struct, frozen=True, kw_only=True):
    """A display that shows a code and waits. It belongs to nobody until it is approved."""

    device_hash: bytes
    user_hash: bytes
    name: str
    address: str
    agent: str
    asked_at: Instant
    expires_at: Instant
    approved_for: str = ""
    """The tenant, once approved."""
    view_id: str = ""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Opens one socket for whoever asked for it."""

    tenant_id: TenantId
    ticket_hash: bytes
    holder: str
    """The sign-in or the device."""
    expires_at: Instant


class DeviceLedger(Protocol):
    """The durable truth about devices. Faults are `StorageBusy`, as in `Store`.

    What says "once" is atomic: of any number of callers at the same time one gets true.
    """

    async def open_pairing(self, pairing: Pairing) -> bool:
        """Keep a code until it is used or too old; false when there is such a code already."""

    async def pairing(self, code_hash: bytes, now: Instant) -> Pairing | None:
        """The code, if it can still be used."""

    async def use_pairing(self, pairing: Pairing) -> bool:
        """Take one use of the code, once per use."""

    async def open_device(self, device: Device, tokens: Series[DeviceToken]) -> None:
        """Let a device in, with its first tokens."""

    async def held(self, token_hash: bytes) -> Held | None:
        """The token and its device; None when unknown or revoked. Expired ones are told too."""

    async def rotate(self, seen: Device, after: Device, tokens: Series[DeviceToken]) -> bool:
        """Replace the device's state and add tokens, if it still is as seen: once.

        False too when the device is revoked meanwhile: then none of the tokens is kept.
        Access tokens that neither generation needs are forgotten; refresh tokens stay known, so
        that one used again is recognised.
        """

    async def see(self, seen: Device, after: Device) -> bool:
        """Note a sign of life, if the device still is as seen."""

    async def device(self, tenant_id: TenantId, device_id: str) -> Device | None:
        """One device."""

    async def devices(self, tenant_id: TenantId) -> list[Device]:
        """All devices of a tenant, newest first."""

    async def revoke(self, tenant_id: TenantId, device_id: str) -> bool:
        """The device's tokens open nothing from here on; false when it is not there."""

    async def revoke_subject(
        self, tenant_id: TenantId, kind: DeviceKind, subject: str
    ) -> list[str]:
        """Revoke all devices of a driver or a view; answers which."""

    async def valid_devices(self, tenant_id: TenantId, ids: Series[str]) -> frozenset[str]:
        """Which of these devices are not revoked: the poll behind live sockets."""

    async def ask_display(self, asking: DisplayAsking) -> bool:
        """Keep what a display waits with; false when another one shows this code already."""

    async def asking(self, user_hash: bytes, now: Instant) -> DisplayAsking | None:
        """The display that shows this code, if it still waits."""

    async def approve_display(self, asking: DisplayAsking) -> bool:
        """Let it in: once, and only while it waits."""

    async def waiting(self, device_hash: bytes) -> DisplayAsking | None:
        """What the display with this secret waits for."""

    async def take_display(self, device_hash: bytes) -> bool:
        """The display comes in with its approval: once."""

    async def open_ticket(self, ticket: Ticket) -> None:
        """Keep a ticket until it is used or too old."""

    async def take_ticket(self, ticket_hash: bytes, now: Instant) -> Ticket | None:
        """Use a ticket: once."""

    async def prune_devices(self, tenant_id: TenantId, now: Instant) -> None:
        """Forget what is too old of a tenant: codes, tickets, tokens."""

    async def prune_asking(self, now: Instant) -> None:
        """Forget displays that nobody approved."""
