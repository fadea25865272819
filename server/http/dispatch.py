"""Who could bring a delivery, and plans of who brings what. [PL]"""

from litestar import Response, Router, get
from litestar.params import FromPath

from protocols.dispatch import Candidates, CandidateView
from protocols.vocabulary import DeliveryId, OrderId
from server.application.drivers_for import DriversFor
from server.domain.dispatch.candidates import Judgement
from server.http.declared import problems
from server.http.given import Given
from server.http.orders import allowed, fresh
from server.http.sessions import Me

Judging = Given[DriversFor]


@get(
    "/orders/{order_id:str}/deliveries/{delivery_id:str}/drivers",
    responses=problems(400, 401, 403, 404, 503),
)
async def list_drivers(
    order_id: FromPath[str], delivery_id: FromPath[str], principal: Me, drivers_for: Judging
) -> Response[Candidates]:
    """Every driver, available ones first, then the nearest; for the others why not."""
    found = await drivers_for.judged(principal.actor, OrderId(order_id), DeliveryId(delivery_id))
    return fresh(Candidates(items=tuple(_candidate(each) for each in allowed(found))))


def _candidate(of: Judgement) -> CandidateView:
    return CandidateView(
        driver_id=of.candidate.driver.id,
        name=of.candidate.driver.name,
        available=not of.reasons,
        reasons=of.reasons,
        stops=len(of.candidate.errands),
        metres=of.metres,
    )


routes = Router("/v1", route_handlers=[list_drivers], tags=["dispatch"])
