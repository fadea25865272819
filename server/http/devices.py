"""Pairing phones and displays, their tokens, their list, and tickets for sockets. [DV]"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from litestar import Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody, PathParameter

from protocols.devices import (
    Claim,
    Devices,
    DeviceTokens,
    DeviceView,
    DisplaySession,
    Pairing,
    PairingView,
    Refresh,
    TicketView,
)
from protocols.vocabulary import DriverId, Permission, ViewId
from server.application.device_door import DeviceDoor, Reused, Tokens, Visitor
from server.application.devices import Device
from server.application.principal import Principal, Sockets
from server.application.throttle import Throttle, Wait, attempt_of
from server.application.tickets import Doors
from server.http.credentials import check_origin, cookie_for
from server.http.declared import problems
from server.http.given import Given
from server.http.peer import AnyRequest, peer_of
from server.http.problems import Refused, problem
from server.http.qr import path_of
from server.http.sessions import DISPLAY_SECONDS, Me, Seen, whoami
from server.http.witness import Witness
from server.settings import Settings
from server.telemetry.security import (
    CodeRefused,
    CredentialRefused,
    DeviceInvited,
    DevicePaired,
    DeviceRevoked,
    RefreshReused,
    Throttled,
)

Coming = Given[DeviceDoor]
Tickets = Given[Doors]
Guarding = Given[Throttle]
Live = Given[Sockets]
Configured = Given[Settings]

T = TypeVar("T")

_NOT_THERE = "Nothing there, or somebody else's"


@post("/pairings", status_code=201, responses=problems(400, 401, 403, 404, 503))
async def create_pairing(
    data: JSONBody[Pairing], principal: Me, devices: Coming, witness: Seen, settings: Configured
) -> Response[PairingView]:
    """A one-time code for a driver's phone, or for a display of a view."""
    kind = data.kind
    need(principal, "device.pair" if kind == "driver" else "settings.edit")
    subject = data.driver_id if kind == "driver" else data.view_id
    if not subject:
        raise Refused(problem(422, title=f"Say which {'driver' if kind == 'driver' else 'view'}"))
    actor = principal.actor
    made = await devices.pair(actor.tenant_id, kind, subject, by=actor.name)
    if made is None:
        raise Refused(problem(404, title=_NOT_THERE))
    code, pairing = made
    witness.saw(DeviceInvited(how="code", subject=subject), principal)
    page = "driver" if kind == "driver" else "wallboard"
    url = f"{settings.page_address}/{page}#pair={code}"
    qr, size = path_of(url)
    return private(
        PairingView(code=code, url=url, qr=qr, qr_size=size, expires_at=pairing.expires_at), 201
    )


@post("/pairings/claim", status_code=201, responses=problems(400, 401, 403, 429, 503))
async def claim_pairing(
    data: JSONBody[Claim],
    request: AnyRequest,
    devices: Coming,
    throttle: Guarding,
    witness: Seen,
    settings: Configured,
) -> Response[DeviceTokens] | Response[DisplaySession]:
    """Come in with a one-time code."""
    check_origin(request, settings, required=False)
    visitor = visitor_of(request, settings, data.name)
    tokens = await guarded(
        throttle, "pairing", visitor.address, lambda: devices.claim(data.code, visitor)
    )
    if tokens is None:
        # DV3
        title = "The code is wrong, used or too old"
        raise Refused(problem(401, "wrong_code", title=title), CodeRefused(what="pairing"))
    return let_in(tokens, witness, settings)


@post("/tokens/refresh", status_code=201, responses=problems(400, 401, 403, 503))
async def refresh_tokens(
    data: JSONBody[Refresh],
    request: AnyRequest,
    devices: Coming,
    sockets: Live,
    settings: Configured,
) -> Response[DeviceTokens]:
    """The next tokens of a phone. A refresh token works once."""
    check_origin(request, settings, required=False)
    answer = await devices.refresh(data.refresh_token)
    if isinstance(answer, Tokens):
        return private(_tokens(answer), 201)
    title = "Pair this phone again"
    if isinstance(answer, Reused):
        sockets.close_sign_in(answer.tenant_id, answer.device_id)
        event = RefreshReused(tenant_id=answer.tenant_id, device_id=answer.device_id)
        raise Refused(problem(401, "refresh_reused", title=title), event)
    unknown = CredentialRefused(door="http", way="bearer")
    raise Refused(problem(401, "device_revoked", title=title), unknown)


