"""Who a request speaks for, and whether a page of ours sent it. [AU]"""

import secrets
from typing import Literal

import msgspec
from litestar.datastructures import Cookie

from server.application.principal import Authenticator, Principal
from server.http.peer import AnyRequest
from server.http.problems import Refused, problem
from server.settings import Settings
from server.telemetry.security import CredentialRefused, PageRefused
from server.telemetry.strangers import Strangers

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_AS = "x-kanvoy-as"
"""Says `display` on the requests of a paired display. No foreign page may send it unasked."""

CookieKind = Literal["cookie", "display"]
"""Whose cookie it is: a person's, or a display's."""


class Credential(msgspec.Struct, frozen=True):
    """A token as it came in."""

    kind: CookieKind | Literal["bearer"]
    token: str
    moves: bool = False
    """A display's that still lies in the person's cookie. [DV]"""


def credential_of(request: AnyRequest, settings: Settings) -> Credential | None:
    """The request's credential. With an `Authorization` header, the cookie is not looked at.

    Two such headers are none: which of them to believe would be a guess.
    """
    lines = request.headers.getall("authorization", [])
    if lines:
        scheme, _, token = lines[0].partition(" ")
        usable = len(lines) == 1 and scheme.lower() == "bearer" and token.strip()
        return Credential("bearer", token.strip()) if usable else None
    cookie = request.cookies.get(settings.cookie_name)
    said = request.headers.getall(_AS, [])
    if said:
        # DV18
        return _of_display(request, settings, cookie) if said == ["display"] else None
    return Credential("cookie", cookie) if cookie else None


def _of_display(request: AnyRequest, settings: Settings, persons: str | None) -> Credential | None:
    """What a display holds; where people's sign-ins lie only a display is looked for."""
    own = request.cookies.get(settings.display_cookie_name)
    if own:
        return Credential("display", own)
    # DV19
    return Credential("display", persons, moves=True) if persons else None


def check_origin(request: AnyRequest, settings: Settings, *, required: bool) -> None:
    """Refuse what a foreign page sent. Texts are compared as they are: no pattern, no suffix."""
    origins = request.headers.getall("origin", [])
    if not origins and not required:
        return
    # AU6
    if len(origins) != 1 or origins[0] not in settings.allowed_origins:
        named = ", ".join(origins)
        if origins:
            strangers: Strangers = request.app.state.strangers
            strangers.came(named, "http")
        title = "This page may not speak for you"
        event = PageRefused(door="http", code="origin", origin=named)
        raise Refused(problem(403, "origin", title=title), event)


async def principal_of(
    request: AnyRequest, authenticator: Authenticator, settings: Settings
) -> Principal:
    """The person behind the request; raises `Refused` for nobody and for foreign pages."""
    unsafe = request.method not in _SAFE
    credential = credential_of(request, settings)
    if unsafe:
        cookie = credential is not None and credential.kind != "bearer"
        check_origin(request, settings, required=cookie)
    if credential is None:
        raise Refused(problem(401))
    principal = await authenticator.authenticate(credential.kind, credential.token)
    if principal is None:
        raise Refused(problem(401), CredentialRefused(door="http", way=credential.kind))
    # AU7
    if unsafe and principal.kind == "cookie" and not _repeats_nonce(request, principal):
        title = "The page does not know the session's nonce"
        event = PageRefused(door="http", code="csrf")
        raise Refused(problem(403, "csrf", title=title), event, by=principal)
    actor = msgspec.structs.replace(principal.actor, via="http")
    return msgspec.structs.replace(principal, actor=actor)


def cookie_for(kind: CookieKind, token: str, settings: Settings, *, seconds: int) -> Cookie:
    """The cookie of a person or a display; empty and ended when `seconds` is 0."""
    return Cookie(
        key=settings.display_cookie_name if kind == "display" else settings.cookie_name,
        value=token,
        path="/",
        max_age=seconds,
        secure=settings.secure,
        httponly=True,
        # Strict would sign people out who follow a link from a mail.
        samesite="lax",
    )


def _repeats_nonce(request: AnyRequest, principal: Principal) -> bool:
    given = request.headers.get("x-kanvoy-csrf", "")
    return secrets.compare_digest(given.encode(), principal.nonce.encode())
