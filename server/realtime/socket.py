"""The route `/v1/realtime`: who may open a socket, and what it becomes. Decides nothing else."""

from collections.abc import Awaitable, Callable
from collections.abc import Sequence as Series
from typing import Any, cast

import msgspec
from litestar import WebSocket
from litestar.handlers import WebsocketRouteHandler, websocket
from structlog.contextvars import bound_contextvars

from protocols.closing import Close
from protocols.from_server import Error
from protocols.http import PROBLEM_TYPE, Problem
from protocols.vocabulary import SessionId
from server.application.pace import Bucket
from server.application.ports import Ids, StorageBusy
from server.application.principal import Principal
from server.realtime.asgi_connection import AsgiConnection
from server.realtime.gate import Anonymous, Cookies, Credential, Foreign, Speech, judge, speech_of
from server.realtime.greeting import SPOKEN
from server.realtime.heartbeat import FIRST_PING_SECONDS
from server.realtime.limits import ADMITTED_BURST, ADMITTED_PER_SECOND
from server.realtime.line import EXTENSION, Adoptable, reason
from server.realtime.perform import Performer
from server.realtime.session import ErrorCode, Opening, Session
from server.realtime.surroundings import Surroundings
from server.realtime.wire import Encoded
from server.telemetry.request_ids import HEADER, request_id_of
from server.telemetry.security import (
    CredentialRefused,
    LimitHit,
    PageRefused,
    SecurityEvent,
    seen_of,
)
from server.telemetry.strangers import Strangers

PATH = "/v1/realtime"

Accepted = WebSocket[Any, Any, Any]

_DENIAL = "websocket.http.response"
"""ASGI's extension for refusing an upgrade with a whole HTTP answer."""

_FOREIGN_PAGE = msgspec.json.encode(
    Problem(
        type=f"{PROBLEM_TYPE}origin",
        title="This page may not speak for you",
        status=403,
        code="origin",
    )
)

_PROBLEM_HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(_FOREIGN_PAGE)).encode()),
    (b"cache-control", b"no-store"),
]


Nearest = Callable[[str, Series[str]], str]


