"""Where a reader stands in a channel."""

from typing import NamedTuple

from kanvoy_client._wire.vocabulary import Epoch, Nonce, Sequence


class Cursor(NamedTuple):
    """A place in one journal. The nonce tells two histories with equal sequences apart."""

    epoch: Epoch
    sequence: Sequence
    nonce: Nonce

    def text(self) -> str:
        """The cursor as `hello` and `subscribe` carry it."""
        return f"{self.epoch}.{self.sequence}.{self.nonce}"
