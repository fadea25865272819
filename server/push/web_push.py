"""The `PushService` over HTTP.

What encrypts and posts is loaded with the first message: it is a tenth of all that a start of the
server would load (0.25 s of CPU, 2026-11), and many installations never send one.
"""

import asyncio
import email.utils
import ssl
from urllib.parse import urlsplit

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
from server.push.outward import Outward
from server.push.vapid import Vapid

TOPIC = "run"
"""A later message takes the place of one that still waits for the phone (RFC 8030, 5.4)."""

TTL_SECONDS = 3_600
"""How long a push service keeps it for a phone without network: later the day has moved on."""

_PROOF_SECONDS = 3_600
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
        return await self._post(subscription.endpoint, headers, body)

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
        from server.push.posting import posted  # noqa: PLC0415 - loaded by then, in a thread

        answer = await posted(endpoint, headers, body, self._outward, self._trusting)
        return Later() if answer is None else self._meaning(answer.status, answer.retry_after)

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
    from server.push.posting import encrypted  # noqa: PLC0415 - see above

    return encrypted(subscription)
