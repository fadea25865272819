"""The `DeviceLedger` on SQL, the same for both databases."""

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
from server.storage.database import Database, Orphaned, Scope, Taken
from server.storage.prepared import Query
from server.storage.records import Record, named
from server.storage.statements.devices import DeviceStatements

_ANYWHERE = Scope()
_asdict = msgspec.structs.asdict


class SqlDevices:
    """`DeviceLedger` in a database."""

    def __init__(self, database: Database) -> None:
        """Compile the statements for this database."""
        self._database = database
        self._statements = DeviceStatements(database.flavour)

    async def _rows(self, scope: Scope, query: Query) -> list[Record]:
        (found,) = await self._database.read(scope, query)
        return found

    async def _kept(self, scope: Scope, query: Query) -> bool:
        """Whether it could be written: its name was free."""
        try:
            await self._database.write(scope, query)
        except Taken:
            return False
        return True

    # --- codes ---

    async def open_pairing(self, pairing: Pairing) -> bool:
        """See `DeviceLedger`."""
        query = self._statements.open_pairing.bind(**_asdict(pairing))
        return await self._kept(Scope(pairing.tenant_id), query)

    async def pairing(self, code_hash: bytes, now: Instant) -> Pairing | None:
        """See `DeviceLedger`."""
        query = self._statements.pairing.bind(code_hash=code_hash, now=now)
        found = await self._rows(Scope(token_hash=code_hash), query)
        return Pairing(**named(Pairing, found[0])) if found else None

    async def use_pairing(self, pairing: Pairing) -> bool:
        """See `DeviceLedger`."""
        query = self._statements.use_pairing.bind(
            tenant_id=pairing.tenant_id, hash=pairing.code_hash
        )
        (used,) = await self._database.write(Scope(pairing.tenant_id), query)
        return bool(used)

    # --- devices ---

    async def open_device(self, device: Device, tokens: Series[DeviceToken]) -> None:
        """See `DeviceLedger`."""
        await self._database.write(
            Scope(device.tenant_id),
            self._statements.open_device.bind(**_asdict(device)),
            *(self._statements.add_token.bind(**_asdict(token)) for token in tokens),
        )

    async def held(self, token_hash: bytes) -> Held | None:
        """See `DeviceLedger`."""
        query = self._statements.token.bind(token_hash=token_hash)
        found = await self._rows(Scope(token_hash=token_hash), query)
        if not found:
            return None
        token = DeviceToken(**named(DeviceToken, found[0]))
        device = await self.device(token.tenant_id, token.device_id)
        return Held(token=token, device=device) if device is not None else None

    async def rotate(self, seen: Device, after: Device, tokens: Series[DeviceToken]) -> bool:
        """See `DeviceLedger`. The tokens go in second: who lost the race leaves them unusable."""
        changed = await self.see(seen, after)
        if not changed:
            return False
        try:
            await self._database.write(
                Scope(after.tenant_id),
                *(self._statements.add_token.bind(**_asdict(token)) for token in tokens),
                self._statements.drop_access.bind(
                    tenant_id=after.tenant_id, device_id=after.id, oldest=after.parent
                ),
            )
        except Orphaned:
            # Revoked between the two.
            return False
        return True

    async def see(self, seen: Device, after: Device) -> bool:
        """See `DeviceLedger`."""
        query = self._statements.change.bind(
            tenant_id=after.tenant_id,
            device_id=after.id,
            seen_generation=seen.generation,
            seen_used=seen.used,
            new_seen_at=after.seen_at,
            new_rotated_at=after.rotated_at,
            new_generation=after.generation,
            new_parent=after.parent,
            new_used=after.used,
        )
        (changed,) = await self._database.write(Scope(after.tenant_id), query)
        return bool(changed)

    async def device(self, tenant_id: TenantId, device_id: str) -> Device | None:
        """See `DeviceLedger`."""
        query = self._statements.device.bind(tenant_id=tenant_id, id=device_id)
        found = await self._rows(Scope(tenant_id), query)
        return Device(**named(Device, found[0])) if found else None

    async def devices(self, tenant_id: TenantId) -> list[Device]:
        """See `DeviceLedger`."""
        query = self._statements.devices.bind(tenant_id=tenant_id)
        return [Device(**named(Device, row)) for row in await self._rows(Scope(tenant_id), query)]

    async def revoke(self, tenant_id: TenantId, device_id: str) -> bool:
        """See `DeviceLedger`. Its tokens go with it, by the foreign key."""
        query = self._statements.revoke.bind(tenant_id=tenant_id, device_id=device_id)
        (gone,) = await self._database.write(Scope(tenant_id), query)
        return bool(gone)

    async def revoke_subject(
        self, tenant_id: TenantId, kind: DeviceKind, subject: str
    ) -> list[str]:
        """See `DeviceLedger`."""
        query = self._statements.revoke_subject.bind(
            tenant_id=tenant_id, kind=kind, subject=subject
        )
        (gone,) = await self._database.write(Scope(tenant_id), query)
        return sorted(found for (found,) in gone)

    async def valid_devices(self, tenant_id: TenantId, ids: Series[str]) -> frozenset[str]:
        """See `DeviceLedger`."""
        listed = self._database.flavour.listed(list(ids))
        query = self._statements.valid.bind(tenant_id=tenant_id, ids=listed)
        return frozenset(found for (found,) in await self._rows(Scope(tenant_id), query))

    # --- displays that ask ---

    async def ask_display(self, asking: DisplayAsking) -> bool:
        """See `DeviceLedger`."""
        return await self._kept(_ANYWHERE, self._statements.ask.bind(**_asdict(asking)))

    async def asking(self, user_hash: bytes, now: Instant) -> DisplayAsking | None:
        """See `DeviceLedger`."""
        query = self._statements.asking.bind(user_hash=user_hash, now=now)
        found = await self._rows(_ANYWHERE, query)
        return DisplayAsking(**named(DisplayAsking, found[0])) if found else None

    async def approve_display(self, asking: DisplayAsking) -> bool:
        """See `DeviceLedger`."""
        query = self._statements.approve.bind(
            hash=asking.user_hash,
            tenant=asking.approved_for,
            view=asking.view_id,
            label=asking.name,
        )
        (approved,) = await self._database.write(_ANYWHERE, query)
        return bool(approved)

    async def waiting(self, device_hash: bytes) -> DisplayAsking | None:
        """See `DeviceLedger`."""
        query = self._statements.waiting.bind(device_hash=device_hash)
        found = await self._rows(_ANYWHERE, query)
        return DisplayAsking(**named(DisplayAsking, found[0])) if found else None

    async def take_display(self, device_hash: bytes) -> bool:
        """See `DeviceLedger`."""
        query = self._statements.take_display.bind(device_hash=device_hash)
        (taken,) = await self._database.write(_ANYWHERE, query)
        return bool(taken)

    # --- tickets ---

    async def open_ticket(self, ticket: Ticket) -> None:
        """See `DeviceLedger`."""
        query = self._statements.open_ticket.bind(**_asdict(ticket))
        await self._database.write(Scope(ticket.tenant_id), query)

    async def take_ticket(self, ticket_hash: bytes, now: Instant) -> Ticket | None:
        """See `DeviceLedger`. Reading tells the tenant; deleting is what only one can do."""
        query = self._statements.ticket.bind(ticket_hash=ticket_hash, now=now)
        found = await self._rows(Scope(token_hash=ticket_hash), query)
        if not found:
            return None
        ticket = Ticket(**named(Ticket, found[0]))
        taking = self._statements.take_ticket.bind(
            tenant_id=ticket.tenant_id, ticket_hash=ticket_hash
        )
        (taken,) = await self._database.write(Scope(ticket.tenant_id), taking)
        return ticket if taken else None

    # --- keeping house ---

    async def prune_devices(self, tenant_id: TenantId, now: Instant) -> None:
        """See `DeviceLedger`."""
        statements = self._statements
        await self._database.write(
            Scope(tenant_id),
            statements.prune_tokens.bind(tenant_id=tenant_id, now=now),
            statements.prune_pairings.bind(tenant_id=tenant_id, now=now),
            statements.prune_tickets.bind(tenant_id=tenant_id, now=now),
        )

    async def prune_asking(self, now: Instant) -> None:
        """See `DeviceLedger`."""
        await self._database.write(_ANYWHERE, self._statements.prune_asking.bind(now=now))
