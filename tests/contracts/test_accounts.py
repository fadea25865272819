"""What every `Accounts` promises: memory, SQLite and PostgreSQL."""

import asyncio
from hashlib import sha256

import pytest

from protocols.vocabulary import Instant, PersonId, TenantId
from server.application.accounts import Credential, Failures, SignIn, Tenant
from server.application.ports import Head
from tests.contracts.conftest import Opened

pytestmark = pytest.mark.asyncio

ACME, OTHER = TenantId("acme"), TenantId("other")
ANN, BEN = PersonId("ann"), PersonId("ben")
NOW = Instant(1_000)


def a_tenant(name: str, *, slug: str = "") -> Tenant:
    return Tenant(id=TenantId(name), slug=slug or name, name=name.title(), created_at=Instant(1))


def a_credential(tenant: TenantId, person: PersonId, *, email: str = "a@b.example") -> Credential:
    return Credential(
        tenant_id=tenant, person_id=person, email=email, password_hash="$argon2", changed_at=NOW
    )


def a_sign_in(tenant: TenantId, person: PersonId, name: str, *, expires: int = 2_000) -> SignIn:
    return SignIn(
        tenant_id=tenant,
        id=name,
        person_id=person,
        kind="cookie",
        token_hash=sha256(f"{tenant} {name}".encode()).digest(),
        nonce="n",
        label="Firefox",
        created_at=NOW,
        seen_at=NOW,
        expires_at=Instant(expires),
    )


async def two_tenants(storage: Opened) -> None:
    for tenant in (ACME, OTHER):
        await storage.accounts.create_tenant(a_tenant(tenant))
        await storage.accounts.put_credential(a_credential(tenant, ANN))


async def test_a_tenant_is_found_by_id_and_by_slug_and_has_a_journal(storage: Opened):
    acme, beta = a_tenant("acme", slug="z-works"), a_tenant("beta")
    assert await storage.accounts.create_tenant(acme)
    assert await storage.accounts.create_tenant(beta)

    assert await storage.accounts.tenant(ACME) == acme
    assert await storage.accounts.tenant_by_slug("z-works") == acme
    assert await storage.accounts.tenant_by_slug("acme\x00") is None
    assert await storage.accounts.tenants() == [beta, acme]
    assert await storage.store.heads([ACME]) == {ACME: Head()}


@pytest.mark.parametrize(("name", "slug"), [("acme", "fresh"), ("fresh", "acme")])
async def test_an_id_or_slug_that_is_taken_stays_with_its_owner(
    storage: Opened, name: str, slug: str
):
    await storage.accounts.create_tenant(a_tenant("acme"))

    assert not await storage.accounts.create_tenant(a_tenant(name, slug=slug))

    assert await storage.accounts.tenants() == [a_tenant("acme")]
    assert await storage.store.heads([TenantId("fresh")]) == {}


async def test_the_same_email_may_sign_in_to_several_tenants(storage: Opened):
    await two_tenants(storage)

    everywhere = await storage.accounts.credentials_by_email("a@b.example")
    here = await storage.accounts.credentials_by_email("a@b.example", tenant_id=OTHER)

    assert [one.tenant_id for one in everywhere] == [ACME, OTHER]
    assert here == [a_credential(OTHER, ANN)]
    assert await storage.accounts.credentials_by_email("A@b.example") == []
    assert await storage.accounts.credentials_by_email("a@b.example\x00'; --") == []


async def test_an_email_belongs_to_one_person_of_a_tenant(storage: Opened):
    await two_tenants(storage)

    taken = await storage.accounts.put_credential(a_credential(ACME, BEN))
    renewed = await storage.accounts.put_credential(a_credential(ACME, ANN, email="new@b.example"))

    assert (taken, renewed) == (False, True)
    assert await storage.accounts.credential(ACME, BEN) is None
    found = await storage.accounts.credential(ACME, ANN)
    assert found is not None
    assert found.email == "new@b.example"
    assert await storage.accounts.put_credential(a_credential(ACME, BEN))


async def test_of_many_who_want_one_email_one_gets_it(storage: Opened):
    await storage.accounts.create_tenant(a_tenant("acme"))
    people = [PersonId(f"p-{number}") for number in range(6)]

    got = await asyncio.gather(
        *(storage.accounts.put_credential(a_credential(ACME, person)) for person in people)
    )

    assert sorted(got) == [False] * 5 + [True]


async def test_a_device_is_known_by_its_token_until_it_expires(storage: Opened):
    await two_tenants(storage)
    device = a_sign_in(ACME, ANN, "d-1")
    await storage.accounts.open_sign_in(device)
    await storage.accounts.open_sign_in(a_sign_in(OTHER, ANN, "d-1"))

    found = await storage.accounts.sign_in_by_token(device.token_hash, Instant(1_999))

    assert found == device
    assert await storage.accounts.sign_in_by_token(device.token_hash, Instant(2_000)) is None
    assert await storage.accounts.sign_in_by_token(b"\x00" * 32, NOW) is None


