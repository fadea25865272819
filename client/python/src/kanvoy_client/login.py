"""Credentials for a socket: a bearer token, or a cookie as browsers have it."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.client import HTTPMessage
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import msgspec

from kanvoy_client._wire.http import Password, SessionView
from kanvoy_client.errors import SignInFailed


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """A token, for programs."""

    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """A signed-in web session, for programs that act as a person did in the browser."""

    cookie: str = field(repr=False)
    """The header's value, `name=value`."""
    csrf: str = field(repr=False)
    """What `hello` must repeat."""
    origin: str
    """The page's origin; the server compares it exactly."""


Credentials: TypeAlias = Bearer | Cookie

Renew: TypeAlias = Callable[[], Awaitable[Bearer]]
"""Gets the next token. Raises `NoAnswer` for now, and `SignInFailed` for good."""


def origin_of(address: str) -> str:
    """The origin of a socket's address."""
    parts = urlsplit(address)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, "", "", ""))


async def sign_in(address: str, *, email: str, password: str, tenant: str = "") -> Cookie:
    """Sign in with e-mail address and password. Raises `SignInFailed`.

    `address` is the server's, as `https://…`. Not cancellable while the request is on its way.
    """
    body = msgspec.json.encode(Password(email=email, password=password, tenant=tenant))
    return await asyncio.to_thread(_sign_in, address, body)


def _sign_in(address: str, body: bytes) -> Cookie:
    origin = origin_of(address)
    if not origin.startswith(("http://", "https://")):
        raise SignInFailed(f"{address} is no address of a server")
    asked = urllib.request.Request(  # noqa: S310  the scheme was checked above
        f"{origin}/v1/session",
        data=body,
        headers={"Content-Type": "application/json", "Origin": origin},
        method="POST",
    )
    try:
        with urllib.request.urlopen(asked, timeout=15) as answer:  # noqa: S310  as above
            session = msgspec.json.decode(answer.read(), type=SessionView)
            return Cookie(cookie=_cookie(answer.headers), csrf=session.csrf, origin=origin)
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise SignInFailed(f"HTTP {refusal.code}") from refusal
    except (OSError, msgspec.MsgspecError) as fault:
        raise SignInFailed(str(fault)) from fault


def _cookie(headers: HTTPMessage) -> str:
    given = headers.get_all("Set-Cookie") or []
    if not given:
        raise SignInFailed("the server gave no cookie")
    return "; ".join(each.partition(";")[0] for each in given)
