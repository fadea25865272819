"""Displays that show a code until an administrator has typed it (RFC 8628). [DV]"""

from typing import assert_never

from litestar import Response, Router, post
from litestar.params import JSONBody

from protocols.devices import (
    ApproveDisplay,
    AskDisplay,
    AskingDisplay,
    DeviceTokens,
    DisplayCode,
    DisplaySession,
    LookUpDisplay,
    Pending,
    PollDisplay,
)
from server.application.device_door import Tokens
from server.application.devices import DisplayAsking
from server.application.displays import INTERVAL_SECONDS, DisplayDoor
from server.application.pace import Paced
from server.application.principal import Principal
from server.application.throttle import Throttle
from server.http.credentials import check_origin
from server.http.declared import problems
from server.http.devices import Configured, Guarding, guarded, let_in, need, private, visitor_of
from server.http.given import Given
from server.http.peer import AnyRequest
from server.http.problems import Refused, problem
from server.http.qr import path_of
from server.http.sessions import Me, Seen
from server.http.witness import Witness
from server.telemetry.security import CodeRefused, DeviceInvited

Waiting = Given[DisplayDoor]
Pacing = Given[Paced]

_POLLS_PER_SECOND = 20
_POLLS_BURST = 60
"""One address: a hall with sixty displays that wait at the same time behind one router."""


@post("/displays/codes", status_code=201, responses=problems(400, 403, 429, 503))
async def ask_display(
    data: JSONBody[AskDisplay],
    request: AnyRequest,
    displays: Waiting,
    paced: Pacing,
    settings: Configured,
) -> Response[DisplayCode]:
    """Begin to wait: the answer is what the display shows, and its own secret."""
    check_origin(request, settings, required=False)
    visitor = visitor_of(request, settings, data.name)
    _slow_down(paced.wait(f"ask {visitor.address}", per_second=0.2, burst=20))
    asked = await displays.ask(visitor)
    # DV14: the code is in the fragment. Scanning only types it: a person still looks and decides.
    url = f"{settings.page_address}/settings/devices#approve={asked.user_code}"
    qr, size = path_of(url)
    return private(
        DisplayCode(
            device_code=asked.device_code,
            user_code=asked.user_code,
            url=url,
            qr=qr,
            qr_size=size,
            interval_seconds=INTERVAL_SECONDS,
            expires_at=asked.expires_at,
        ),
        201,
    )


@post("/displays/token", status_code=201, responses=problems(400, 403, 429, 503))
async def poll_display(
    data: JSONBody[PollDisplay],
    request: AnyRequest,
    displays: Waiting,
    paced: Pacing,
    witness: Seen,
    settings: Configured,
) -> Response[DeviceTokens] | Response[DisplaySession] | Response[Pending]:
    """Come in, once somebody has typed the code; until then 202."""
    check_origin(request, settings, required=False)
    _slow_down(
        paced.wait(f"polls {witness.address}", per_second=_POLLS_PER_SECOND, burst=_POLLS_BURST)
    )
    _slow_down(paced.wait(f"poll {data.device_code}", per_second=1 / INTERVAL_SECONDS, burst=2))
    answer = await displays.poll(data.device_code)
    if isinstance(answer, Tokens):
        return let_in(answer, witness, settings)
    match answer:
        case "pending":
            return private(Pending(), 202)
        case "expired":
            raise Refused(problem(410, "code_expired", title="The code is too old; show a new one"))
        case _:
            assert_never(answer)


@post("/displays/lookup", status_code=200, responses=problems(400, 401, 403, 404, 429, 503))
async def look_up_display(
    data: JSONBody[LookUpDisplay],
    principal: Me,
    displays: Waiting,
    throttle: Guarding,
    witness: Seen,
) -> Response[AskingDisplay]:
    """Which display shows this code? Look before you approve: a stranger may have sent it."""
    need(principal, "settings.edit")
    asking = await _found(data.user_code, principal, displays, throttle, witness)
    if asking is None:
        raise _unknown_code()
    return private(
        AskingDisplay(
            name=asking.name, address=asking.address, agent=asking.agent, asked_at=asking.asked_at
        )
    )


@post("/displays/approve", status_code=200, responses=problems(400, 401, 403, 404, 429, 503))
async def approve_display(
    data: JSONBody[ApproveDisplay],
    principal: Me,
    displays: Waiting,
    throttle: Guarding,
    witness: Seen,
) -> Response[AskingDisplay]:
    """Let the display that shows this code in, to show this view and nothing else."""
    need(principal, "settings.edit")
    tenant_id = principal.actor.tenant_id
    if not await displays.is_view(tenant_id, data.view_id):
        raise Refused(problem(404, "unknown_view", title="There is no such view"))
    asking = await _found(data.user_code, principal, displays, throttle, witness)
    name = data.name.strip()
    if asking is None or not await displays.approve(tenant_id, data.user_code, data.view_id, name):
        raise _unknown_code()
    witness.saw(DeviceInvited(how="approval", subject=data.view_id), principal)
    return private(
        AskingDisplay(
            name=name or asking.name,
            address=asking.address,
            agent=asking.agent,
            asked_at=asking.asked_at,
        )
    )


async def _found(
    user_code: str,
    principal: Principal,
    displays: DisplayDoor,
    throttle: Throttle,
    witness: Witness,
) -> DisplayAsking | None:
    """The display that shows a code, unless this house or address tried too many wrong ones."""
    what = f"display {principal.actor.tenant_id}"
    return await guarded(throttle, what, witness.address, lambda: displays.look_up(user_code))


def _unknown_code() -> Refused:
    found = problem(404, "wrong_code", title="No display shows this code")
    return Refused(found, CodeRefused(what="display"))


def _slow_down(wait: float) -> None:
    if wait > 0:
        raise Refused(problem(429, "slow_down", title="Ask less often", retry_after=wait))


routes = Router(
    "/v1",
    route_handlers=[ask_display, poll_display, look_up_display, approve_display],
    tags=["displays"],
)
