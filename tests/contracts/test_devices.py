"""What every `DeviceLedger` promises: memory, SQLite and PostgreSQL."""

import asyncio
from hashlib import sha256

import msgspec
import pytest

from protocols.vocabulary import Instant, TenantId
from server.application.devices import (
    Device,
    DeviceToken,
    DisplayAsking,
    Pairing,
    Ticket,
)
from server.application.rotation import next_generation
from tests.contracts.conftest import Opened
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ACME, OTHER = TenantId("acme"), TenantId("other")
NOW, LATER, END = Instant(1_000), Instant(5_000), Instant(9_000)

MANY = 1_000


def hashed(text: str) -> bytes:
    return sha256(text.encode()).digest()


def a_device(tenant: TenantId = ACME, name: str = "phone", subject: str = "ana") -> Device:
    return Device(
        tenant_id=tenant,
        id=name,
        kind="driver",
        subject=subject,
        name="Pixel",
        nonce="n",
        address="203.0.113.7",
        agent="Chrome",
        paired_at=NOW,
        seen_at=NOW,
        rotated_at=NOW,
    )


def a_token(device: Device, text: str, use: str = "refresh", generation: int = 1) -> DeviceToken:
    return DeviceToken(
        tenant_id=device.tenant_id,
        device_id=device.id,
        token_hash=hashed(text),
        use=use,
        generation=generation,
        expires_at=END,
    )


def a_pairing(code: str = "code", uses: int = 1) -> Pairing:
    return Pairing(
        tenant_id=ACME,
        code_hash=hashed(code),
        kind="driver",
        subject="ana",
        made_by="Mei",
        expires_at=LATER,
        uses=uses,
    )


def an_asking(name: str = "wall") -> DisplayAsking:
    return DisplayAsking(
        device_hash=hashed(f"device {name}"),
        user_hash=hashed(f"user {name}"),
        name=name,
        address="",
        agent="",
        asked_at=NOW,
        expires_at=LATER,
    )


async def tenants(storage: Opened) -> None:
    for name in (ACME, OTHER):
        await storage.tenant(name)


@rule("DV2")
async def test_a_code_is_used_once_however_many_show_it_at_once(storage: Opened):
    await tenants(storage)
    pairing = a_pairing()
    await storage.devices.open_pairing(pairing)

    wins = await asyncio.gather(*(storage.devices.use_pairing(pairing) for _ in range(50)))

    assert wins.count(True) == 1
    assert await storage.devices.pairing(pairing.code_hash, NOW) is None


async def test_a_code_ends_with_its_time(storage: Opened):
    await tenants(storage)
    await storage.devices.open_pairing(a_pairing())

    assert await storage.devices.pairing(hashed("code"), NOW) == a_pairing()
    assert await storage.devices.pairing(hashed("code"), LATER) is None
    assert await storage.devices.pairing(hashed("other"), NOW) is None


async def test_a_code_that_somebody_else_has_is_not_given_again(storage: Opened):
    await tenants(storage)
    second = msgspec.structs.replace(a_pairing(), subject="tom")
    twin = msgspec.structs.replace(an_asking(), device_hash=hashed("another display"))

    assert await storage.devices.open_pairing(a_pairing())
    assert not await storage.devices.open_pairing(second)
    assert await storage.devices.ask_display(an_asking())
    assert not await storage.devices.ask_display(twin)

    assert await storage.devices.pairing(hashed("code"), NOW) == a_pairing()
    assert await storage.devices.asking(twin.user_hash, NOW) == an_asking()


@rule("DV11")
async def test_of_a_thousand_who_show_one_ticket_one_comes_in(storage: Opened):
    await tenants(storage)
    ticket = Ticket(tenant_id=ACME, ticket_hash=hashed("t"), holder="phone", expires_at=LATER)
    await storage.devices.open_ticket(ticket)

    taken = await asyncio.gather(
        *(storage.devices.take_ticket(hashed("t"), NOW) for _ in range(MANY))
    )

    assert [each for each in taken if each is not None] == [ticket]


async def test_an_old_ticket_opens_nothing(storage: Opened):
    await tenants(storage)
    await storage.devices.open_ticket(
        Ticket(tenant_id=ACME, ticket_hash=hashed("t"), holder="phone", expires_at=LATER)
    )

    assert await storage.devices.take_ticket(hashed("t"), LATER) is None


