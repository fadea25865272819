"""What a rule answers: it happens, nothing needs to happen, or no."""

from typing import Generic, TypeVar

import msgspec

from protocols.rejections import Rejection
from protocols.struct import Struct

E = TypeVar("E")


class Accepted(msgspec.Struct, Generic[E], frozen=True):
    """The command happens. No events: the world already is as asked (a no-op)."""

    events: tuple[E, ...] = ()
    warnings: tuple[str, ...] = ()
    """Codes of soft limits that were passed, such as `wip_soft`."""


class Refused(Struct, frozen=True):
    """The command does not happen. A value, never an exception: a bulk of 500 gives 500 answers."""

    reason: Rejection
