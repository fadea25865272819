"""What an address may answer besides its success, for the description at `/v1/openapi`. [HT1]"""

from litestar.openapi.datastructures import ResponseSpec

from protocols.http import Problem

_MEANINGS = {
    400: "The request cannot be understood",
    401: "Nobody is signed in, or the proof is wrong",
    403: "A foreign page, a missing nonce, or roles that do not allow it",
    404: "Nothing there, or somebody else's",
    409: "The world is otherwise than the request supposes",
    410: "It was there, and is too old",
    413: "Too large, or there is no room for it",
    422: "The values break a rule",
    429: "Too many attempts; `Retry-After` says how long to wait",
    503: "Nothing was done; `Retry-After` says when to send it again",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """These statuses, each with a problem document."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_MEANINGS[status],
            media_type="application/problem+json",
            generate_examples=False,
        )
        for status in statuses
    }