def _peer(peer: str, _forwarded: Series[str]) -> str:
    return peer


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decides about who comes in."""

    origins: frozenset[str]
    """The exact origins of our pages, as browsers spell them."""
    cookies: Cookies
    build: str = ""
    """Identifies the browser apps this server delivers."""
    strangers: Strangers = msgspec.field(default_factory=Strangers)
    """Tells the log which origins are refused."""
    nearest: Nearest = _peer
    """Where a request really comes from, given its peer and its `X-Forwarded-For`."""
    admitted_per_second: float = ADMITTED_PER_SECOND
    admitted_burst: float = ADMITTED_BURST


class Door:
    """Opens sockets, or says why not."""

    def __init__(self, entry: Entry, around: Surroundings, ids: Ids) -> None:
        """Let in whom `entry` allows, to what is `around`."""
        self._entry = entry
        self._around = around
        self._ids = ids
        self._admission = Bucket(entry.admitted_per_second, entry.admitted_burst)

    async def open(self, socket: Accepted) -> None:
        """Judge the request, then serve the socket; returns when nothing is left to do here."""
        judgement = judge(socket.scope["headers"], self._entry.origins, self._entry.cookies)
        if isinstance(judgement, Foreign):
            await self._refuse(socket, judgement)
            return
        speech = speech_of(socket.scope["subprotocols"])
        if speech is None:
            await socket.accept()
            code, error = Close.VERSION_UNSUPPORTED, "version_unsupported"
            await _turn_away(socket, Speech("json", None), code, Error(code=error, detail=SPOKEN))
            return
        # LM10: in a storm, whoever has to come again must not cost a look into the database first.
        if self._admission.lacks(self._around.clock.monotonic()):
            await socket.accept(subprotocols=speech.subprotocol)
            self._note(socket, LimitHit(door="socket", limit="overloaded"))
            await _turn_away_with(socket, speech, Close.OVERLOADED, "overloaded")
            return
        await self._let_in(socket, judgement, speech)

    async def _refuse(self, socket: Accepted, foreign: Foreign) -> None:
        """Answer HTTP 403 and tell the log: a wrong KANVOY_ORIGINS ends here. [AU31]"""
        if foreign.origin:
            self._entry.strangers.came(foreign.origin, "socket")
        event = PageRefused(door="socket", code="origin", origin=foreign.origin)
        self._note(socket, event)
        await socket.receive()
        if _DENIAL not in (socket.scope.get("extensions") or {}):
            # An ASGI close before the accept is an HTTP 403 too, without words.
            await socket.close(Close.ORIGIN)
            return
        headers = [*_PROBLEM_HEADERS, (HEADER.encode(), request_id_of(socket.scope).encode())]
        start = {"type": f"{_DENIAL}.start", "status": 403, "headers": headers}
        await socket.send(cast("Any", start))
        await socket.send(cast("Any", {"type": f"{_DENIAL}.body", "body": _FOREIGN_PAGE}))

    async def _let_in(
        self, socket: Accepted, judgement: Anonymous | Credential, speech: Speech
    ) -> None:
        roster = self._around.roster
        read_at, found = roster.revocations, await _said(self._principal(judgement))
        await socket.accept(subprotocols=speech.subprotocol)
        while isinstance(found, Principal) and read_at != roster.revocations:
            # AU36: somebody was revoked since we looked; it may have been this one.
            read_at, found = roster.revocations, await _said(self._again(judgement, found))
        # From here to `_serve` nothing may await, or a revocation could slip in between.
        if found is None:
            if isinstance(judgement, Credential):
                self._note(socket, CredentialRefused(door="socket", way=judgement.kind))
            await _turn_away_with(socket, speech, Close.UNAUTHENTICATED, "unauthenticated")
        elif isinstance(found, StorageBusy):
            await _turn_away_with(socket, speech, Close.OVERLOADED, "overloaded")
        elif self._is_full(found):
            event = LimitHit(door="socket", limit="overloaded")
            self._note(socket, event, found)
            await _turn_away_with(socket, speech, Close.OVERLOADED, "overloaded")
        else:
            await self._serve(socket, found, speech)

    def _is_full(self, principal: Principal) -> bool:
        if self._around.roster.is_full(principal):
            return True
        return self._admission.wait(self._around.clock.monotonic()) > 0

    def _note(self, socket: Accepted, event: SecurityEvent, asker: Principal | None = None) -> None:
        seen = seen_of(event, self._address(socket), asker)
        self._around.security.note(seen)

    def _address(self, socket: Accepted) -> str:
        peer = socket.client.host if socket.client else ""
        return self._entry.nearest(peer, socket.headers.getall("x-forwarded-for", []))

    async def _principal(self, judgement: Anonymous | Credential) -> Principal | None:
        if isinstance(judgement, Anonymous):
            return None
        authenticator = self._around.authenticator
        return await authenticator.authenticate(judgement.kind, judgement.token)

    async def _again(
        self, judgement: Anonymous | Credential, principal: Principal
    ) -> Principal | None:
        """Whom the request speaks for now; a ticket is used up, so its holder is looked at."""
        if isinstance(judgement, Credential) and judgement.kind == "ticket":
            return await self._around.authenticator.still(principal)
        return await self._principal(judgement)

    async def _serve(self, socket: Accepted, principal: Principal, speech: Speech) -> None:
        opening = Opening(
            session_id=SessionId(self._ids.uuid()),
            principal=principal,
            codec=speech.codec,
            first_ping=self._ids.uniform(*FIRST_PING_SECONDS),
            build=self._entry.build,
            tenant=self._around.paces.of_tenant(principal.actor.tenant_id),
            address=self._address(socket),
        )
        with bound_contextvars(session_id=opening.session_id):
            await self._converse(socket, opening)

    async def _converse(self, socket: Accepted, opening: Opening) -> None:
        session = Session(opening, self._around.now())
        offered = socket.scope.get("extensions") or {}
        direct = cast("Adoptable | None", offered.get(EXTENSION))
        if direct is not None:
            # The socket lives on by itself; this call and its memory end here.
            performer = Performer(session, direct, self._around)
            intake = self._around.intake
            turns = None if intake is None else (intake, opening.principal.actor.tenant_id)
            direct.adopt(performer, session.id, opening.codec, turns)
            return
        line = AsgiConnection(socket.receive, socket.send, session.id, opening.codec)
        await line.run(Performer(session, line, self._around))


def realtime_route(door: Door) -> WebsocketRouteHandler:
    """The route handler that opens sockets through this door."""

    @websocket(PATH, name="realtime")
    async def realtime(socket: Accepted) -> None:
        await door.open(socket)

    return realtime


async def _said(asking: Awaitable[Principal | None]) -> Principal | StorageBusy | None:
    """Whom it is, nobody, or that nobody can say now.

    A fault that got out of here would refuse the upgrade, and that is final to clients (CL64).
    """
    # CL8
    try:
        return await asking
    except StorageBusy as busy:
        return busy


async def _turn_away_with(socket: Accepted, speech: Speech, code: Close, error: ErrorCode) -> None:
    await _turn_away(socket, speech, code, Error(code=error))


async def _turn_away(socket: Accepted, speech: Speech, code: Close, error: Error) -> None:
    """Say why not, and close: a browser tells its page nothing about a refused upgrade."""
    payload, binary = Encoded(error).payload(speech.codec, deflate=False)
    if binary:
        await socket.send_bytes(payload)
    else:
        await socket.send_text(payload.decode())
    number, word = reason(code)
    await socket.close(number, word)
