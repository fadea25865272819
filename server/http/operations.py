"""How the node serves a tenant, for its owners. [OB]"""

from litestar import Response, Router, get

from protocols.http import ChannelLag, Operations, StageTiming
from server.application.insight import Insight
from server.application.node import Node
from server.http.declared import problems
from server.http.given import Given
from server.http.orders import fresh
from server.http.problems import Refused, problem
from server.http.sessions import Me

_OWNERS = frozenset({"owner", "superadmin"})


@get("/operations", responses=problems(401, 403, 429, 503))
async def operations(
    principal: Me, node: Given[Node], insight: Given[Insight]
) -> Response[Operations]:
    """Counts of the asker's own tenant on this node, since it holds the tenant's journal."""
    # OB4
    actor = principal.actor
    if not _OWNERS.intersection(actor.roles):
        raise Refused(problem(403))
    tally = (await node.journal(actor.tenant_id)).tally
    return fresh(
        Operations(
            sockets=dict(insight.sockets(actor.tenant_id)),
            verdicts=dict(tally.verdicts),
            resyncs=dict(tally.resyncs),
            stages=tuple(
                StageTiming(
                    stage=stage,
                    count=timing.count,
                    p50=timing.quantile(0.5),
                    p99=timing.quantile(0.99),
                )
                for stage, timing in tally.stages.items()
            ),
            lag=tuple(
                ChannelLag(channel=kind, readers=readers, rows=rows)
                for kind, (readers, rows) in insight.lag(actor.tenant_id).items()
            ),
        )
    )


routes = Router("/v1", route_handlers=[operations], tags=["operations"])
