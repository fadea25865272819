"""The `Accounts` on SQL, the same for both databases."""

from collections.abc import Sequence as Series

import msgspec

from protocols.vocabulary import Instant, PersonId, TenantId
from server.application.accounts import Credential, Failures, SignIn, Tenant
from server.application.ports import Head
from server.storage.database import Database, Scope, Taken
from server.storage.prepared import Query
from server.storage.records import Record, named
from server.storage.statements.accounts import AccountStatements

_ANYWHERE = Scope()


class SqlAccounts:
    """`Accounts` in a database."""

    def __init__(self, database: Database) -> None:
        """Compile the statements for this database."""
        self._database = database
        self._statements = AccountStatements(database.flavour)

    async def _one(self, scope: Scope, query: Query) -> list[Record]:
        (found,) = await self._database.read(scope, query)
        return found

    # --- tenants ---

    async def create_tenant(self, tenant: Tenant) -> bool:
        """See `Accounts`."""
        head = msgspec.structs.asdict(Head())
        created, _ = await self._database.write(
            Scope(tenant.id),
            self._statements.create_tenant.bind(**msgspec.structs.asdict(tenant)),
            self._statements.create_head.bind(tenant_id=tenant.id, **head),
        )
        return bool(created)

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        """See `Accounts`."""
        found = await self._one(_ANYWHERE, self._statements.tenant.bind(tenant_id=tenant_id))
        return _tenant(found[0]) if found else None

    async def tenant_by_slug(self, slug: str) -> Tenant | None:
        """See `Accounts`."""
        if "\x00" in slug:
            return None
        found = await self._one(_ANYWHERE, self._statements.tenant_by_slug.bind(slug=slug))
        return _tenant(found[0]) if found else None

    async def tenants(self) -> list[Tenant]:
        """See `Accounts`."""
        found = await self._one(_ANYWHERE, self._statements.tenants.bind())
        return [_tenant(record) for record in found]

    # --- credentials ---

    async def put_credential(self, credential: Credential) -> bool:
        """See `Accounts`."""
        query = self._statements.put_credential.bind(**msgspec.structs.asdict(credential))
        try:
            await self._database.write(Scope(credential.tenant_id), query)
        except Taken:
            return False
        return True

    async def drop_credential(self, tenant_id: TenantId, person_id: PersonId) -> None:
        """See `Accounts`. Devices go with their credential, by the foreign key."""
        query = self._statements.drop_credential.bind(tenant_id=tenant_id, person_id=person_id)
        await self._database.write(Scope(tenant_id), query)

    async def credential(self, tenant_id: TenantId, person_id: PersonId) -> Credential | None:
        """See `Accounts`."""
        query = self._statements.credential.bind(tenant_id=tenant_id, person_id=person_id)
        found = await self._one(Scope(tenant_id), query)
        return _credential(found[0]) if found else None

    async def credentials_by_email(
        self, email: str, *, tenant_id: TenantId | None = None
    ) -> list[Credential]:
        """See `Accounts`."""
        # PostgreSQL has no NUL in texts, and what nobody can store nobody has.
        if not email or "\x00" in email:
            return []
        if tenant_id is None:
            query = self._statements.credentials_everywhere.bind(email=email)
            found = await self._one(Scope(email=email), query)
        else:
            query = self._statements.credentials_here.bind(tenant_id=tenant_id, email=email)
            found = await self._one(Scope(tenant_id), query)
        return [_credential(record) for record in found]

    # --- signed-in devices ---

    async def open_sign_in(self, sign_in: SignIn) -> None:
        """See `Accounts`."""
        query = self._statements.open_sign_in.bind(**msgspec.structs.asdict(sign_in))
        await self._database.write(Scope(sign_in.tenant_id), query)

    async def sign_in_by_token(self, token_hash: bytes, now: Instant) -> SignIn | None:
        """See `Accounts`."""
        query = self._statements.sign_in_by_token.bind(token_hash=token_hash, now=now)
        found = await self._one(Scope(token_hash=token_hash), query)
        return _sign_in(found[0]) if found else None

    async def sign_in(self, tenant_id: TenantId, sign_in_id: str, now: Instant) -> SignIn | None:
        """See `Accounts`."""
        query = self._statements.sign_in.bind(tenant_id=tenant_id, id=sign_in_id, now=now)
        found = await self._one(Scope(tenant_id), query)
        return _sign_in(found[0]) if found else None

    async def see_sign_in(
        self, tenant_id: TenantId, sign_in_id: str, *, seen_at: Instant, expires_at: Instant
    ) -> None:
        """See `Accounts`. A revoked device has no row, so nothing can revive it."""
        query = self._statements.see_sign_in.bind(
            tenant_id=tenant_id, sign_in_id=sign_in_id, seen_at=seen_at, expires_at=expires_at
        )
        await self._database.write(Scope(tenant_id), query)

    async def sign_ins_of(
        self, tenant_id: TenantId, person_id: PersonId, now: Instant
    ) -> list[SignIn]:
        """See `Accounts`."""
        query = self._statements.sign_ins_of.bind(tenant_id=tenant_id, person_id=person_id, now=now)
        return [_sign_in(record) for record in await self._one(Scope(tenant_id), query)]

    async def valid_sign_ins(
        self, tenant_id: TenantId, ids: Series[str], now: Instant
    ) -> frozenset[str]:
        """See `Accounts`."""
        listed = self._database.flavour.listed(list(ids))
        query = self._statements.valid_sign_ins.bind(tenant_id=tenant_id, ids=listed, now=now)
        return frozenset(found for (found,) in await self._one(Scope(tenant_id), query))

    async def revoke_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """See `Accounts`."""
        query = self._statements.revoke_sign_in.bind(tenant_id=tenant_id, id=sign_in_id)
        await self._database.write(Scope(tenant_id), query)

    async def revoke_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> list[str]:
        """See `Accounts`."""
        query = self._statements.revoke_person.bind(
            tenant_id=tenant_id, person_id=person_id, keep=keep or ""
        )
        (revoked,) = await self._database.write(Scope(tenant_id), query)
        return sorted(found for (found,) in revoked)

    async def prune_sign_ins(self, tenant_id: TenantId, now: Instant) -> None:
        """See `Accounts`."""
        query = self._statements.prune_sign_ins.bind(tenant_id=tenant_id, now=now)
        await self._database.write(Scope(tenant_id), query)

    # --- failed attempts ---

    async def note_failure(self, subject: str, at: Instant) -> None:
        """See `Accounts`."""
        query = self._statements.note_failure.bind(subject=subject, at=at)
        await self._database.write(_ANYWHERE, query)

    async def failures(self, subject: str, since: Instant) -> Failures:
        """See `Accounts`."""
        query = self._statements.failures.bind(subject=subject, since=since)
        ((count, newest),) = await self._one(_ANYWHERE, query)
        return Failures(count=count, newest=Instant(newest or 0))

    async def forget_failures(self, subject: str) -> None:
        """See `Accounts`."""
        await self._database.write(
            _ANYWHERE, self._statements.forget_failures.bind(subject=subject)
        )

    async def prune_failures(self, before: Instant) -> None:
        """See `Accounts`."""
        await self._database.write(_ANYWHERE, self._statements.prune_failures.bind(before=before))


def _tenant(record: Record) -> Tenant:
    return msgspec.convert(named(Tenant, record), Tenant)


def _credential(record: Record) -> Credential:
    return msgspec.convert(named(Credential, record), Credential)


def _sign_in(record: Record) -> SignIn:
    return SignIn(**named(SignIn, record))
