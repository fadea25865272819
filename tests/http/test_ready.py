"""Whether the node should get work, and how long it has lived."""

import pytest

from server.telemetry.readiness import Dependency, Readiness, State
from tests.support.rules import rule
from tests.support.site import Site

pytestmark = pytest.mark.asyncio


def depends(site: Site, **states: State) -> None:
    """Have the node depend on things that are so."""

    def look(state: State):
        async def answer() -> State:
            return state

        return answer

    dependencies = [
        Dependency(name=name, look=look(state), worst="down") for name, state in states.items()
    ]
    reach = site.app.state.reach
    site.app.state.reach = type(reach)(
        **{
            **{field: getattr(reach, field) for field in reach.__struct_fields__},
            "readiness": Readiness(dependencies, site.clock.monotonic),
        }
    )


@rule("OB5")
async def test_a_node_that_is_degraded_gets_work_and_says_so(site: Site):
    depends(site, database="ok", disk="degraded", bus="degraded", node="ok")
    site.clock.advance(61.25)

    ready = await site.browser().get("/ready")
    health = await site.browser().get("/health")

    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["dependencies"] == {
        "database": "ok",
        "disk": "degraded",
        "bus": "degraded",
        "node": "ok",
    }
    assert ready.json()["uptime_seconds"] == health.json()["uptime_seconds"] == 61.2
    assert ready.headers["cache-control"] == "no-store"


@rule("OB5")
async def test_a_node_that_lacks_something_names_it_and_gets_no_work(site: Site):
    depends(site, database="down", disk="degraded", bus="ok", node="down")

    refused = await site.browser().get("/ready")

    said = refused.json()
    assert (refused.status_code, said["code"]) == (503, "not_ready")
    assert said["detail"] == "down: database, node"
    assert said["dependencies"] == {
        "database": "down",
        "disk": "degraded",
        "bus": "ok",
        "node": "down",
    }
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert (await site.browser().get("/health")).status_code == 200
