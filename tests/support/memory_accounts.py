"""An `Accounts` in memory; passes the contract suite of the port."""

from collections.abc import Sequence as Series

import msgspec

from protocols.vocabulary import Instant, PersonId, TenantId
from server.application.accounts import Credential, Failures, SignIn, Tenant
from tests.support.memory_store import MemoryStore


class MemoryAccounts:
    """Give it a `MemoryStore`, and a new tenant has its journal there."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        """Start with nobody."""
        self._store = store
        self._tenants: dict[TenantId, Tenant] = {}
        self._credentials: dict[tuple[TenantId, PersonId], Credential] = {}
        self._sign_ins: dict[tuple[TenantId, str], SignIn] = {}
        self._failures: dict[str, list[Instant]] = {}

    async def create_tenant(self, tenant: Tenant) -> bool:
        """See `Accounts`."""
        if tenant.id in self._tenants or await self.tenant_by_slug(tenant.slug):
            return False
        self._tenants[tenant.id] = tenant
        if self._store is not None:
            self._store.create_tenant(tenant.id)
        return True

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        """See `Accounts`."""
        return self._tenants.get(tenant_id)

    async def tenant_by_slug(self, slug: str) -> Tenant | None:
        """See `Accounts`."""
        return next((one for one in self._tenants.values() if one.slug == slug), None)

    async def tenants(self) -> list[Tenant]:
        """See `Accounts`."""
        return sorted(self._tenants.values(), key=lambda one: one.slug)

    async def put_credential(self, credential: Credential) -> bool:
        """See `Accounts`."""
        here = await self.credentials_by_email(credential.email, tenant_id=credential.tenant_id)
        if any(one.person_id != credential.person_id for one in here):
            return False
        self._credentials[credential.tenant_id, credential.person_id] = credential
        return True

    async def drop_credential(self, tenant_id: TenantId, person_id: PersonId) -> None:
        """See `Accounts`."""
        self._credentials.pop((tenant_id, person_id), None)
        await self.revoke_person(tenant_id, person_id)

    async def credential(self, tenant_id: TenantId, person_id: PersonId) -> Credential | None:
        """See `Accounts`."""
        return self._credentials.get((tenant_id, person_id))

    async def credentials_by_email(
        self, email: str, *, tenant_id: TenantId | None = None
    ) -> list[Credential]:
        """See `Accounts`."""
        found = [
            one
            for one in self._credentials.values()
            if one.email == email and tenant_id in (None, one.tenant_id)
        ]
        return sorted(found, key=lambda one: one.tenant_id)

    async def open_sign_in(self, sign_in: SignIn) -> None:
        """See `Accounts`."""
        self._sign_ins[sign_in.tenant_id, sign_in.id] = sign_in

    async def sign_in_by_token(self, token_hash: bytes, now: Instant) -> SignIn | None:
        """See `Accounts`."""
        for one in self._sign_ins.values():
            if one.token_hash == token_hash and one.expires_at > now:
                return one
        return None

    async def sign_in(self, tenant_id: TenantId, sign_in_id: str, now: Instant) -> SignIn | None:
        """See `Accounts`."""
        known = self._sign_ins.get((tenant_id, sign_in_id))
        return known if known is not None and known.expires_at > now else None

    async def see_sign_in(
        self, tenant_id: TenantId, sign_in_id: str, *, seen_at: Instant, expires_at: Instant
    ) -> None:
        """See `Accounts`."""
        known = self._sign_ins.get((tenant_id, sign_in_id))
        if known is not None:
            seen = msgspec.structs.replace(known, seen_at=seen_at, expires_at=expires_at)
            self._sign_ins[tenant_id, sign_in_id] = seen

    async def sign_ins_of(
        self, tenant_id: TenantId, person_id: PersonId, now: Instant
    ) -> list[SignIn]:
        """See `Accounts`."""
        found = [
            one
            for one in self._sign_ins.values()
            if (one.tenant_id, one.person_id) == (tenant_id, person_id) and one.expires_at > now
        ]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    async def valid_sign_ins(
        self, tenant_id: TenantId, ids: Series[str], now: Instant
    ) -> frozenset[str]:
        """See `Accounts`."""
        known = [self._sign_ins.get((tenant_id, one)) for one in ids]
        return frozenset(one.id for one in known if one is not None and one.expires_at > now)

    async def revoke_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """See `Accounts`."""
        self._sign_ins.pop((tenant_id, sign_in_id), None)

    async def revoke_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> list[str]:
        """See `Accounts`."""
        revoked = sorted(
            one.id
            for one in self._sign_ins.values()
            if (one.tenant_id, one.person_id) == (tenant_id, person_id) and one.id != keep
        )
        for sign_in_id in revoked:
            del self._sign_ins[tenant_id, sign_in_id]
        return revoked

    async def prune_sign_ins(self, tenant_id: TenantId, now: Instant) -> None:
        """See `Accounts`."""
        for key, one in list(self._sign_ins.items()):
            if one.tenant_id == tenant_id and one.expires_at <= now:
                del self._sign_ins[key]

    async def note_failure(self, subject: str, at: Instant) -> None:
        """See `Accounts`."""
        self._failures.setdefault(subject, []).append(at)

    async def failures(self, subject: str, since: Instant) -> Failures:
        """See `Accounts`."""
        found = [at for at in self._failures.get(subject, []) if at >= since]
        return Failures(count=len(found), newest=max(found, default=Instant(0)))

    async def forget_failures(self, subject: str) -> None:
        """See `Accounts`."""
        self._failures.pop(subject, None)

    async def prune_failures(self, before: Instant) -> None:
        """See `Accounts`."""
        for subject, failed in list(self._failures.items()):
            self._failures[subject] = [at for at in failed if at >= before]
