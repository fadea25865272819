"""Signing in and out over HTTP. [AU]"""

from collections.abc import Sequence as Series
from typing import assert_never

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from protocols.handshake import Whoami
from protocols.http import Password, SessionView, TokenView
from server.application.device_door import DeviceDoor
from server.application.principal import Kind, Principal, Sockets
from server.application.sign_in import (
    Account,
    Entrance,
    Proof,
    SeveralTenants,
    SignedIn,
    TooManyAttempts,
    WrongPassword,
)
from server.http.credentials import check_origin, cookie_for, credential_of
from server.http.declared import problems
from server.http.given import Given
from server.http.peer import AnyRequest
from server.http.problems import Refused, problem
from server.http.witness import Witness
from server.settings import Settings
from server.telemetry import security
from server.telemetry.security import SignedOut, SignInFailed, Throttled, mark_of

Entry = Given[Entrance]
Live = Given[Sockets]
Me = Given[Principal]
Seen = Given[Witness]
Configured = Given[Settings]

DISPLAY_SECONDS = 400 * 86_400
"""Browsers keep no cookie longer; a display that shows itself gets the next one every day."""

_SIGNING_IN = problems(400, 401, 403, 409, 429, 503)


@post("/session", status_code=200, responses=_SIGNING_IN)
async def sign_in(
    data: JSONBody[Password],
    request: AnyRequest,
    entrance: Entry,
    witness: Seen,
    settings: Configured,
) -> Response[SessionView]:
    """Sign a browser in. Needs an Origin of ours, so that no foreign page can sign you in as it."""
    check_origin(request, settings, required=True)
    answer = await _judged(data, "cookie", entrance, witness)
    seconds = settings.session_days * 86_400
    return _private(
        _session(answer.principal), [cookie_for("cookie", answer.token, settings, seconds=seconds)]
    )


@get("/session", responses=problems(401, 429, 503))
async def show_session(
    request: AnyRequest, principal: Me, devices: Given[DeviceDoor], settings: Configured
) -> Response[SessionView]:
    """Who is signed in here, with the nonce that pages repeat. A display's cookie is renewed."""
    credential = credential_of(request, settings)
    cookies = []
    if credential is not None and credential.kind == "display":
        renewed = await devices.renew_display(credential.token)
        # DV19: the other cookie stays as it is, somebody may just be signing in there.
        token = credential.token if renewed is None and credential.moves else renewed
        if token is not None:
            cookies = [cookie_for("display", token, settings, seconds=DISPLAY_SECONDS)]
    return _private(_session(principal), cookies)


@delete("/session", status_code=204, responses=problems(401, 403, 503))
async def sign_out(
    principal: Me,
    entrance: Entry,
    devices: Given[DeviceDoor],
    sockets: Live,
    witness: Seen,
    settings: Configured,
) -> Response[None]:
    """Sign this device out, and close its live sockets."""
    await entrance.sign_out(principal)
    await devices.ledger.revoke(principal.actor.tenant_id, principal.sign_in_id)
    sockets.close_sign_in(principal.actor.tenant_id, principal.sign_in_id)
    witness.saw(SignedOut(), principal)
    credential = credential_of(witness.request, settings)
    cookies = []
    if credential is not None and credential.kind != "bearer":
        # DV17
        cookies = [cookie_for(credential.kind, "", settings, seconds=0)]
    return Response(None, status_code=204, cookies=cookies)


@post("/tokens", status_code=201, responses=_SIGNING_IN)
async def create_token(
    data: JSONBody[Password],
    request: AnyRequest,
    entrance: Entry,
    witness: Seen,
    settings: Configured,
) -> Response[TokenView]:
    """A bearer token for a native client. `DELETE /v1/session` with it gives it back."""
    check_origin(request, settings, required=False)
    answer = await _judged(data, "bearer", entrance, witness)
    principal = answer.principal
    return _private(
        TokenView(token=answer.token, user=whoami(principal), expires_at=principal.expires_at),
        status=201,
    )


def whoami(principal: Principal) -> Whoami:
    """The person as its own screens show it."""
    actor = principal.actor
    return Whoami(
        id=actor.id,
        name=actor.name,
        tenant_id=actor.tenant_id,
        tenant=principal.tenant,
        roles=actor.roles,
        permissions=tuple(sorted(actor.permissions)),
        call_sign=actor.call_sign,
    )


async def _judged(
    data: JSONBody[Password], kind: Kind, entrance: Entrance, witness: Witness
) -> SignedIn:
    answer = await entrance.sign_in(
        Proof(
            email=data.email,
            password=data.password,
            slug=data.tenant,
            address=witness.address,
            kind=kind,
        )
    )
    account = mark_of(data.email)
    match answer:
        case SignedIn(principal=principal):
            witness.saw(security.SignedIn(way=kind), principal)
            return answer
        case WrongPassword(accounts):
            title = "E-mail or password is wrong"
            raise Refused(problem(401, "wrong_password", title=title), *_failed(account, accounts))
        case TooManyAttempts(retry_after):
            title = "Too many attempts, wait a moment"
            found = problem(429, "too_many_attempts", title=title, retry_after=retry_after)
            raise Refused(found, Throttled(what="sign_in", account=account))
        case SeveralTenants(slugs):
            found = problem(409, "several_tenants", title="Say which tenant", tenants=slugs)
            raise Refused(found, SignInFailed(account=account, why="several_tenants"))
        case _:
            assert_never(answer)


def _failed(account: str, accounts: Series[Account]) -> list[SignInFailed]:
    """One for each account that was tried; one for nobody's."""
    unknown = SignInFailed(account=account, why="wrong_proof")
    return [
        msgspec.structs.replace(unknown, tenant_id=each.tenant_id, person_id=each.person_id)
        for each in accounts
    ] or [unknown]


def _session(principal: Principal) -> SessionView:
    return SessionView(
        user=whoami(principal),
        csrf=principal.nonce,
        expires_at=principal.expires_at,
        driver_id=principal.actor.driver_id,
        view_id=principal.actor.view_id,
    )


def _private(content: object, cookies: list[Cookie] | None = None, status: int = 200) -> Response:  # type: ignore[type-arg]
    return Response(
        content, status_code=status, cookies=cookies or [], headers={"cache-control": "no-store"}
    )


routes = Router(
    "/v1", route_handlers=[sign_in, show_session, sign_out, create_token], tags=["session"]
)
