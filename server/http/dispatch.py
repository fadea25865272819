"""Who could bring a delivery, and plans of who brings what. [PL]"""

from typing import Annotated, NoReturn

from litestar import Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody, PathParameter

from protocols.dispatch import (
    AskPlan,
    Candidates,
    CandidateView,
    CommitPlan,
    Committed,
    CommittedItem,
    PlanAsked,
)
from protocols.rejections import Forbidden, Invalid, NotFound
from protocols.vocabulary import DeliveryId, OrderId, PlanId
from server.application.drivers_for import DriversFor
from server.application.planner import Begun, GivenOut, Planner, Refusal
from server.domain.dispatch.candidates import Judgement
from server.domain.fleet import Wish
from server.http.declared import problems
from server.http.given import Given
from server.http.orders import allowed, fresh
from server.http.problems import Refused, problem, refused
from server.http.sessions import Me

Judging = Given[DriversFor]
Planning = Given[Planner]
Named = Annotated[FromPath[str], PathParameter(max_length=64)]


@get(
    "/orders/{order_id:str}/deliveries/{delivery_id:str}/drivers",
    responses=problems(400, 401, 403, 404, 429, 503),
)
async def list_drivers(
    order_id: FromPath[str], delivery_id: FromPath[str], principal: Me, drivers_for: Judging
) -> Response[Candidates]:
    """Every driver, available ones first, then the nearest; for the others why not."""
    found = await drivers_for.judged(principal.actor, OrderId(order_id), DeliveryId(delivery_id))
    return fresh(Candidates(items=tuple(_candidate(each) for each in allowed(found))))


@post("/plans", status_code=202, responses=problems(400, 401, 403, 409, 422, 503))
async def propose_plan(
    data: JSONBody[AskPlan], principal: Me, planner: Planning
) -> Response[PlanAsked]:
    """Have a plan made. Its record tells what becomes of it."""
    wish = Wish(
        seconds=data.seconds,
        scope=data.scope,
        zone_id=data.zone_id,
        driver_ids=data.driver_ids,
    )
    answer = await planner.propose(principal.actor, wish)
    if not isinstance(answer, Begun):
        _refuse(answer)
    return fresh(PlanAsked(id=answer.id))


@delete("/plans/{plan_id:str}", status_code=204, responses=problems(400, 401, 403, 404, 409, 503))
async def end_plan(plan_id: Named, principal: Me, planner: Planning) -> Response[None]:
    """Cancel a plan that is being solved, or discard a proposed one."""
    refusal = await planner.end(principal.actor, PlanId(plan_id))
    if refusal is not None:
        _refuse(refusal)
    return Response(None, status_code=204)


@post(
    "/plans/{plan_id:str}/commit",
    status_code=200,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
)
async def commit_plan(
    plan_id: Named, data: JSONBody[CommitPlan], principal: Me, planner: Planning
) -> Response[Committed]:
    """Give out what the plan proposes. What somebody changed meanwhile stays as they made it."""
    answer = await planner.commit(
        principal.actor, PlanId(plan_id), data.items, resolve=data.resolve
    )
    if not isinstance(answer, GivenOut):
        _refuse(answer)
    return fresh(
        Committed(
            items=tuple(
                CommittedItem(
                    order_id=item.order_id,
                    delivery_id=item.delivery_id,
                    outcome="applied" if item.outcome == "applied" else "stale",
                )
                for item in answer.items
            ),
            plan_id=answer.next_id,
        )
    )


def _candidate(of: Judgement) -> CandidateView:
    return CandidateView(
        driver_id=of.candidate.driver.id,
        name=of.candidate.driver.name,
        available=not of.reasons,
        reasons=of.reasons,
        stops=len(of.candidate.errands),
        metres=of.metres,
    )


def _refuse(refusal: Refusal) -> NoReturn:
    match refusal:
        case NotFound():
            # HT2: the asked id is not repeated
            raise Refused(problem(404))
        case Forbidden() | Invalid():
            raise Refused(refused(refusal))
        case "busy":
            title = "Another plan is being made; wait for it or cancel it"
            raise Refused(problem(409, "plan_busy", title=title))
        case _:
            title = "The plan is not proposed any more"
            raise Refused(problem(409, "plan_over", title=title))


routes = Router(
    "/v1", route_handlers=[list_drivers, propose_plan, end_plan, commit_plan], tags=["dispatch"]
)
