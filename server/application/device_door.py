"""Where phones and displays come in: codes become devices, tokens become principals. [DV]"""

from typing import Literal

import msgspec

from protocols.vocabulary import DriverId, Instant, PersonId, TenantId, ViewId
from server.application.accounts import Accounts
from server.application.codes import code_hash, new_code
from server.application.device_news import DeviceNews
from server.application.devices import Device, DeviceKind, DeviceLedger, DeviceToken, Pairing
from server.application.ports import Clock, Ids, StorageBusy
from server.application.principal import Kind, Principal, Way
from server.application.rotation import judge, next_generation, seen
from server.application.sign_in import hashed
from server.domain.actor import Actor
from server.domain.roles import RolePreset, permissions

_MINUTE = 60 * 1_000
_DAY = 24 * 60 * _MINUTE

PAIRING_MS = 10 * _MINUTE
ACCESS_MS = 10 * _MINUTE
REFRESH_MS = 90 * _DAY
"""A phone that was off for longer is paired anew."""

DISPLAY_MS = 400 * _DAY
"""A display that shows itself stays; its cookie rotates every day. Browsers keep no longer."""

ROTATE_MS = _DAY
_SEEN_MS = 5 * _MINUTE
_TRIES = 8
"""Races for one device in a row; whoever lost so many comes back a little later."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a device signs with from here on; shown once."""

    principal: Principal
    device: Device
    access: str
    access_expires_at: Instant
    refresh: str


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of itself when it comes in."""

    name: str
    address: str
    agent: str


class Reused(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was replaced came again: somebody has a copy, and the device is revoked."""

    tenant_id: TenantId
    device_id: str


Turned = Literal["revoked"] | Reused
"""Why a refresh token was not taken."""


