"""The HTTP side as one list of routes, and what they reach out to."""

from collections.abc import Callable
from collections.abc import Sequence as Series
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, cast

import msgspec
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import BeforeMessageSendHookHandler, ControllerRouterHandler, Guard

from server.application.device_door import DeviceDoor
from server.application.displays import DisplayDoor
from server.application.drivers_for import DriversFor
from server.application.insight import Insight
from server.application.look_up import LookUp
from server.application.node import Node
from server.application.pace import LOOKUPS_BURST, LOOKUPS_PER_SECOND, Paced, Paces
from server.application.planner import Planner
from server.application.principal import Principal, Sockets
from server.application.push_desk import PushDesk
from server.application.sign_in import Entrance
from server.application.throttle import Throttle
from server.application.tickets import Doors
from server.application.uploads import Uploads
from server.domain.actor import Actor
from server.http import (
    commands,
    devices,
    dispatch,
    displays,
    health,
    metrics,
    operations,
    orders,
    policy,
    problems,
    push,
    sessions,
    static,
    uploads,
)
from server.http.credentials import principal_of
from server.http.orders import Drawing
from server.http.peer import AnyRequest
from server.http.problems import Refused, check_pace, problem
from server.http.request_log import NamedRequests, access_log, named_answers, traced
from server.http.static import Files
from server.http.witness import Witness
from server.settings import Settings
from server.telemetry.readiness import Readiness
from server.telemetry.security import Security
from server.telemetry.strangers import Strangers

if TYPE_CHECKING:
    from server.telemetry.traces import Traces

_LARGEST_BODY = 512 * 1_024
"""A bulk of 500 orders with lines; the socket allows 64 KiB per frame."""

ROUTES: tuple[ControllerRouterHandler, ...] = (
    sessions.routes,
    devices.routes,
    displays.routes,
    uploads.routes,
    push.routes,
    commands.routes,
    orders.routes,
    dispatch.routes,
    health.routes,
    metrics.routes,
    operations.routes,
    static.routes,
)


AnyConnection = ASGIConnection[Any, Any, Any, Any]

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a request may reach. There once the node is open; kept as `state.reach`."""

    node: Node
    entrance: Entrance
    devices: DeviceDoor
    displays: DisplayDoor
    doors: Doors
    uploads: Uploads
    push_desk: PushDesk
    drivers_for: DriversFor
    planner: Planner
    paced: Paced
    paces: Paces = msgspec.field(default_factory=Paces)
    """How fast each tenant and person may send commands; shared with the sockets."""
    sockets: Sockets
    insight: Insight
    readiness: Readiness


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before the node is open."""

    settings: Settings
    files: Files
    drawing: Drawing
    new_request_id: Callable[[], str]
    security: Security
    traces: "Traces | None" = None


def build_site(
    surface: Surface,
    *,
    lifespan: Series[Lifespan] = (),
    more: Series[ControllerRouterHandler] = (),
) -> Litestar:
    """The application; `lifespan` sets `state.reach`, `more` are the sockets' routes."""
    settings = surface.settings
    site = NamedRequests(
        route_handlers=[*ROUTES, *more],
        lifespan=list(lifespan),
        dependencies=_dependencies(surface),
        guards=[_guard(settings)],
        exception_handlers=problems.handlers(settings, surface.security),
        before_send=_before_send(surface),
        openapi_config=_openapi(),
        state=State({"strangers": Strangers()}),
        request_max_body_size=_LARGEST_BODY,
        logging_config=None,
        # Litestar's own debug page would show what only the log may know.
        debug=False,
    )
    site.new_id = surface.new_request_id
    return site


def _before_send(surface: Surface) -> list[BeforeMessageSendHookHandler]:
    hooks = [policy.security_headers(secure=surface.settings.secure), named_answers()]
    if surface.settings.access_log:
        hooks.append(access_log())
    if surface.traces is not None:
        hooks.append(traced(surface.traces))
    return hooks


def _guard(settings: Settings) -> Guard:
    """Nobody without a credential learns more than that: judged before body and parameters.

    Nothing has a NUL in its name, and PostgreSQL refuses a text with one as broken.
    """

    async def guard(connection: AnyConnection, handler: BaseRouteHandler) -> None:
        # HT11
        if "\0" in connection.scope["path"]:
            raise Refused(problem(404))
        if "principal" in handler.parsed_fn_signature.parameters:
            reach: Reach = connection.app.state.reach
            request = cast("AnyRequest", connection)
            found = await principal_of(request, reach.doors, settings)
            request.state.principal = found
            if request.method == "GET":
                _check_lookups(reach.paced, found.actor)

    return guard


def _check_lookups(paced: Paced, actor: Actor) -> None:
    # LM15
    asker = f"look up {actor.tenant_id} {actor.id}"
    wait = paced.wait(asker, per_second=LOOKUPS_PER_SECOND, burst=LOOKUPS_BURST)
    check_pace(wait, "Too many questions, slow down")


def _dependencies(surface: Surface) -> dict[str, Provide]:
    def principal(request: AnyRequest) -> Principal:
        found: Principal = request.state.principal
        return found

    def reaching(name: str) -> Provide:
        def provide(state: State) -> object:
            return getattr(state.reach, name)

        return Provide(provide, sync_to_thread=False)

    def witness(request: AnyRequest) -> Witness:
        return Witness(request, surface.settings, surface.security)

    def fixed(value: object) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    def look_up(state: State) -> LookUp:
        return LookUp(state.reach.node)

    def throttle(state: State) -> Throttle:
        return cast("Reach", state.reach).entrance.throttle

    return {
        "throttle": Provide(throttle, sync_to_thread=False),
        "devices": reaching("devices"),
        "displays": reaching("displays"),
        "doors": reaching("doors"),
        "uploads": reaching("uploads"),
        "push_desk": reaching("push_desk"),
        "drivers_for": reaching("drivers_for"),
        "planner": reaching("planner"),
        "paced": reaching("paced"),
        "paces": reaching("paces"),
        "principal": Provide(principal, sync_to_thread=False),
        "node": reaching("node"),
        "entrance": reaching("entrance"),
        "sockets": reaching("sockets"),
        "readiness": reaching("readiness"),
        "witness": Provide(witness, sync_to_thread=False),
        "insight": reaching("insight"),
        "look_up": Provide(look_up, sync_to_thread=False),
        "settings": fixed(surface.settings),
        "files": fixed(surface.files),
        "draw": fixed(surface.drawing),
    }


def _openapi() -> OpenAPIConfig:
    """The description at `/v1/openapi`. No page: those load scripts from elsewhere."""
    return OpenAPIConfig(
        title="Kanvoy",
        version="1",
        description="The door beside the socket. What moves lives on the socket `/v1/realtime`.",
        path="/v1/openapi",
        render_plugins=[JsonRenderPlugin(path="/")],
        use_handler_docstrings=True,
    )
