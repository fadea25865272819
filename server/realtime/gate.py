"""What a request to open a socket says about itself, judged on its headers alone. [AU]"""

from collections.abc import Iterable

import msgspec

from protocols.version import SUBPROTOCOL_AS_DISPLAY, SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK
from server.application.principal import Way
from server.realtime.wire import Codec

Headers = Iterable[tuple[bytes, bytes]]

TICKET = "kanvoy.ticket."
"""Begins the subprotocol that carries a ticket; never answered with."""

_CODECS: dict[str, Codec] = {SUBPROTOCOL_JSON: "json", SUBPROTOCOL_MSGPACK: "msgpack"}


class Foreign(msgspec.Struct, frozen=True):
    """A page that is not ours sent it: not even an upgrade for it."""

    origin: str = ""
    """Where it says it comes from, for the log."""


class Anonymous(msgspec.Struct, frozen=True):
    """It carries no credential, or more than one."""


class Credential(msgspec.Struct, frozen=True):
    """What it carries to prove who it speaks for."""

    kind: Way
    token: str


class Speech(msgspec.Struct, frozen=True):
    """The codec, and the subprotocol that the answer must name."""

    codec: Codec
    subprotocol: str | None


Judgement = Foreign | Anonymous | Credential


class Cookies(msgspec.Struct, frozen=True, kw_only=True):
    """What the cookies are named that a sign-in and a display's session lie in."""

    person: str
    display: str


def judge(headers: Headers, origins: frozenset[str], cookies: Cookies) -> Judgement:
    """Whether the request may go on, and with which credential.

    Browsers send `Origin` with every socket and let no page change it, so comparing it exactly
    with the configured ones keeps strangers' pages from borrowing a cookie. A credential in the
    address is never looked at (AU34): addresses end up in logs.
    """
    by_name: dict[bytes, list[str]] = {}
    for name, value in headers:
        by_name.setdefault(name.lower(), []).append(value.decode("latin-1"))
    offered = _offered(by_name.get(b"sec-websocket-protocol", ()))
    tickets = [name.removeprefix(TICKET) for name in offered if name.startswith(TICKET)]
    bearers = [b for b in map(_bearer, by_name.get(b"authorization", ())) if b is not None]
    found = by_name.get(b"origin", [])
    # AU31, AU32
    if found:
        if len(found) > 1 or found[0] not in origins:
            return Foreign(", ".join(found))
    elif not (bearers or tickets):
        return Foreign()
    # AU33
    if bearers:
        return Credential("bearer", bearers[0]) if len(bearers) == 1 else Anonymous()
    # AU41: a ticket is asked for by a page that has no cookie, and beats one that is there
    if tickets:
        return Credential("ticket", tickets[0]) if len(tickets) == 1 else Anonymous()
    # DV18
    way: Way = "display" if SUBPROTOCOL_AS_DISPLAY in offered else "cookie"
    wanted = cookies.display if way == "display" else cookies.person
    held = _held(by_name.get(b"cookie", ()), wanted)
    return Credential(way, held[0]) if len(held) == 1 else Anonymous()


def speech_of(offered: Iterable[str]) -> Speech | None:
    """The first subprotocol offered that we speak; JSON when none was; None when none is ours."""
    names = tuple(offered)
    if not names:
        return Speech("json", None)
    if all(name.startswith(TICKET) or name == SUBPROTOCOL_AS_DISPLAY for name in names):
        return Speech("json", None)
    for name in names:
        if name in _CODECS:
            return Speech(_CODECS[name], name)
    return None


def _bearer(value: str) -> str | None:
    scheme, _, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _offered(values: Iterable[str]) -> list[str]:
    return [name.strip() for value in values for name in value.split(",")]


def _held(values: Iterable[str], wanted: str) -> list[str]:
    found = []
    for value in values:
        for part in value.split(";"):
            name, _, content = part.strip().partition("=")
            if name == wanted and content:
                found.append(content.strip('"'))
    return found