class DeviceDoor:
    """The door for devices. Every write is durable before it is answered."""

    def __init__(
        self,
        ledger: DeviceLedger,
        accounts: Accounts,
        news: DeviceNews,
        preset: RolePreset,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        """Let in what the ledger knows, to speak for whom the journal says."""
        self.ledger = ledger
        self._accounts = accounts
        self._news = news
        self._preset = preset
        self._clock = clock
        self._ids = ids

    async def pair(
        self,
        tenant_id: TenantId,
        kind: DeviceKind,
        subject: str,
        *,
        by: str,
        uses: int = 1,
        lasts: int = PAIRING_MS,
    ) -> tuple[str, Pairing] | None:
        """A one-time code for a driver's phone or a display; None for an unknown subject. [DV]"""
        # DV1
        if not await self.is_fit(tenant_id, kind, subject):
            return None
        for _ in range(_TRIES):
            code = new_code(self._ids)
            pairing = Pairing(
                tenant_id=tenant_id,
                code_hash=code_hash(code),
                kind=kind,
                subject=subject,
                made_by=by,
                expires_at=Instant(self._clock.now() + lasts),
                uses=uses,
            )
            if await self.ledger.open_pairing(pairing):
                return code, pairing
        raise StorageBusy

    async def claim(self, code: str, visitor: Visitor) -> Tokens | None:
        """A device shows its code: it comes in, or learns nothing but that it does not. [DV]"""
        pairing = await self.ledger.pairing(code_hash(code), self._clock.now())
        # DV2
        if pairing is None or not await self.is_fit(
            pairing.tenant_id, pairing.kind, pairing.subject
        ):
            return None
        if not await self.ledger.use_pairing(pairing):
            return None
        return await self.admit(pairing.tenant_id, pairing.kind, pairing.subject, visitor)

    async def admit(
        self, tenant_id: TenantId, kind: DeviceKind, subject: str, visitor: Visitor
    ) -> Tokens | None:
        """Let an approved device in; None when there is nobody it could speak for."""
        if not await self.is_fit(tenant_id, kind, subject):
            return None
        now = self._clock.now()
        device = Device(
            tenant_id=tenant_id,
            id=self._ids.uuid(),
            kind=kind,
            subject=subject,
            name=visitor.name,
            nonce=self._ids.token(),
            address=visitor.address,
            agent=visitor.agent[:200],
            paired_at=now,
            seen_at=now,
            rotated_at=now,
        )
        access, refresh, tokens = self._draw(device, now)
        await self.ledger.open_device(device, tokens)
        given = await self._given(device, access, refresh, now)
        if given is None:
            # Whom it speaks for has left while the device was written down.
            await self.ledger.revoke(tenant_id, device.id)
        return given

    async def refresh(self, token: str) -> Tokens | Turned:
        """The next tokens for a refresh token, or why not. Reuse ends the device. [DV]

        Raises `StorageBusy` when others were faster again and again; the token stays good.
        """
        for _ in range(_TRIES):
            now = self._clock.now()
            held = await self.ledger.held(hashed(token))
            # DV5
            if held is None or held.token.use != "refresh":
                return "revoked"
            verdict = judge(held.device, held.token, now)
            if verdict == "reused":
                await self.ledger.revoke(held.device.tenant_id, held.device.id)
                return Reused(tenant_id=held.device.tenant_id, device_id=held.device.id)
            if verdict == "stale":
                return "revoked"
            after = next_generation(held.device, held.token, now)
            access, refresh, tokens = self._draw(after, now)
            if await self.ledger.rotate(held.device, after, tokens):
                return await self._given(after, access, refresh, now) or "revoked"
        raise StorageBusy

    async def renew_display(self, token: str) -> str | None:
        """Tomorrow's cookie of a display, when today's is a day old. [DV]"""
        # DV9
        now = self._clock.now()
        held = await self.ledger.held(hashed(token))
        if held is None or now - held.device.rotated_at < ROTATE_MS:
            return None
        if judge(held.device, held.token, now) != "good":
            return None
        after = next_generation(held.device, held.token, now)
        access, _, tokens = self._draw(after, now)
        return access if await self.ledger.rotate(held.device, after, tokens) else None

    async def authenticate(self, kind: Way, token: str) -> Principal | None:
        """The principal of a device's access token; None for anything else: one answer."""
        for _ in range(_TRIES):
            held = await self.ledger.held(hashed(token))
            if held is None or held.token.use != "access":
                return None
            now = self._clock.now()
            if judge(held.device, held.token, now) != "good" or kind not in _ways(held.device):
                return None
            if await self._note(held.device, held.token, now):
                return await self.principal(held.device, held.token.expires_at)
        raise StorageBusy

    async def of_device(self, tenant_id: TenantId, device_id: str) -> Principal | None:
        """The principal of a device, for a ticket that it asked for."""
        device = await self.ledger.device(tenant_id, device_id)
        if device is None:
            return None
        return await self.principal(device, Instant(self._clock.now() + ACCESS_MS))

    async def principal(self, device: Device, expires_at: Instant) -> Principal | None:
        """Whom the device speaks for, as the journal says at this moment."""
        tenant = await self._accounts.tenant(device.tenant_id)
        actor = await self._actor(device)
        if tenant is None or actor is None:
            return None
        return Principal(
            actor=actor,
            tenant=tenant.name,
            sign_in_id=device.id,
            kind=_kind(device),
            nonce=device.nonce,
            expires_at=expires_at,
        )

    async def _note(self, device: Device, token: DeviceToken, now: Instant) -> bool:
        """Remember that a generation is in use; nothing is written when nothing is new.

        False when somebody was faster: that may have been another generation, so look again. [DV6]
        """
        if device.used >= token.generation and now - device.seen_at < _SEEN_MS:
            return True
        return await self.ledger.see(device, seen(device, token, now))

    async def revoke_leavers(self) -> list[tuple[TenantId, str]]:
        """Revoke the devices of drivers and views that were made inactive; answers which. [DV]

        Called every second, and costs nothing as long as nobody leaves. A tenant whose storage is
        busy is tried again the next time.
        """
        self._news.attend()
        revoked: list[tuple[TenantId, str]] = []
        for tenant_id in self._news.take_unsettled():
            try:
                left = await self._revoke_leavers_of(tenant_id)
                revoked += [(tenant_id, device_id) for device_id in left]
            except StorageBusy:
                self._news.put_back(tenant_id)
        return revoked

    async def _revoke_leavers_of(self, tenant_id: TenantId) -> list[str]:
        # DV12
        devices = await self.ledger.devices(tenant_id)
        gone = await self._news.inactive(tenant_id) if devices else frozenset()
        revoked: list[str] = []
        for kind, subject in {(d.kind, d.subject) for d in devices if d.subject in gone}:
            revoked += await self.ledger.revoke_subject(tenant_id, kind, subject)
        return revoked

    async def _actor(self, device: Device) -> Actor | None:
        standing = await self._news.standing(device.tenant_id, device.subject)
        if standing is None or standing.kind != device.kind:
            return None
        if device.kind == "display":
            return Actor(
                tenant_id=device.tenant_id,
                id=PersonId(f"display-{device.id}"),
                name=device.name or standing.name,
                roles=("display",),
                permissions=frozenset(),
                view_id=ViewId(device.subject),
            )
        return Actor(
            tenant_id=device.tenant_id,
            id=standing.person_id or PersonId(device.subject),
            name=standing.name,
            roles=("driver",),
            permissions=permissions(("driver",), self._preset),
            driver_id=DriverId(device.subject),
            call_sign=standing.call_sign,
        )

    async def is_fit(self, tenant_id: TenantId, kind: DeviceKind, subject: str) -> bool:
        """Whether there is such a driver or view, and it is active."""
        standing = await self._news.standing(tenant_id, subject)
        return standing is not None and standing.kind == kind

    def _draw(self, device: Device, now: Instant) -> tuple[str, str, list[DeviceToken]]:
        access, refresh = self._ids.token(), self._ids.token()
        lasts = ACCESS_MS if device.kind == "driver" else DISPLAY_MS
        tokens = [
            DeviceToken(
                tenant_id=device.tenant_id,
                device_id=device.id,
                token_hash=hashed(access),
                use="access",
                generation=device.generation,
                expires_at=Instant(now + lasts),
            ),
            DeviceToken(
                tenant_id=device.tenant_id,
                device_id=device.id,
                token_hash=hashed(refresh),
                use="refresh",
                generation=device.generation,
                expires_at=Instant(now + REFRESH_MS),
            ),
        ]
        return access, refresh, tokens if device.kind == "driver" else tokens[:1]

    async def _given(
        self, device: Device, access: str, refresh: str, now: Instant
    ) -> Tokens | None:
        ends = Instant(now + (ACCESS_MS if device.kind == "driver" else DISPLAY_MS))
        principal = await self.principal(device, ends)
        if principal is None:
            return None
        return Tokens(
            principal=principal,
            device=device,
            access=access,
            access_expires_at=ends,
            refresh=refresh,
        )


def _ways(device: Device) -> tuple[Way, ...]:
    """How a device may come in.

    DV19: the page of an older build knows one cookie only, and must hear that there is a new one.
    """
    return ("display", "cookie") if device.kind == "display" else ("bearer",)


def _kind(device: Device) -> Kind:
    """A display's page has a cookie; a phone's program sends a header."""
    return "cookie" if device.kind == "display" else "bearer"
