"""What the security log is told of a request: the event, and who asked from where."""

from collections.abc import Sequence as Series

from litestar.status_codes import (
    HTTP_403_FORBIDDEN,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    HTTP_429_TOO_MANY_REQUESTS,
)

from protocols.http import Problem
from protocols.rejections import Forbidden
from server.application.principal import Principal
from server.http.peer import AnyRequest, peer_of
from server.settings import Settings
from server.telemetry.request_ids import request_id_of
from server.telemetry.security import (
    LimitHit,
    PermissionRefused,
    Security,
    SecurityEvent,
    seen_of,
)

_LIMITS = frozenset({HTTP_413_REQUEST_ENTITY_TOO_LARGE, HTTP_429_TOO_MANY_REQUESTS})


class Witness:
    """Tells what happened in one request."""

    def __init__(self, request: AnyRequest, settings: Settings, security: Security) -> None:
        """See this request."""
        self.request = request
        self._security = security
        self.address = peer_of(request, settings)

    @property
    def request_id(self) -> str:
        """As the log names the request."""
        return request_id_of(self.request.scope)

    def saw(self, event: SecurityEvent, by: Principal | None = None) -> None:
        """It happened, from the request's address and, when that is known, by this principal."""
        self._security.note(seen_of(event, self.address, by))

    def refused(
        self, problem: Problem, events: Series[SecurityEvent] = (), by: Principal | None = None
    ) -> None:
        """The request was refused. Most refusals concern nobody's safety, and are not told."""
        for event in events or _events(problem, route_of(self.request)):
            self.saw(event, by or principal_in(self.request))


def _events(problem: Problem, route: str) -> list[SecurityEvent]:
    """What a problem says by itself."""
    if problem.status == HTTP_403_FORBIDDEN:
        rejection = problem.rejection
        permission = rejection.permission if isinstance(rejection, Forbidden) else None
        return [PermissionRefused(door="http", what=permission or route)]
    if problem.status in _LIMITS:
        return [LimitHit(door="http", limit=problem.code)]
    return []


def principal_in(request: AnyRequest) -> Principal | None:
    """Who asks, once the guard has found out."""
    found: Principal | None = request.scope["state"].get("principal")
    return found


def route_of(request: AnyRequest) -> str:
    """The address as it was declared, such as `/v1/orders/{order_id}`: it holds no id."""
    return request.scope.get("path_template") or "none"
