"""Credentials for a socket: a bearer token, or a cookie as browsers have it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from kanvoy_client._wire.http import Password, SessionView
from kanvoy_client.asking import ask, origin_of
from kanvoy_client.errors import SignInFailed


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """A token, for programs."""

    token: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What a request is signed with."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """A signed-in web session, for programs that act as a person did in the browser."""

    cookie: str = field(repr=False)
    """The header's value, `name=value`."""
    csrf: str = field(repr=False)
    """What `hello` must repeat."""
    origin: str
    """The page's origin; the server compares it exactly."""

    @property
    def headers(self) -> dict[str, str]:
        """What a request is signed with."""
        return {"Cookie": self.cookie}


Credentials: TypeAlias = Bearer | Cookie

Renew: TypeAlias = Callable[[], Awaitable[Bearer]]
"""Gets the next token. Raises `NoAnswer` for now, and `SignInFailed` for good."""


async def sign_in(address: str, *, email: str, password: str, tenant: str = "") -> Cookie:
    """Sign in with e-mail address and password. Raises `SignInFailed`.

    `address` is the server's, as `https://…`. Not cancellable while the request is on its way.
    """
    body = msgspec.json.encode(Password(email=email, password=password, tenant=tenant))
    origin = origin_of(address)
    answer = await ask(address, "POST", "/v1/session", body, headers={"Origin": origin})
    if not answer.ok:
        raise SignInFailed(f"HTTP {answer.status}")
    if not answer.cookies:
        raise SignInFailed("the server gave no cookie")
    try:
        session = msgspec.json.decode(answer.body, type=SessionView)
    except msgspec.MsgspecError as fault:
        raise SignInFailed(str(fault)) from fault
    return Cookie(cookie="; ".join(answer.cookies), csrf=session.csrf, origin=origin)
