"""What every `PushLedger` promises: memory, SQLite and PostgreSQL."""

import asyncio

import msgspec
import pytest

from protocols.vocabulary import DriverId, Instant, TenantId
from server.application.push import PushSubscription
from tests.contracts.conftest import Opened
from tests.contracts.test_devices import a_device
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ACME, OTHER = TenantId("acme"), TenantId("other")
ANA = DriverId("ana")


def a_subscription(
    device_id: str = "phone", tenant: TenantId = ACME, **changed: object
) -> PushSubscription:
    subscription = PushSubscription(
        tenant_id=tenant,
        device_id=device_id,
        endpoint=f"https://push.example/{device_id}",
        p256dh="p" * 87,
        auth="a" * 22,
        made_at=Instant(1_000),
    )
    return msgspec.structs.replace(subscription, **changed)


async def devices(storage: Opened) -> None:
    for tenant in (ACME, OTHER):
        await storage.tenant(tenant)
        await storage.devices.open_device(a_device(tenant), [])
    await storage.devices.open_device(a_device(ACME, "second"), [])
    await storage.devices.open_device(a_device(ACME, "bens", "ben"), [])


@rule("WU2")
async def test_a_device_has_one_subscription_and_a_new_one_replaces_it(storage: Opened):
    await devices(storage)
    await storage.push.subscribe(a_subscription(woken_at=Instant(7)))
    newer = a_subscription(endpoint="https://push.example/newer", made_at=Instant(2_000))

    assert await storage.push.subscribe(newer)

    assert await storage.push.subscription(ACME, "phone") == newer
    assert await storage.push.subscription(OTHER, "phone") is None


@rule("WU2")
async def test_a_revoked_device_takes_its_subscription_with_it(storage: Opened):
    await devices(storage)
    await storage.push.subscribe(a_subscription())

    await storage.devices.revoke(ACME, "phone")

    assert await storage.push.subscription(ACME, "phone") is None
    assert await storage.push.subscriptions_of(ACME, ANA) == []
    assert not await storage.push.subscribe(a_subscription())


async def test_a_driver_is_woken_on_all_own_phones_and_on_no_other(storage: Opened):
    await devices(storage)
    for each in (
        a_subscription("second"),
        a_subscription(),
        a_subscription("bens"),
        a_subscription(tenant=OTHER),
    ):
        assert await storage.push.subscribe(each)

    found = await storage.push.subscriptions_of(ACME, ANA)

    assert found == [a_subscription(), a_subscription("second")]


@rule("WU7")
async def test_of_many_nodes_that_would_wake_a_phone_one_does(storage: Opened):
    await devices(storage)
    seen = a_subscription()
    await storage.push.subscribe(seen)

    taken = await asyncio.gather(
        *(storage.push.take_wake(seen, Instant(at)) for at in range(2_000, 2_020))
    )

    assert taken.count(True) == 1
    after = await storage.push.subscription(ACME, "phone")
    assert after == msgspec.structs.replace(seen, woken_at=Instant(2_000 + taken.index(True)))


@rule("WU8")
async def test_an_ended_subscription_goes_and_the_one_after_it_stays(storage: Opened):
    await devices(storage)
    old = a_subscription()
    newer = a_subscription(endpoint="https://push.example/newer")
    await storage.push.subscribe(newer)

    await storage.push.end(old)
    kept = await storage.push.subscription(ACME, "phone")
    await storage.push.end(newer)

    assert kept == newer
    assert await storage.push.subscription(ACME, "phone") is None


async def test_a_phone_that_wants_to_sleep_is_forgotten_however_often_it_says_so(storage: Opened):
    await devices(storage)
    await storage.push.subscribe(a_subscription())

    await storage.push.unsubscribe(ACME, "phone")
    await storage.push.unsubscribe(ACME, "phone")

    assert await storage.push.subscription(ACME, "phone") is None


@rule("WU4")
async def test_of_many_nodes_that_make_the_key_one_key_is_kept(storage: Opened):
    kept = await asyncio.gather(
        *(storage.push.keep_secret("vapid", f"key-{number}") for number in range(10))
    )

    assert len(set(kept)) == 1
    assert await storage.push.keep_secret("vapid", "late") == kept[0]
    assert await storage.push.keep_secret("other", "own") == "own"