@rule("DV6")
async def test_of_a_thousand_who_renew_from_one_state_one_succeeds(storage: Opened):
    await tenants(storage)
    device, token = a_device(), a_token(a_device(), "first")
    await storage.devices.open_device(device, [token])
    after = next_generation(device, token, LATER)

    async def renew(number: int) -> bool:
        new = a_token(after, f"next {number}", generation=2)
        return await storage.devices.rotate(device, after, [new])

    wins = await asyncio.gather(*(renew(number) for number in range(MANY)))

    assert wins.count(True) == 1
    winner = wins.index(True)
    held = await storage.devices.held(hashed(f"next {winner}"))
    assert held is not None
    assert held.device == after
    loser = (winner + 1) % MANY
    assert await storage.devices.held(hashed(f"next {loser}")) is None


async def test_a_device_that_is_revoked_while_it_renews_is_gone_without_a_fault(storage: Opened):
    await tenants(storage)
    for number in range(20):
        device = a_device(name=f"phone-{number}")
        token = a_token(device, f"first {number}")
        await storage.devices.open_device(device, [token])
        after = next_generation(device, token, LATER)
        new = a_token(after, f"second {number}", generation=2)

        _, revoked = await asyncio.gather(
            storage.devices.rotate(device, after, [new]),
            storage.devices.revoke(ACME, device.id),
        )

        assert revoked
        assert await storage.devices.held(hashed(f"second {number}")) is None
        assert await storage.devices.device(ACME, device.id) is None


async def test_renewing_forgets_access_tokens_that_neither_generation_needs(storage: Opened):
    await tenants(storage)
    device = a_device()
    tokens = [a_token(device, "refresh"), a_token(device, "access", "access")]
    await storage.devices.open_device(device, tokens)
    second = next_generation(device, tokens[0], LATER)
    third = next_generation(second, a_token(second, "r2", generation=2), LATER)

    await storage.devices.rotate(device, second, [a_token(second, "r2", generation=2)])
    assert await storage.devices.held(hashed("access")) is not None
    await storage.devices.rotate(second, third, [a_token(third, "r3", generation=3)])

    assert await storage.devices.held(hashed("access")) is None
    assert await storage.devices.held(hashed("refresh")) is not None, "its reuse is recognised"


async def test_a_revoked_device_has_no_tokens_and_others_keep_theirs(storage: Opened):
    await tenants(storage)
    mine, theirs = a_device(), a_device(OTHER)
    await storage.devices.open_device(mine, [a_token(mine, "mine")])
    await storage.devices.open_device(theirs, [a_token(theirs, "theirs")])

    assert not await storage.devices.revoke(ACME, "nobody")
    assert await storage.devices.revoke(ACME, "phone")

    assert await storage.devices.held(hashed("mine")) is None
    assert await storage.devices.held(hashed("theirs")) is not None
    assert await storage.devices.valid_devices(ACME, ("phone",)) == frozenset()
    assert await storage.devices.valid_devices(OTHER, ("phone", "x")) == {"phone"}


async def test_all_phones_of_a_driver_are_revoked_together(storage: Opened):
    await tenants(storage)
    for name, subject in (("one", "ana"), ("two", "ana"), ("three", "tom")):
        device = a_device(name=name, subject=subject)
        await storage.devices.open_device(device, [a_token(device, name)])

    assert await storage.devices.revoke_subject(ACME, "driver", "ana") == ["one", "two"]
    assert [each.id for each in await storage.devices.devices(ACME)] == ["three"]


@rule("DV8")
async def test_a_display_is_approved_once_and_comes_in_once(storage: Opened):
    await tenants(storage)
    asking = an_asking()
    await storage.devices.ask_display(asking)
    approved = type(asking)(
        **{
            **{name: getattr(asking, name) for name in asking.__struct_fields__},
            "approved_for": ACME,
            "view_id": "hall",
        }
    )

    assert await storage.devices.asking(asking.user_hash, NOW) == asking
    assert not await storage.devices.take_display(asking.device_hash)
    approvals = await asyncio.gather(
        *(storage.devices.approve_display(approved) for _ in range(20))
    )
    entries = await asyncio.gather(
        *(storage.devices.take_display(asking.device_hash) for _ in range(20))
    )

    assert approvals.count(True) == 1
    assert entries.count(True) == 1
    assert await storage.devices.waiting(asking.device_hash) is None


async def test_what_is_too_old_is_forgotten(storage: Opened):
    await tenants(storage)
    device = a_device()
    await storage.devices.open_device(device, [a_token(device, "old")])
    await storage.devices.open_pairing(a_pairing())
    await storage.devices.ask_display(an_asking())

    await storage.devices.prune_devices(ACME, END)
    await storage.devices.prune_asking(END)

    assert await storage.devices.held(hashed("old")) is None
    assert await storage.devices.waiting(an_asking().device_hash) is None
    assert await storage.devices.device(ACME, "phone") == device
