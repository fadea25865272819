"""Whether the node lives, and whether it should get work."""

from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version

from litestar import Response, Router, get

from protocols.http import Health
from server.http.declared import problems
from server.http.given import Given
from server.http.problems import Refused, busy

Ready = Given[Callable[[], Awaitable[bool]]]


def build() -> str:
    """The version of this server."""
    try:
        return version("kanvoy")
    except PackageNotFoundError:
        return "unpacked"


BUILD = build()


@get("/health")
async def health() -> Response[Health]:
    """The process answers. Restart it when it does not."""
    return _now("alive")


@get("/ready", responses=problems(503))
async def ready(is_ready: Ready) -> Response[Health]:
    """The database answers and the node is not leaving. Send no work when it is not ready."""
    if not await is_ready():
        raise Refused(busy(1.0))
    return _now("ready")


def _now(status: str) -> Response[Health]:
    return Response(Health(status=status, version=BUILD), headers={"cache-control": "no-store"})


routes = Router("/", route_handlers=[health, ready], tags=["health"])
