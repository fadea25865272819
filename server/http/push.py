"""How a phone is woken: the key to subscribe with, its subscription, and the end of it. [WU]"""

from typing import assert_never

from litestar import Response, Router, delete, get, put
from litestar.params import JSONBody

from protocols.push import PushSubscriptionView, PutPushSubscription
from server.application.pace import Paced
from server.application.push_desk import Offered, PushDesk, Trouble
from server.http.declared import problems
from server.http.devices import private
from server.http.given import Given
from server.http.problems import Refused, check_pace, problem
from server.http.sessions import Me

Desk = Given[PushDesk]
Pacing = Given[Paced]


@get("/push-subscription", responses=problems(401, 403, 429, 503))
async def show_push_subscription(principal: Me, push_desk: Desk) -> Response[PushSubscriptionView]:
    """The key, and where the asking phone is woken."""
    shown = await push_desk.shown(principal)
    if shown == "no_phone":
        raise _refused(shown)
    return private(PushSubscriptionView(key=push_desk.key, endpoint=shown))


@put("/push-subscription", responses=problems(400, 401, 403, 422, 429, 503))
async def put_push_subscription(
    data: JSONBody[PutPushSubscription], principal: Me, push_desk: Desk, paced: Pacing
) -> Response[PushSubscriptionView]:
    """Wake the asking phone there, and no longer where it was."""
    wait = paced.wait(f"push {principal.sign_in_id}", per_second=0.2, burst=10)
    check_pace(wait, "Too many subscriptions")
    offered = Offered(endpoint=data.endpoint, p256dh=data.p256dh, auth=data.auth)
    trouble = await push_desk.subscribe(principal, offered)
    if trouble is not None:
        raise _refused(trouble)
    return private(PushSubscriptionView(key=push_desk.key, endpoint=data.endpoint))


@delete("/push-subscription", status_code=204, responses=problems(401, 403, 503))
async def delete_push_subscription(principal: Me, push_desk: Desk) -> Response[None]:
    """Wake the asking phone no more."""
    trouble = await push_desk.unsubscribe(principal)
    if trouble is not None:
        raise _refused(trouble)
    return Response(None, status_code=204)


def _refused(trouble: Trouble) -> Refused:
    match trouble:
        case "no_phone":
            return Refused(problem(403, "no_phone", title="Only paired phones are woken"))
        case "unreachable":
            title = "No push service of the open internet is there"
            return Refused(problem(422, "endpoint_refused", title=title))
        case _:
            assert_never(trouble)


routes = Router(
    "/v1",
    route_handlers=[show_push_subscription, put_push_subscription, delete_push_subscription],
    tags=["push"],
)
