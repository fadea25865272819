"""One message to a push service. aiohttp comes with pywebpush, which encrypts."""

import socket
import ssl

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from pywebpush import WebPusher

from server.application.push import PushSubscription
from server.push.outward import Outward

_PAYLOAD = b'{"changed":true}'
"""All that is said. What changed, and to whom, comes over the socket."""

_TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=5.0)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a push service's answer."""

    status: int
    retry_after: str


class OutwardResolver(AbstractResolver):
    """Gives the connection the very addresses that were judged: no name may change in between."""

    def __init__(self, outward: Outward) -> None:
        """Judge by these rules."""
        self._outward = outward

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See `AbstractResolver`."""
        del family
        return [
            ResolveResult(
                hostname=host,
                host=place.host,
                port=place.port,
                family=place.family,
                proto=place.protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for place in await self._outward.resolve(host, port)
        ]

    async def close(self) -> None:
        """See `AbstractResolver`."""


def encrypted(subscription: PushSubscription) -> bytes:
    """The message as only this phone can read it (RFC 8291); ValueError for keys that are none."""
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    body: bytes = pusher.encode(_PAYLOAD, "aes128gcm")["body"]
    return body


async def posted(
    endpoint: str,
    headers: dict[str, str],
    body: bytes,
    outward: Outward,
    trusting: ssl.SSLContext | None,
) -> Answer | None:
    """Send it; None when nobody answered in time, or the address is not for us to reach."""
    connector = aiohttp.TCPConnector(
        resolver=OutwardResolver(outward),
        use_dns_cache=False,
        ssl=trusting if trusting is not None else True,
    )
    try:
        # One connection per message: they are rare, and nothing is kept open to strangers.
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            # What the other side says beyond its status is not read, nor where it sends us.
            session.post(endpoint, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            after = answer.headers.get("retry-after", "")
            return Answer(status=answer.status, retry_after=after)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
