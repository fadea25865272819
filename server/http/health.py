"""Whether the node lives, and whether it should get work. [OB]"""

from importlib.metadata import PackageNotFoundError, version

from litestar import Response, Router, get

from protocols.http import Health, Ready
from server.http.declared import problems
from server.http.given import Given
from server.http.problems import Refused, problem
from server.telemetry.readiness import Readiness

Looking = Given[Readiness]

_AGAIN_SECONDS = 1.0


def build() -> str:
    """The version of this server."""
    try:
        return version("kanvoy")
    except PackageNotFoundError:
        return "unpacked"


BUILD = build()


@get("/health")
async def health(readiness: Looking) -> Response[Health]:
    """The process answers. Restart it when it does not."""
    alive = Health(status="alive", version=BUILD, uptime_seconds=round(readiness.uptime(), 1))
    return Response(alive, headers={"cache-control": "no-store"})


@get("/ready", responses=problems(503))
async def ready(readiness: Looking) -> Response[Ready]:
    """All that the node cannot do without is there, and it is not leaving. Else send no work."""
    # OB5
    states = await readiness.states()
    down = [name for name, state in states.items() if state == "down"]
    if down:
        found = problem(
            503,
            "not_ready",
            title="Send no work to this node now",
            detail=f"down: {', '.join(down)}",
            retry_after=_AGAIN_SECONDS,
            dependencies=states,
        )
        raise Refused(found)
    answer = Ready(
        status="ready",
        version=BUILD,
        uptime_seconds=round(readiness.uptime(), 1),
        dependencies=states,
    )
    return Response(answer, headers={"cache-control": "no-store"})


routes = Router("/", route_handlers=[health, ready], tags=["health"])
