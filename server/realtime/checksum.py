"""What a display must hold, as one number that a change moves on in constant time. [HB]"""

from collections.abc import Iterable
from zlib import crc32

from protocols.vocabulary import AggregateId, AggregateKind, Version
from server.application.images import Change, Images, kind_of
from server.realtime.projection import Projection

_MODULUS = 2**32


def fingerprint(kind: AggregateKind, aggregate_id: AggregateId, version: Version) -> int:
    """The share of one thing; the checksum of a channel is the sum over all it shows."""
    return crc32(f"{kind}/{aggregate_id}@{version}".encode())


class Checksum:
    """The sum over the members of one channel, kept row by row.

    `value` is as of the newest row taken in. Order does not matter to a sum, so neither reader
    nor server has to sort, and each row costs two fingerprints.
    """

    __slots__ = ("_projection", "value")

    def __init__(self, projection: Projection, images: Images) -> None:
        """Count the images once, without drawing them."""
        self._projection = projection
        self.value = _sum(projection, images) % _MODULUS

    def absorb(self, change: Change) -> None:
        """One row: its thing came, changed, or left."""
        row = change.row
        if change.before is not None and self._projection.shows(change.before):
            self._add(-fingerprint(row.kind, row.aggregate_id, change.before.version))
        if self._projection.shows(change.after):
            self._add(fingerprint(row.kind, row.aggregate_id, change.after.version))

    def _add(self, share: int) -> None:
        self.value = (self.value + share) % _MODULUS


def _sum(projection: Projection, images: Images) -> int:
    members: Iterable[int] = (
        fingerprint(kind_of(each), AggregateId(each.id), each.version)
        for each in projection.items(images)
        if projection.shows(each)
    )
    return sum(members)
