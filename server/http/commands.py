"""Commands without a socket: the same body, the same write path, the same verdict. [HT]"""

from typing import Annotated, assert_never

from litestar import Response, Router, post
from litestar.params import HeaderParameter, JSONBody

from protocols.from_client import Submit
from protocols.from_server import ItemReceipt, Receipt
from protocols.rejections import Forbidden
from protocols.vocabulary import ClientId, Permission
from server.application.node import Node
from server.application.pace import Paces
from server.application.submission import Submission, belonging_to
from server.application.verdict import Denied, Done, Verdict
from server.http.declared import problems
from server.http.given import Given
from server.http.problems import check_pace, refused, respond
from server.http.sessions import Me, Seen
from server.telemetry.security import PermissionRefused

Writing = Given[Node]
Pacing = Given[Paces]

Client = Annotated[
    str,
    HeaderParameter(
        name="X-Kanvoy-Client",
        min_length=3,
        max_length=64,
        pattern=r"^[0-9a-z][0-9a-z-]*$",
        description="Who numbers the commands: an id the program drew once and keeps.",
    ),
]


@post("/commands", status_code=200, responses=problems(400, 401, 403, 404, 409, 422, 429, 503))
async def submit(
    data: JSONBody[Submit],
    client: Client,
    principal: Me,
    node: Writing,
    paces: Pacing,
    witness: Seen,
) -> Response[Receipt]:
    """Have one numbered command decided. Sending it again is harmless: the answer is the same."""
    # LM12
    wait = paces.wait(principal.actor, data.command, node.clock.monotonic())
    check_pace(wait, "Too many commands, slow down")
    verdict = await node.submit(
        Submission(
            actor=principal.actor,
            client_id=belonging_to(principal.actor, ClientId(client)),
            number=data.number,
            command=data.command,
            base_version=data.base_version,
            base_groups=dict(data.base_groups),
            over=data.over,
            depends_on=tuple(data.depends_on),
            fact=data.fact,
            asked_in=witness.request_id,
        )
    )
    permission = _not_permitted(verdict)
    if permission is not None:
        witness.saw(PermissionRefused(door="http", what=permission), principal)
    return _answer(verdict)


def _answer(verdict: Verdict) -> Response[Receipt]:
    match verdict:
        case Done():
            return Response(_receipt(verdict), headers={"cache-control": "no-store"})
        case Denied(rejection=rejection):
            return respond(refused(rejection))  # type: ignore[return-value]
        case _:
            assert_never(verdict)


def _not_permitted(verdict: Verdict) -> Permission | None:
    """What the asker's roles lack, for the command or for the first such item of a bulk."""
    rejections = (
        [verdict.rejection]
        if isinstance(verdict, Denied)
        else [item.rejection for item in verdict.items]
    )
    missing = (each.permission for each in rejections if isinstance(each, Forbidden))
    return next(missing, None)


def _receipt(done: Done) -> Receipt:
    return Receipt(
        number=done.number,
        outcome="applied" if done.changed else "noop",
        sequence=done.sequence,
        versions=done.versions,
        warnings=done.warnings,
        items=tuple(
            ItemReceipt(
                index=item.index,
                aggregate_id=item.aggregate_id,
                version=item.version,
                rejection=item.rejection,
            )
            for item in done.items
        ),
        dry_run=done.dry_run,
        undo_of=done.undo_of,
    )


routes = Router("/v1", route_handlers=[submit], tags=["commands"])