async def test_a_device_that_is_seen_may_stay_longer(storage: Opened):
    await two_tenants(storage)
    device = a_sign_in(ACME, ANN, "d-1")
    await storage.accounts.open_sign_in(device)

    await storage.accounts.see_sign_in(
        ACME, "d-1", seen_at=Instant(1_500), expires_at=Instant(9_000)
    )

    found = await storage.accounts.sign_in_by_token(device.token_hash, Instant(8_999))
    assert found is not None
    assert (found.seen_at, found.expires_at) == (1_500, 9_000)


async def test_a_revoked_device_is_out_at_once_and_is_never_revived(storage: Opened):
    await two_tenants(storage)
    device = a_sign_in(ACME, ANN, "d-1")
    await storage.accounts.open_sign_in(device)

    await storage.accounts.revoke_sign_in(ACME, "d-1")
    await storage.accounts.see_sign_in(ACME, "d-1", seen_at=NOW, expires_at=Instant(9_000))

    assert await storage.accounts.sign_in_by_token(device.token_hash, NOW) is None
    assert await storage.accounts.valid_sign_ins(ACME, ["d-1"], NOW) == frozenset()


async def test_a_person_is_signed_out_everywhere_but_here(storage: Opened):
    await two_tenants(storage)
    await storage.accounts.put_credential(a_credential(ACME, BEN, email="ben@b.example"))
    for name in ("d-1", "d-2", "d-3"):
        await storage.accounts.open_sign_in(a_sign_in(ACME, ANN, name))
    await storage.accounts.open_sign_in(a_sign_in(ACME, BEN, "d-4"))

    revoked = await storage.accounts.revoke_person(ACME, ANN, keep="d-2")

    assert revoked == ["d-1", "d-3"]
    assert [one.id for one in await storage.accounts.sign_ins_of(ACME, ANN, NOW)] == ["d-2"]
    valid = await storage.accounts.valid_sign_ins(ACME, ["d-1", "d-2", "d-3", "d-4"], NOW)
    assert valid == {"d-2", "d-4"}


async def test_who_loses_the_credential_loses_the_devices(storage: Opened):
    await two_tenants(storage)
    await storage.accounts.open_sign_in(a_sign_in(ACME, ANN, "d-1"))

    await storage.accounts.drop_credential(ACME, ANN)

    assert await storage.accounts.credential(ACME, ANN) is None
    assert await storage.accounts.sign_ins_of(ACME, ANN, NOW) == []
    assert await storage.accounts.credential(OTHER, ANN) is not None


async def test_pruning_forgets_what_has_expired(storage: Opened):
    await two_tenants(storage)
    await storage.accounts.open_sign_in(a_sign_in(ACME, ANN, "old", expires=1_000))
    await storage.accounts.open_sign_in(a_sign_in(ACME, ANN, "new", expires=2_000))

    await storage.accounts.prune_sign_ins(ACME, NOW)

    left = await storage.accounts.sign_ins_of(ACME, ANN, Instant(0))
    assert [one.id for one in left] == ["new"]


async def test_one_tenant_does_nothing_to_the_devices_of_another(storage: Opened):
    await two_tenants(storage)
    device = a_sign_in(ACME, ANN, "d-1")
    await storage.accounts.open_sign_in(device)

    await storage.accounts.revoke_sign_in(OTHER, "d-1")
    await storage.accounts.revoke_person(OTHER, ANN)
    await storage.accounts.see_sign_in(OTHER, "d-1", seen_at=NOW, expires_at=Instant(0))
    await storage.accounts.drop_credential(OTHER, ANN)
    await storage.accounts.prune_sign_ins(OTHER, Instant(10_000))

    assert await storage.accounts.sign_in_by_token(device.token_hash, NOW) == device
    assert await storage.accounts.valid_sign_ins(OTHER, ["d-1"], NOW) == frozenset()
    assert await storage.accounts.sign_ins_of(OTHER, ANN, NOW) == []


async def test_failures_are_counted_since_a_moment_and_forgotten_after_a_success(storage: Opened):
    accounts = storage.accounts
    for at in (10, 20, 30):
        await accounts.note_failure("ann", Instant(at))
    await accounts.note_failure("ben", Instant(40))

    assert await accounts.failures("ann", Instant(20)) == Failures(count=2, newest=Instant(30))
    assert await accounts.failures("eve", Instant(0)) == Failures()

    await accounts.forget_failures("ann")
    assert await accounts.failures("ann", Instant(0)) == Failures()
    assert (await accounts.failures("ben", Instant(0))).count == 1


async def test_old_failures_are_pruned_for_everybody(storage: Opened):
    accounts = storage.accounts
    await accounts.note_failure("ann", Instant(10))
    await accounts.note_failure("ann", Instant(20))

    await accounts.prune_failures(Instant(20))

    assert await accounts.failures("ann", Instant(0)) == Failures(count=1, newest=Instant(20))
