"""A driver's device: paired by a one-time code, signed in by tokens that renew each other."""

import asyncio
import urllib.error
import urllib.request

import msgspec

from kanvoy_client._wire.devices import Claim, DeviceTokens, Refresh
from kanvoy_client.errors import SignInFailed
from kanvoy_client.login import origin_of

__all__ = ["DeviceTokens", "pair", "refresh"]


async def pair(address: str, code: str, name: str = "") -> DeviceTokens:
    """Claim the code that the back office shows. Raises `SignInFailed`.

    `address` is the server's, as `https://…`. The code works once: keep the tokens before
    anything else is done with them.
    """
    body = msgspec.json.encode(Claim(code=code, name=name))
    return await asyncio.to_thread(_tokens, address, "/v1/pairings/claim", body)


async def refresh(address: str, token: str) -> DeviceTokens:
    """The next tokens for a refresh token. Raises `SignInFailed`; the device may be revoked.

    Ask for one at a time, and keep the answer before it is used: an older refresh token that
    comes again revokes the device. After a lost answer the same one may be sent once more.
    """
    body = msgspec.json.encode(Refresh(refresh_token=token))
    return await asyncio.to_thread(_tokens, address, "/v1/tokens/refresh", body)


def _tokens(address: str, path: str, body: bytes) -> DeviceTokens:
    origin = origin_of(address)
    if not origin.startswith(("http://", "https://")):
        raise SignInFailed(f"{address} is no address of a server")
    asked = urllib.request.Request(  # noqa: S310  the scheme was checked above
        f"{origin}{path}", data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(asked, timeout=15) as answer:  # noqa: S310  as above
            return msgspec.json.decode(answer.read(), type=DeviceTokens)
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise SignInFailed(f"HTTP {refusal.code}") from refusal
    except (OSError, msgspec.MsgspecError) as fault:
        raise SignInFailed(str(fault)) from fault
