"""Signing in and out: passwords become tokens here, and tokens become principals. [AU]"""

import hashlib
from typing import Protocol

import msgspec

from protocols.vocabulary import Instant, Permission, PersonId, TenantId
from server.application.accounts import Accounts, Credential, SignIn
from server.application.ports import Clock, Ids
from server.application.principal import Kind, Principal, Way
from server.application.throttle import Ahead, Attempt, Throttle, attempt_of
from server.domain.actor import Actor
from server.domain.records import Person

_SEEN_EVERY_MS = 5 * 60 * 1_000
"""A device's last sign of life is written at most this often, not with every request."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a password was right, and whether its hash should be made anew."""

    right: bool
    outdated: bool = False


class Passwords(Protocol):
    """Hashes passwords: slow on purpose, and never more than a few at once."""

    async def hash(self, password: str) -> str:
        """The password as it is kept."""

    async def verify(self, kept: str | None, password: str) -> Verified:
        """Whether the password is the kept one; None is nobody and takes the same time."""


class People(Protocol):
    """Persons as their records are at this moment, so that a changed role acts at once."""

    async def person(self, tenant_id: TenantId, person_id: PersonId) -> Person | None:
        """The person's record; None when there is none."""

    def permissions(self, person: Person) -> frozenset[Permission]:
        """What the union of the person's roles grants."""


class Lifetime(msgspec.Struct, frozen=True, kw_only=True):
    """How long a device stays signed in, in milliseconds."""

    longest: int
    idle: int

    def ends(self, created_at: Instant, seen_at: Instant) -> Instant:
        """When the device is signed out, unless it shows itself again."""
        return Instant(min(created_at + self.longest, seen_at + self.idle))


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Come in. Only the device and this answer know the token."""

    principal: Principal
    token: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whose password was tried."""

    tenant_id: TenantId
    person_id: PersonId


class WrongPassword(msgspec.Struct, frozen=True):
    """Unknown account, wrong password or inactive person: the asker's answer is the same."""

    accounts: tuple[Account, ...] = ()
    """The ones that were tried, for the log alone."""


class TooManyAttempts(msgspec.Struct, frozen=True):
    """Wait so many seconds. The password was not looked at."""

    retry_after: float


class SeveralTenants(msgspec.Struct, frozen=True):
    """The proof is right in more than one tenant: say which, by slug."""

    slugs: tuple[str, ...]


