"""A name for every request, and a line for every answer if somebody asks for it. [OB]

The line holds the route's pattern and never the address, for addresses hold ids and people's
searches. It holds no person, no peer and no header either.
"""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from litestar import Litestar
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import (
    BeforeMessageSendHookHandler,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Message,
    Receive,
    Scope,
    Send,
)
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from server.telemetry.request_ids import HEADER, name_request, request_id_of

if TYPE_CHECKING:
    from server.telemetry.traces import Traces

_log = get_logger()

_FIRST_FAULT = 500
_BEGUN = "kanvoy.begun"


class NamedRequests(Litestar):
    """An application in which every request has a name, those too that no route takes."""

    new_id: Callable[[], str]
    """Draws the names; set before the first request."""

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        """Serve a request under its name: every line of the log meanwhile carries it."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return
        with bound_contextvars(request_id=name_request(scope, self.new_id)):
            state: dict[str, Any] = scope["state"]
            state[_BEGUN] = perf_counter()
            await super().__call__(scope, receive, send)


def named_answers() -> BeforeMessageSendHookHandler:
    """Every answer says under which name the log tells of its request."""

    async def add(message: Message, scope: Scope) -> None:
        # OB6
        if message["type"] == "http.response.start":
            header = (HEADER.encode(), request_id_of(scope).encode())
            message["headers"] = [*message.get("headers", ()), header]

    return add


def access_log() -> BeforeMessageSendHookHandler:
    """One line for each answer."""

    async def tell(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start" and scope["type"] == ScopeType.HTTP:
            _log.info(
                "answered",
                method=scope["method"],
                route=_route(scope),
                status=message["status"],
                ms=round(_seconds(scope) * 1_000, 1),
            )

    return tell


def traced(traces: "Traces") -> BeforeMessageSendHookHandler:
    """One trace for each answer, in the asker's if it came with one."""

    async def tell(message: Message, scope: Scope) -> None:
        # OB7
        if message["type"] == "http.response.start" and scope["type"] == ScopeType.HTTP:
            status = message["status"]
            traces.tell(
                f"{scope['method']} {_route(scope)}",
                _seconds(scope),
                {
                    "http.request.method": scope["method"],
                    "http.route": _route(scope),
                    "http.response.status_code": status,
                    "kanvoy.request_id": request_id_of(scope),
                },
                traceparent=Headers.from_scope(scope).get("traceparent", ""),
                failed=status >= _FIRST_FAULT,
            )

    return tell


def _route(scope: Scope) -> str:
    return scope.get("path_template") or "none"


def _seconds(scope: Scope) -> float:
    begun: float = scope["state"][_BEGUN]
    return perf_counter() - begun
