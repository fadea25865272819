"""What is refused on a socket, as the security log is told it.

Whatever a session refuses it says to the client, so this looks at what is said and at nothing else.
Frames of channels do not come by here.
"""

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Series
from typing import Any

from protocols.from_server import (
    Busy,
    Error,
    FromServer,
    ItemReceipt,
    Receipt,
    Rejected,
    Unsubscribed,
)
from protocols.rejections import Forbidden
from server.telemetry.security import (
    CredentialRefused,
    LimitHit,
    PageRefused,
    PermissionRefused,
    SecurityEvent,
)

_LIMITS = frozenset(
    {"malformed", "too_large", "hello_first", "hello_twice", "rate", "not_a_bearer"}
)
"""Errors of clients that are none of ours, or run wild. [LM]"""


def refusal_in(message: FromServer) -> SecurityEvent | None:
    """What a message refuses; None for what is of no interest to the security log."""
    judge = _JUDGES.get(type(message))
    return None if judge is None else judge(message)


def _error(error: Error) -> SecurityEvent | None:
    if error.code == "csrf":
        return PageRefused(door="socket", code="csrf")
    if error.code == "unauthenticated":
        return CredentialRefused(door="socket", way="bearer")
    return LimitHit(door="socket", limit=error.code) if error.code in _LIMITS else None


def _busy(busy: Busy) -> SecurityEvent | None:
    return LimitHit(door="socket", limit="rate") if busy.cause == "rate" else None


def _unsubscribed(said: Unsubscribed) -> SecurityEvent | None:
    if said.cause == "forbidden":
        # Its kind only: what stands behind the colon is an id, or whatever somebody made up.
        kind = said.channel.partition(":")[0]
        return PermissionRefused(door="socket", what=kind)
    return LimitHit(door="socket", limit="too_many") if said.cause == "too_many" else None


def _rejected(rejected: Rejected) -> SecurityEvent | None:
    return _forbidden(rejected.rejection)


def _receipt(receipt: Receipt) -> SecurityEvent | None:
    return _first_forbidden(receipt.items) if receipt.items else None


def _first_forbidden(items: Series[ItemReceipt]) -> SecurityEvent | None:
    """The first item of a bulk that the roles did not allow; the others say the same."""
    found = (_forbidden(item.rejection) for item in items)
    return next((event for event in found if event is not None), None)


def _forbidden(rejection: object) -> SecurityEvent | None:
    if isinstance(rejection, Forbidden):
        return PermissionRefused(door="socket", what=rejection.permission)
    return None


_JUDGES: Mapping[type, Callable[[Any], SecurityEvent | None]] = {
    Error: _error,
    Busy: _busy,
    Unsubscribed: _unsubscribed,
    Rejected: _rejected,
    Receipt: _receipt,
}
