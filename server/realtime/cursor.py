"""Where a reader stands in a journal: `epoch.sequence.nonce`, opaque to applications."""

from protocols.struct import Struct
from protocols.vocabulary import Epoch, Nonce, Sequence


class Cursor(Struct, frozen=True):
    """A place of a journal that can be told apart from the same place of another history."""

    epoch: Epoch
    sequence: Sequence
    nonce: Nonce


_GREATEST = 2**63 - 1
"""Greater numbers are no place of any journal, and no database could look for one."""

_DIGITS = len(str(_GREATEST))

NOWHERE = Cursor(Epoch(0), Sequence(0), Nonce(0))
"""A place no journal has: epochs begin at 1. Its reader is told to start over."""


def parse(text: str | None) -> Cursor | None:
    """The cursor, None for none, and `NOWHERE` for text that names no place."""
    if text is None:
        return None
    parts = text.split(".")
    if len(parts) != len(Cursor.__struct_fields__) or not all(
        part.isdecimal() and len(part) <= _DIGITS for part in parts
    ):
        return NOWHERE
    epoch, sequence, nonce = (int(part) for part in parts)
    if sequence > _GREATEST:
        return NOWHERE
    return Cursor(Epoch(epoch), Sequence(sequence), Nonce(nonce))
