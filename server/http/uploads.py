"""Pictures from phones: announced, sent in parts, and shown to the office. [UP]"""

import re
from typing import Annotated, assert_never

from litestar import Response, Router, get, post, put
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from protocols.uploads import Announce, UploadState
from protocols.vocabulary import ID, LARGEST_UPLOAD
from server.application.pace import Paced
from server.application.principal import Principal
from server.application.upload_ports import Announced
from server.application.uploads import Absent, Progress, Trouble, Uploads
from server.http.declared import problems
from server.http.devices import private
from server.http.given import Given
from server.http.peer import AnyRequest
from server.http.problems import Refused, check_pace, problem
from server.http.sessions import Me

Taking = Given[Uploads]
Pacing = Given[Paced]
Named = Annotated[FromPath[str], PathParameter(max_length=64)]
_IS_ID = re.compile(str(ID.pattern))

Offset = Annotated[int, QueryParameter(name="offset", ge=0, le=LARGEST_UPLOAD)]

_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Whatever a browser takes the picture for, it can do nothing as it."""


@post("/uploads", status_code=201, responses=problems(400, 401, 403, 409, 413, 429, 503))
async def announce_upload(
    data: JSONBody[Announce], principal: Me, uploads: Taking, paced: Pacing
) -> Response[UploadState]:
    """A picture will come (201). Announcing it again tells how far it came (200)."""
    _may_send(principal)
    wait = paced.wait(f"upload {principal.actor.id}", per_second=1.0, burst=60)
    check_pace(wait, "Too many pictures")
    announced = Announced(
        id=data.id,
        kind=data.kind,
        order_id=data.order_id,
        delivery_id=data.delivery_id,
        bytes=data.bytes,
        sha256=data.sha256,
    )
    answer = await uploads.announce(principal.actor, announced)
    return _told(answer, 201 if isinstance(answer, Progress) and answer.fresh else 200)


@put(
    "/uploads/{upload_id:str}",
    status_code=200,
    responses=problems(400, 401, 403, 404, 409, 413, 503),
)
async def send_part(
    upload_id: Named, offset: Offset, request: AnyRequest, principal: Me, uploads: Taking
) -> Response[UploadState]:
    """The next part, as bytes; at most 256 KiB. With the last one the picture is judged."""
    _may_send(principal)
    upload_id = _an_id(upload_id)
    part = await request.body()
    answer = await uploads.take(principal.actor, upload_id, offset, part)
    if answer == "wrong_offset":
        where = await uploads.progress(principal.actor, upload_id)
        here = where.offset if isinstance(where, Progress) else 0
        title = f"{here} bytes are here; go on from there"
        raise Refused(problem(409, "wrong_offset", title=title, detail=str(here)))
    return _told(answer, 200)


@get("/uploads/{upload_id:str}", responses=problems(400, 401, 404, 429, 503))
async def show_upload(upload_id: Named, principal: Me, uploads: Taking) -> Response[UploadState]:
    """How far an own upload came."""
    return _told(await uploads.progress(principal.actor, _an_id(upload_id)), 200)


@get("/uploads/{upload_id:str}/content", responses=problems(400, 401, 404, 429, 503))
async def show_picture(upload_id: Named, principal: Me, uploads: Taking) -> Response[bytes]:
    """The picture, for the office and for whoever sent it."""
    found = await uploads.content(principal.actor, _an_id(upload_id))
    if not isinstance(found, tuple):
        raise _refused(found)
    upload, body = found
    ending = "svg" if upload.media_type == "image/svg+xml" else "jpg"
    return Response(
        body,
        media_type=upload.media_type,
        headers={
            "cache-control": "private, max-age=86400, immutable",
            "content-disposition": f'inline; filename="{upload.kind}.{ending}"',
            "content-security-policy": _SANDBOX,
        },
    )


def _an_id(given: str) -> str:
    """What no upload can be called is not there; a database would stumble over some of it."""
    if _IS_ID.fullmatch(given) is None:
        raise Refused(problem(404))
    return given


def _may_send(principal: Principal) -> None:
    # UP9
    actor = principal.actor
    if actor.driver_id is None and not actor.may("order.edit"):
        raise Refused(problem(403, title="Only drivers and the office send pictures"))


def _told(answer: Progress | Trouble, status: int) -> Response[UploadState]:
    if not isinstance(answer, Progress):
        raise _refused(answer)
    upload = answer.upload
    return private(
        UploadState(
            id=upload.id,
            offset=answer.offset,
            bytes=upload.bytes,
            state=upload.state,
            reason=upload.reason,
        ),
        status,
    )


def _refused(trouble: Trouble) -> Refused:
    match trouble:
        case "unknown" | "not_yet" | "refused" | "lost":
            return _absent(trouble)
        case "differs":
            title = "Another picture was announced under this id"
            return Refused(problem(409, "upload_differs", title=title))
        case "wrong_offset":
            return Refused(problem(409, "wrong_offset", title="Go on from where it is"))
        case "quota":
            return Refused(problem(413, "quota", title="There is no room for more pictures"))
        case "too_much":
            return Refused(problem(413, "too_large", title="That is more than is taken"))
        case _:
            assert_never(trouble)


def _absent(why: Absent) -> Refused:
    match why:
        case "unknown":
            return Refused(problem(404))
        case "not_yet":
            return Refused(problem(404, "not_yet", title="The picture has not arrived yet"))
        case "refused":
            return Refused(problem(404, "refused", title="What was sent is no picture we keep"))
        case "lost":
            return Refused(problem(404, "lost", title="The picture is no longer here"))
        case _:
            assert_never(why)


routes = Router(
    "/v1",
    route_handlers=[announce_upload, send_part, show_upload, show_picture],
    tags=["uploads"],
)
