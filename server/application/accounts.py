"""Who may come in: tenants, passwords, signed-in devices. What a person may do is its record."""

from collections.abc import Sequence as Series
from typing import Literal, Protocol

import msgspec

from protocols.vocabulary import Instant, PersonId, TenantId


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One supplier's world. Its journal exists from the moment it does."""

    id: TenantId
    slug: str
    name: str
    created_at: Instant


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """How one person proves who they are. The same e-mail may exist in several tenants."""

    tenant_id: TenantId
    person_id: PersonId
    email: str
    """Lower case, as the caller folds it; compared exactly."""
    password_hash: str
    changed_at: Instant


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One device on which a person is signed in. A session, by contrast, is one socket."""

    tenant_id: TenantId
    id: str
    """Names it in lists and logs; opens nothing."""
    person_id: PersonId
    kind: Literal["cookie", "bearer"]
    token_hash: bytes
    """SHA-256 of the token. The token itself is never stored."""
    nonce: str
    """What a page must repeat to prove that it is ours (CSRF)."""
    label: str = ""
    """What the person recognises the device by."""
    created_at: Instant
    seen_at: Instant
    expires_at: Instant


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """Failed attempts against one subject: how many, and the newest (0 for none)."""

    count: int = 0
    newest: Instant = Instant(0)


class Accounts(Protocol):
    """The durable truth about tenants and who is signed in.

    Every write is durable when its call returns. Faults are `StorageBusy`, as in `Store`.
    """

    async def create_tenant(self, tenant: Tenant) -> bool:
        """Found a tenant and its empty journal; False when the id or the slug is taken."""

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        """A tenant by id."""

    async def tenant_by_slug(self, slug: str) -> Tenant | None:
        """A tenant by the name in its address."""

    async def tenants(self) -> list[Tenant]:
        """All tenants, by slug."""

    async def put_credential(self, credential: Credential) -> bool:
        """Set or replace a person's credential; False when the e-mail is another person's here."""

    async def drop_credential(self, tenant_id: TenantId, person_id: PersonId) -> None:
        """The person can no longer sign in; devices signed in before are revoked too."""

    async def credential(self, tenant_id: TenantId, person_id: PersonId) -> Credential | None:
        """A person's credential, for changing the password."""

    async def credentials_by_email(
        self, email: str, *, tenant_id: TenantId | None = None
    ) -> list[Credential]:
        """Credentials with this e-mail: of one tenant, or of all, ordered by tenant id."""

    async def open_sign_in(self, sign_in: SignIn) -> None:
        """Keep a new signed-in device."""

    async def sign_in_by_token(self, token_hash: bytes, now: Instant) -> SignIn | None:
        """The device that holds this token; None when unknown, expired or revoked: one answer."""

    async def sign_in(self, tenant_id: TenantId, sign_in_id: str, now: Instant) -> SignIn | None:
        """A device by its id, if it is neither expired nor revoked."""

    async def see_sign_in(
        self, tenant_id: TenantId, sign_in_id: str, *, seen_at: Instant, expires_at: Instant
    ) -> None:
        """Note that a device was active, and until when it may stay. A revoked one stays out."""

    async def sign_ins_of(
        self, tenant_id: TenantId, person_id: PersonId, now: Instant
    ) -> list[SignIn]:
        """The valid devices of a person, oldest first."""

    async def valid_sign_ins(
        self, tenant_id: TenantId, ids: Series[str], now: Instant
    ) -> frozenset[str]:
        """Which of these devices are neither expired nor revoked: the poll behind live sockets."""

    async def revoke_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """Sign one device out; unknown ones are fine."""

    async def revoke_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> list[str]:
        """Sign all devices of a person out, but `keep`; answers which."""

    async def prune_sign_ins(self, tenant_id: TenantId, now: Instant) -> None:
        """Forget the tenant's expired devices."""

    async def note_failure(self, subject: str, at: Instant) -> None:
        """A failed attempt against a subject, such as an e-mail with an address."""

    async def failures(self, subject: str, since: Instant) -> Failures:
        """Failures of a subject at or after `since`."""

    async def forget_failures(self, subject: str) -> None:
        """The subject proved itself."""

    async def prune_failures(self, before: Instant) -> None:
        """Forget failures older than this, of all subjects."""
