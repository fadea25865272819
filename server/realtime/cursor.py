"""Where a reader stands in a journal: `epoch.sequence.nonce`, opaque to applications."""

import msgspec

from protocols.vocabulary import Epoch, Nonce, Sequence


class Cursor(msgspec.Struct, frozen=True):
    """A place of a journal that can be told apart from the same place of another history."""

    epoch: Epoch
    sequence: Sequence
    nonce: Nonce


_DIGITS = 20
"""Longer numbers are no place of any journal."""


def parse(text: str | None) -> Cursor | None:
    """The cursor, or None for none and for text that is none (the reader then gets a snapshot)."""
    parts = text.split(".") if text else []
    if len(parts) != len(Cursor.__struct_fields__) or not all(
        part.isdecimal() and len(part) < _DIGITS for part in parts
    ):
        return None
    epoch, sequence, nonce = (int(part) for part in parts)
    return Cursor(Epoch(epoch), Sequence(sequence), Nonce(nonce))