Answer = SignedIn | WrongPassword | TooManyAttempts | SeveralTenants


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody claims to be, the password, and from where on which kind of device."""

    email: str
    password: str
    slug: str = ""
    address: str = ""
    kind: Kind = "cookie"


class Entrance:
    """The only door. No order of calls matters; every write is durable before it is answered."""

    def __init__(
        self,
        accounts: Accounts,
        people: People,
        passwords: Passwords,
        *,
        clock: Clock,
        ids: Ids,
        lifetime: Lifetime,
    ) -> None:
        """Guard these accounts."""
        self._accounts = accounts
        self._people = people
        self._passwords = passwords
        self._clock = clock
        self._ids = ids
        self._lifetime = lifetime
        self.throttle = Throttle(accounts, clock)

    async def sign_in(self, proof: Proof) -> Answer:
        """Judge a proof and sign the device in. Refusing takes as long as accepting."""
        email = fold(proof.email)
        attempt = attempt_of(email, proof.address)
        with self.throttle.under_way(attempt) as ahead:
            return await self._judge(proof, email, attempt, ahead)

    async def authenticate(self, kind: Way, token: str) -> Principal | None:
        """Whom a token speaks for right now; None when it opens nothing (any more)."""
        now = self._clock.now()
        sign_in = await self._accounts.sign_in_by_token(hashed(token), now)
        if sign_in is None or sign_in.kind != kind:
            return None
        principal = await self._principal(sign_in)
        if principal is None or now - sign_in.seen_at < _SEEN_EVERY_MS:
            return principal
        ends = self._lifetime.ends(sign_in.created_at, now)
        await self._accounts.see_sign_in(
            sign_in.tenant_id, sign_in.id, seen_at=now, expires_at=ends
        )
        return msgspec.structs.replace(principal, expires_at=ends)

    async def still(self, principal: Principal) -> Principal | None:
        """See `Authenticator`."""
        return await self.of_sign_in(principal.actor.tenant_id, principal.sign_in_id)

    async def of_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> Principal | None:
        """The principal of a device that is signed in, for a ticket that it asked for."""
        sign_in = await self._accounts.sign_in(tenant_id, sign_in_id, self._clock.now())
        return await self._principal(sign_in) if sign_in is not None else None

    async def sign_out(self, principal: Principal) -> None:
        """The device's token opens nothing from here on."""
        await self._accounts.revoke_sign_in(principal.actor.tenant_id, principal.sign_in_id)

    async def set_password(
        self, tenant_id: TenantId, person_id: PersonId, email: str, password: str
    ) -> bool:
        """Let a person sign in with this e-mail; False when it is another person's."""
        credential = Credential(
            tenant_id=tenant_id,
            person_id=person_id,
            email=fold(email),
            password_hash=await self._passwords.hash(password),
            changed_at=self._clock.now(),
        )
        return await self._accounts.put_credential(credential)

    async def _judge(self, proof: Proof, email: str, attempt: Attempt, ahead: Ahead) -> Answer:
        wait = await self.throttle.wait(attempt, ahead)
        if wait > 0:
            return TooManyAttempts(wait)
        tried = await self._credentials(email, proof.slug)
        proven = await self._proven(tried, proof)
        if not proven:
            await self.throttle.failed(attempt)
            return WrongPassword(tuple(_account(credential) for credential in tried))
        await self.throttle.succeeded(attempt)
        if len(proven) > 1:
            return SeveralTenants(await self._slugs(proven))
        return await self._open(proven[0], proof.kind)

    async def _proven(self, credentials: list[Credential], proof: Proof) -> list[Credential]:
        """The credentials that the password opens, of people who are active."""
        proven = []
        for credential in credentials:
            verified = await self._passwords.verify(credential.password_hash, proof.password)
            if verified.right and await self._is_active(credential):
                proven.append(credential)
                if verified.outdated:
                    await self._hash_again(credential, proof.password)
        if not credentials:
            await self._passwords.verify(None, proof.password)
        return proven

    async def _credentials(self, email: str, slug: str) -> list[Credential]:
        if not slug:
            return await self._accounts.credentials_by_email(email)
        tenant = await self._accounts.tenant_by_slug(slug)
        if tenant is None:
            return []
        return await self._accounts.credentials_by_email(email, tenant_id=tenant.id)

    async def _open(self, credential: Credential, kind: Kind) -> Answer:
        token, now = self._ids.token(), self._clock.now()
        sign_in = SignIn(
            tenant_id=credential.tenant_id,
            id=self._ids.uuid(),
            person_id=credential.person_id,
            kind=kind,
            token_hash=hashed(token),
            nonce=self._ids.token(),
            created_at=now,
            seen_at=now,
            expires_at=self._lifetime.ends(now, now),
        )
        principal = await self._principal(sign_in)
        if principal is None:
            # Deactivated between the proof and this line.
            return WrongPassword((_account(credential),))
        await self._accounts.open_sign_in(sign_in)
        return SignedIn(principal=principal, token=token)

    async def _principal(self, sign_in: SignIn) -> Principal | None:
        person = await self._people.person(sign_in.tenant_id, sign_in.person_id)
        tenant = await self._accounts.tenant(sign_in.tenant_id)
        if person is None or not person.active or tenant is None:
            return None
        actor = Actor(
            tenant_id=tenant.id,
            id=person.id,
            name=person.name,
            roles=person.roles,
            permissions=self._people.permissions(person),
            driver_id=person.driver_id,
        )
        return Principal(
            actor=actor,
            tenant=tenant.name,
            sign_in_id=sign_in.id,
            kind=sign_in.kind,
            nonce=sign_in.nonce,
            expires_at=sign_in.expires_at,
        )

    async def _is_active(self, credential: Credential) -> bool:
        person = await self._people.person(credential.tenant_id, credential.person_id)
        return person is not None and person.active

    async def _hash_again(self, credential: Credential, password: str) -> None:
        await self._accounts.put_credential(
            msgspec.structs.replace(credential, password_hash=await self._passwords.hash(password))
        )

    async def _slugs(self, credentials: list[Credential]) -> tuple[str, ...]:
        found = [await self._accounts.tenant(credential.tenant_id) for credential in credentials]
        return tuple(sorted(tenant.slug for tenant in found if tenant is not None))


def _account(credential: Credential) -> Account:
    return Account(tenant_id=credential.tenant_id, person_id=credential.person_id)


def hashed(token: str) -> bytes:
    """A token as it is stored. Plain SHA-256 suffices: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()


def fold(email: str) -> str:
    """An e-mail as it is compared."""
    return email.strip().lower()
