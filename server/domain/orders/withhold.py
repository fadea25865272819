"""What a refusal may tell its asker: contested values only of what they may read. [VI]"""

from msgspec.structs import replace

from protocols.rejections import Conflict, InvalidAfterMerge, Rejection, Stale
from server.domain.actor import Actor

_AMOUNTS = frozenset({"line", "price", "discount", "charge", "claims", "expenses"})
"""Field groups that hold money."""

_FOR_ALL = frozenset({"stage", "record"})
"""Who moves a card learns where it is, and who saves a record may read it."""


def withheld(rejection: Rejection, actor: Actor) -> Rejection:
    """The refusal without the values its asker may not read; who and when stay.

    A refusal names everything others changed since, also what the asker has no channel for: a
    warehouse that moves a card would be told the prices, a driver the internal notes.
    """
    if not isinstance(rejection, Stale | InvalidAfterMerge):
        return rejection
    told = tuple(
        each if _may_read(actor, each) else replace(each, theirs=None, mine=None)
        for each in rejection.conflicts
    )
    return replace(rejection, conflicts=told)


def _may_read(actor: Actor, conflict: Conflict) -> bool:
    kind = conflict.group.partition(":")[0]
    # VI20
    if not actor.may("order.read"):
        return kind in _FOR_ALL
    return actor.may("price.read") or not holds_money(conflict.group)


def holds_money(group: str) -> bool:
    """Whether values of this field group are, or carry, amounts of money."""
    return group.partition(":")[0] in _AMOUNTS