@get("/devices", responses=problems(401, 403, 429, 503))
async def list_devices(principal: Me, devices: Coming, sockets: Live) -> Response[Devices]:
    """The phones and displays that may come in, newest first."""
    need(principal, "device.pair")
    tenant_id = principal.actor.tenant_id
    found, online = await devices.ledger.devices(tenant_id), sockets.sign_ins(tenant_id)
    return private(Devices(items=tuple(_shown(each, each.id in online) for each in found)))


@delete("/devices/{device_id:str}", status_code=204, responses=problems(400, 401, 403, 404, 503))
async def revoke_device(
    device_id: Annotated[FromPath[str], PathParameter(max_length=64)],
    principal: Me,
    devices: Coming,
    sockets: Live,
    witness: Seen,
) -> Response[None]:
    """Let a device in no more; its live sockets close at once."""
    need(principal, "device.pair")
    tenant_id = principal.actor.tenant_id
    found = await devices.ledger.device(tenant_id, device_id)
    if found is not None and found.kind == "display":
        need(principal, "settings.edit")
    # DV7: durable first, then the sockets
    if found is None or not await devices.ledger.revoke(tenant_id, device_id):
        raise Refused(problem(404, title=_NOT_THERE))
    sockets.close_sign_in(tenant_id, device_id)
    witness.saw(DeviceRevoked(why="asked", revoked_id=device_id), principal)
    return Response(None, status_code=204)


@post("/ws-tickets", status_code=201, responses=problems(401, 403, 503))
async def create_ticket(principal: Me, doors: Tickets) -> Response[TicketView]:
    """Something to open one socket with, for pages that cannot set a header on it."""
    ticket, ends = await doors.issue(principal)
    return private(TicketView(ticket=ticket, expires_at=ends), 201)


def need(principal: Principal, permission: Permission) -> None:
    """Refuse who may not; the same problem as a rule would give."""
    if not principal.actor.may(permission):
        raise Refused(problem(403, title=f"This needs {permission}"))


def visitor_of(request: AnyRequest, settings: Settings, name: str) -> Visitor:
    """What is known of a device before it is let in."""
    agent = request.headers.get("user-agent", "")
    address = peer_of(request, settings)
    return Visitor(name=name.strip()[:100], address=address, agent=agent)


async def guarded(
    throttle: Throttle, what: str, address: str, trying: Callable[[], Awaitable[T | None]]
) -> T | None:
    """Try a code, unless too many wrong ones came from here. [DV4]"""
    found = await throttle.guard(attempt_of(what, address), trying)
    if isinstance(found, Wait):
        title = "Too many attempts, wait a moment"
        refused = problem(429, "too_many_attempts", title=title, retry_after=found.seconds)
        raise Refused(refused, Throttled(what="pairing" if what == "pairing" else "display"))
    return found


def let_in(
    tokens: Tokens, witness: Witness, settings: Settings
) -> Response[DeviceTokens] | Response[DisplaySession]:
    """The answer to a device that came in: tokens for a phone, a cookie for a display."""
    principal, device = tokens.principal, tokens.device
    witness.saw(DevicePaired(kind=device.kind, subject=device.subject), principal)
    if tokens.device.kind == "driver":
        return private(_tokens(tokens), 201)
    session = DisplaySession(
        user=whoami(principal),
        csrf=principal.nonce,
        view_id=ViewId(tokens.device.subject),
        expires_at=principal.expires_at,
    )
    answer = private(session, 201)
    answer.cookies.append(cookie_for("display", tokens.access, settings, seconds=DISPLAY_SECONDS))
    return answer


def private(content: T, status: int = 200) -> Response[T]:
    """An answer that nobody may keep."""
    return Response(content, status_code=status, headers={"cache-control": "no-store"})


def _tokens(tokens: Tokens) -> DeviceTokens:
    return DeviceTokens(
        device_id=tokens.device.id,
        driver_id=DriverId(tokens.device.subject),
        access_token=tokens.access,
        access_expires_at=tokens.access_expires_at,
        refresh_token=tokens.refresh,
        user=whoami(tokens.principal),
    )


def _shown(device: Device, online: bool) -> DeviceView:  # noqa: FBT001
    is_driver = device.kind == "driver"
    return DeviceView(
        id=device.id,
        kind=device.kind,
        name=device.name,
        driver_id=DriverId(device.subject) if is_driver else None,
        view_id=None if is_driver else ViewId(device.subject),
        paired_at=device.paired_at,
        seen_at=device.seen_at,
        address=device.address,
        agent=device.agent,
        online=online,
    )


routes = Router(
    "/v1",
    route_handlers=[
        create_pairing,
        claim_pairing,
        refresh_tokens,
        list_devices,
        revoke_device,
        create_ticket,
    ],
    tags=["devices"],
)
