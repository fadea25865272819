"""What every `PushService` promises, and what ours over HTTP says and never says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_address

import pytest
import pytest_asyncio

from server.application.push import (
    Accepted,
    Gone,
    Later,
    PushService,
    PushSubscription,
    Sent,
    Unfit,
)
from server.push.outward import Outward, is_public
from server.push.vapid import Vapid, new_private_key
from server.push.web_push import WebPush
from tests.support.fakes import MONDAY, FakeClock
from tests.support.loopback_push import LoopbackPush, loopback_push
from tests.support.memory_push import FakePushService
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

HERE = Outward(schemes=frozenset({"http"}), allows=lambda address: address.is_loopback)
KEY = new_private_key()


def over_http(outward: Outward | None = HERE) -> WebPush:
    return WebPush(Vapid(KEY, "mailto:ops@example.org"), FakeClock(), outward=outward)


@dataclass
class Sending:
    """A service, a subscription there, and how to say what it answers next."""

    service: PushService
    subscription: PushSubscription
    there: LoopbackPush
    fake: FakePushService | None = None

    async def answered(self, status: int, retry_after: str, meant: Sent) -> Sent:
        headers = {"retry-after": retry_after} if retry_after else {}
        self.there.answers.append((status, headers))
        if self.fake is not None:
            self.fake.answers.append(meant)
        return await self.service.wake(self.subscription, "normal")


@pytest_asyncio.fixture(params=["fake", "http"])
async def sending(request: pytest.FixtureRequest) -> AsyncIterator[Sending]:
    async with loopback_push() as there:
        fake = FakePushService() if request.param == "fake" else None
        yield Sending(fake or over_http(), there.subscription(), there, fake)


async def test_what_a_push_service_answers_means_one_of_four_things(sending: Sending):
    for status, retry_after, meant in (
        (201, "", Accepted()),
        (404, "", Gone()),
        (410, "", Gone()),
        (429, "30", Later(30.0)),
        (503, "", Later(0.0)),
        (500, "Wed, 18 Nov 2026 11:07:40 GMT", Later(60.0)),
        (502, "soon", Later(0.0)),
        (400, "", Unfit(400)),
        (413, "", Unfit(413)),
    ):
        assert await sending.answered(status, retry_after, meant) == meant


@rule("WU10")
async def test_a_message_is_signed_and_encrypted_and_says_only_that_something_changed():
    async with loopback_push() as there:
        service = over_http()

        assert await service.wake(there.subscription(), "high") == Accepted()

        (message,) = there.messages
        assert message.payload == b'{"changed":true}'
        assert (message.topic, message.urgency, message.ttl) == ("run", "high", 3_600)
        assert message.key == Vapid(KEY, "mailto:ops@example.org").public_key
        assert message.claims == {
            "aud": there.origin,
            "exp": MONDAY // 1_000 + 3_600,
            "sub": "mailto:ops@example.org",
        }


@rule("WU3")
async def test_nobody_is_followed_elsewhere():
    async with loopback_push() as there:
        there.answers.append((307, {"location": f"{there.origin}/internal"}))

        sent = await over_http().wake(there.subscription(), "normal")

        assert (sent, there.elsewhere) == (Unfit(307), 0)


@rule("WU3")
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://93.184.215.14/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest",
        "https://[::1]/x",
        "https://[fe80::1]/x",
        "https://[fd00::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[2002:7f00:1::]/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://localhost/x",
        "https://push@93.184.215.14/x",
        "https://93.184.215.14:99999/x",
        "https://[::1/x",
        "https:///x",
    ],
)
async def test_we_are_not_sent_to_our_own_house(endpoint: str):
    assert not await over_http(None).may_reach(endpoint)


@rule("WU3")
async def test_an_address_of_the_open_internet_is_far_enough():
    assert await over_http(None).may_reach("https://93.184.215.14/wpush/v2/token")
    assert not is_public(ip_address("224.0.0.1"))


@rule("WU3")
async def test_a_name_that_leads_home_by_now_is_not_dialled():
    async with loopback_push() as there:
        named = there.origin.replace("127.0.0.1", "localhost")
        home = Outward(schemes=frozenset({"http"}))

        sent = await over_http(home).wake(
            there.subscription(endpoint=f"{named}/send/browser-1"), "normal"
        )

        assert (sent, there.messages) == (Later(0.0), [])


async def test_keys_that_are_none_end_the_subscription_and_break_nothing():
    async with loopback_push() as there:
        sent = await over_http().wake(there.subscription(p256dh="A" * 87), "normal")

        assert sent == Gone()


async def test_a_push_service_that_is_not_there_is_worth_another_try():
    async with loopback_push() as there:
        subscription = there.subscription()
    async with asyncio.timeout(20):
        assert await over_http().wake(subscription, "normal") == Later(0.0)
