"""Requests to the REST side, one at a time, with the standard library alone."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import msgspec

from kanvoy_client._wire.http import Problem
from kanvoy_client.errors import NoAnswer, SignInFailed

_PATIENCE = 15.0
"""Seconds for an answer; a part of a picture takes some on bad radio."""

_REFUSED = 400
_BUSY = 429
_FAULT = 500


@dataclass(frozen=True)
class Answer:
    """What the server said: a status, a body, and the reason when it is a refusal."""

    status: int
    body: bytes = field(repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)
    """What `Set-Cookie` headers set, each as `name=value`."""

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return self.status < _REFUSED

    @property
    def problem(self) -> Problem:
        """Why not. A proxy's own page is a problem without a code."""
        try:
            return msgspec.json.decode(self.body, type=Problem)
        except msgspec.MsgspecError:
            return Problem(type="", title=f"HTTP {self.status}", status=self.status, code="")


def origin_of(address: str) -> str:
    """The origin of a socket's address."""
    parts = urlsplit(address)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, "", "", ""))


async def ask(
    address: str,
    method: str,
    path: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Answer:
    """The server's answer, whatever it is. Raises `NoAnswer` when there is none for now.

    `address` is the server's, as `https://…`. Not cancellable while the request is on its way.
    """
    origin = origin_of(address)
    if not origin.startswith(("http://", "https://")):
        raise SignInFailed(f"{address} is no address of a server")
    sent = {"Content-Type": media_type, **(headers or {})}
    asked = urllib.request.Request(  # noqa: S310  the scheme was checked above
        f"{origin}{path}", data=body, headers=sent, method=method
    )
    answer = await asyncio.to_thread(_answer, asked)
    if answer.status == _BUSY or answer.status >= _FAULT:
        raise NoAnswer(f"HTTP {answer.status}")
    return answer


def _answer(asked: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:  # noqa: S310  as above
            set_ = answer.headers.get_all("Set-Cookie") or []
            cookies = tuple(each.partition(";")[0] for each in set_)
            return Answer(answer.status, answer.read(), cookies)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read())
    except OSError as fault:
        raise NoAnswer(str(fault)) from fault
