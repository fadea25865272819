"""Whatever went wrong, as a problem document (RFC 9457) with a status that means it. [HT]"""

from collections.abc import Mapping
from typing import assert_never

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_400_BAD_REQUEST, HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ExceptionHandlersMap
from structlog import get_logger

from protocols.http import PROBLEM_TYPE, Problem
from protocols.rejections import (
    DependencyFailed,
    Forbidden,
    Gap,
    GateFailed,
    Invalid,
    InvalidAfterMerge,
    NotFound,
    NothingToUndo,
    NoTransition,
    Rejection,
    Retired,
    Stale,
    Superseded,
    WipExceeded,
)
from server.application.ports import StorageBusy
from server.application.principal import Principal
from server.http.peer import AnyRequest
from server.http.witness import Witness, principal_in, route_of
from server.settings import Settings
from server.telemetry.request_ids import request_id_of
from server.telemetry.security import Security, SecurityEvent, UnexpectedError

_log = get_logger()
_encode = msgspec.json.Encoder().encode

_TITLES: Mapping[int, tuple[str, str]] = {
    400: ("malformed", "The request cannot be understood"),
    401: ("unauthenticated", "Sign in first"),
    403: ("forbidden", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "The address does not know this method"),
    406: ("not_acceptable", "None of the accepted types can be served"),
    413: ("too_large", "The request is too large"),
    415: ("unsupported_type", "The body's type is not understood"),
    422: ("invalid", "The values break a rule"),
}


class Refused(Exception):
    """The request ends here with this problem. Raised by what stands before the handlers."""

    def __init__(
        self, problem: Problem, *events: SecurityEvent, by: Principal | None = None
    ) -> None:
        """End with this problem, and tell the security log this of it.

        `by` is who asked, where the request does not say so yet. Without an event the problem
        speaks for itself.
        """
        super().__init__(problem.code)
        self.problem = problem
        self.events = events
        self.by = by


def problem(status: int, code: str = "", **more: object) -> Problem:
    """A problem with the usual words for its status."""
    usual, title = _TITLES.get(status, ("failed", "The request failed"))
    more.setdefault("title", title)
    named = {"type": PROBLEM_TYPE + (code or usual), "status": status, "code": code or usual}
    return msgspec.convert({**named, **more}, Problem)


def check_pace(wait: float, title: str) -> None:
    """Raise `Refused` when the next one has to wait so many seconds. [LM]"""
    if wait > 0:
        raise Refused(problem(429, "rate", title=title, retry_after=wait))


def refused(rejection: Rejection) -> Problem:
    """A rule's refusal as a problem."""
    code = str(rejection.__struct_config__.tag)
    return problem(
        status_of(rejection), code, title="The rules refuse the command", rejection=rejection
    )


def status_of(rejection: Rejection) -> int:
    """409 the world is otherwise · 422 the values are wrong · 403 the roles · 404 nothing there."""
    match rejection:
        case Invalid() | InvalidAfterMerge():
            return 422
        case Forbidden():
            return 403
        case NotFound():
            return 404
        case (
            Stale() | NoTransition() | GateFailed() | WipExceeded() | Superseded() | Gap()
            | NothingToUndo() | DependencyFailed() | Retired()
        ):  # fmt: skip
            return 409
        case _:
            assert_never(rejection)


def respond(found: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """The problem as an answer; `retry_after` becomes the header clients and proxies know."""
    sent = dict(headers or {})
    if found.retry_after is not None:
        # Whole seconds, rounded up: coming back too early would only be refused again.
        sent["retry-after"] = str(int(-(-found.retry_after // 1)))
    sent["cache-control"] = "no-store"
    return Response(
        _encode(found),
        status_code=found.status,
        media_type="application/problem+json",
        headers=sent,
    )


def handlers(settings: Settings, security: Security) -> ExceptionHandlersMap:
    """What becomes of each exception. The log is told bugs in full, the asker an id only."""

    def bug(request: AnyRequest, error: Exception) -> Response[bytes]:
        # OB6: the request's own name is the incident
        incident = request_id_of(request.scope)
        _log.error("bug", incident=incident, route=route_of(request), exc_info=error)
        event = UnexpectedError(door="http", incident=incident)
        Witness(request, settings, security).saw(event, principal_in(request))
        return respond(problem(500, "internal", title="Our mistake", incident=incident))

    def ended(request: AnyRequest, error: Refused) -> Response[bytes]:
        Witness(request, settings, security).refused(error.problem, error.events, error.by)
        return respond(error.problem)

    def http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
        found, headers = _http(error)
        Witness(request, settings, security).refused(found)
        return respond(found, headers)

    return {
        Refused: ended,
        StorageBusy: lambda _, error: respond(busy(error.retry_after)),
        RecursionError: lambda _, __: respond(problem(400, detail="The body is nested too deeply")),
        HTTPException: http,
        Exception: bug,
    }


def busy(retry_after: float) -> Problem:
    """Nothing was done; the same request may be sent again."""
    return problem(503, "busy", title="Busy, come back shortly", retry_after=retry_after)


def _http(error: HTTPException) -> tuple[Problem, Mapping[str, str]]:
    if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
        return busy(1.0), {}
    detail = _detail(error) if error.status_code == HTTP_400_BAD_REQUEST else ""
    kept = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return problem(error.status_code, detail=detail), kept


def _detail(error: HTTPException) -> str:
    """What is wrong with the request. Litestar lists values, but says a missing header in words."""
    if not isinstance(error.extra, list):
        return str(error.detail)
    return "; ".join(_part(part.get("key", ""), part.get("message", "")) for part in error.extra)


def _part(key: str, message: str) -> str:
    if (key, message) == ("data", "'data'"):
        # What Litestar makes of a body that is not there: the text of a bare KeyError.
        return "a JSON body is expected"
    # Patterns are shown as Python writes them, with every backslash doubled.
    return f"{key}: {message}".strip(": ").replace("\\\\", "\\")
