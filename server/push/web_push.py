"""The `PushService` over HTTP. aiohttp comes with pywebpush, which encrypts."""

import asyncio
import email.utils
import ssl
from urllib.parse import urlsplit

import aiohttp
from pywebpush import WebPusher

from server.application.ports import Clock
from server.application.push import (
    Accepted,
    Gone,
    Later,
    PushSubscription,
    Sent,
    Unfit,
    Urgency,
)
from server.push.outward import Outward, OutwardResolver
from server.push.vapid import Vapid

TOPIC = "run"
"""A later message takes the place of one that still waits for the phone (RFC 8030, 5.4)."""

TTL_SECONDS = 3_600
"""How long a push service keeps it for a phone without network: later the day has moved on."""

_PAYLOAD = b'{"changed":true}'
"""All that is said. What changed, and to whom, comes over the socket."""

_PROOF_SECONDS = 3_600
_TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=5.0)
_ENDED = frozenset({404, 410})
_TOO_MANY, _FIRST_FAULT = 429, 500


class WebPush:
    """Sends encrypted messages to the push services of browsers."""

    def __init__(
        self,
        vapid: Vapid,
        clock: Clock,
        *,
        outward: Outward | None = None,
        trusting: ssl.SSLContext | None = None,
    ) -> None:
        """Send with this key; `outward` and `trusting` are for a push service on this machine."""
        self._vapid = vapid
        self._clock = clock
        self._outward = outward or Outward()
        self._trusting = trusting

    async def may_reach(self, endpoint: str) -> bool:
        """See `PushService`."""
        host = self._outward.host(endpoint)
        if host is None:
            return False
        try:
            async with asyncio.timeout(5.0):
                await self._outward.resolve(host, 443)
        except (OSError, TimeoutError, UnicodeError):
            return False
        return True

    async def wake(self, subscription: PushSubscription, urgency: Urgency) -> Sent:
        """See `PushService`."""
        if self._outward.host(subscription.endpoint) is None:
            return Gone()
        try:
            # A millisecond of arithmetic per message: not on the loop that all sockets live on.
            body = await asyncio.to_thread(_encrypted, subscription)
        except ValueError:
            # Keys that are no keys: nothing can ever be sent to them.
            return Gone()
        headers = await asyncio.to_thread(self._headers, subscription.endpoint)
        headers["urgency"] = urgency
        try:
            return await self._post(subscription.endpoint, headers, body)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return Later()

    def _headers(self, endpoint: str) -> dict[str, str]:
        parts = urlsplit(endpoint)
        expires = self._clock.now() // 1_000 + _PROOF_SECONDS
        return {
            **self._vapid.headers(f"{parts.scheme}://{parts.netloc}", expires),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(TTL_SECONDS),
            "topic": TOPIC,
        }

    async def _post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Sent:
        connector = aiohttp.TCPConnector(
            resolver=OutwardResolver(self._outward),
            use_dns_cache=False,
            ssl=self._trusting if self._trusting is not None else True,
        )
        # One connection per message: they are rare, and nothing is kept open to strangers.
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            # What the other side says beyond its status is not read, nor where it sends us.
            session.post(endpoint, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return self._meaning(answer.status, answer.headers.get("retry-after", ""))

    def _meaning(self, status: int, retry_after: str) -> Sent:
        if status in {200, 201, 202, 204}:
            return Accepted()
        if status in _ENDED:
            return Gone()
        if status == _TOO_MANY or status >= _FIRST_FAULT:
            return Later(self._seconds(retry_after))
        return Unfit(status)

    def _seconds(self, retry_after: str) -> float:
        """`Retry-After` as seconds from now, from either of its two forms; 0 for neither."""
        if retry_after.isascii() and retry_after.isdigit():
            return float(retry_after[:9])
        try:
            moment = email.utils.parsedate_to_datetime(retry_after).timestamp()
        except ValueError:
            return 0.0
        return max(0.0, moment - self._clock.now() / 1_000)


def _encrypted(subscription: PushSubscription) -> bytes:
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    body: bytes = pusher.encode(_PAYLOAD, "aes128gcm")["body"]
    return body
