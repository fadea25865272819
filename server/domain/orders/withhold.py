"""What a refusal may tell its asker: contested values only of what they may read. [VI]"""

from msgspec.structs import replace

from protocols.rejections import Conflict, InvalidAfterMerge, Rejection, Stale
from server.domain.actor import Actor

_ON_CARDS = frozenset(
    {
        "stage",
        "rank",
        "priority",
        "labels",
        "window",
        "assignment",
        "csr",
        "hold",
        "review",
        "life",
    }
)
"""Field groups that the board without prices shows whole."""

_FOR_ALL = frozenset({"stage", "record"})
"""Who moves a card learns where it is, and who saves a record may read it."""


def withheld(rejection: Rejection, actor: Actor) -> Rejection:
    """The refusal without the values its asker may not read; who and when stay.

    A refusal names everything others changed since, also what the asker has no channel for: a
    warehouse that moves a card would be told the prices, a driver the internal notes.
    """
    # VI20
    if not isinstance(rejection, Stale | InvalidAfterMerge):
        return rejection
    if actor.may("order.read") and actor.may("price.read"):
        return rejection
    readable = _FOR_ALL | _ON_CARDS if actor.may("order.read") else _FOR_ALL
    told = tuple(each if _kind(each) in readable else _hidden(each) for each in rejection.conflicts)
    return replace(rejection, conflicts=told)


def _kind(conflict: Conflict) -> str:
    return conflict.group.partition(":")[0]


def _hidden(conflict: Conflict) -> Conflict:
    return replace(conflict, theirs=None, mine=None)
