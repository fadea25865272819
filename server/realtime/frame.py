"""What happened to a channel between two places of the journal, one op per thing."""

from collections.abc import Iterable
from typing import Literal, assert_never

import msgspec

from protocols.from_server import Changes, Op, Patch, Put, Remove, Stamp
from protocols.struct import Struct
from protocols.views import View
from protocols.vocabulary import AggregateId, AggregateKind, Epoch, Nonce, Sequence, Version
from server.application.images import Change
from server.application.ports import Row
from server.application.submission import as_told
from server.realtime.projection import Projection
from server.realtime.wire import Encoded


class Entry(Struct, frozen=True):
    """The conflated op of one thing. `fields` names what a patch carries."""

    op: Literal["put", "patch", "remove"]
    kind: AggregateKind
    id: AggregateId
    version: Version
    view: View | None
    fields: frozenset[str]
    stamp: Stamp | None


Entries = dict[AggregateId, Entry]


class Frame:
    """A `changes` message with the entries it was made of, so that frames can be joined."""

    __slots__ = ("after", "encoded", "entries", "nonce", "upto")

    def __init__(
        self,
        channel: str,
        epoch: Epoch,
        after: Sequence,
        upto: Sequence,
        nonce: Nonce,
        entries: Entries,
    ) -> None:
        """Everything that happened in (after, upto]."""
        self.after = after
        self.upto = upto
        self.nonce = nonce
        self.entries = entries
        self.encoded = Encoded(
            Changes(
                channel=channel,
                epoch=epoch,
                after=after,
                upto=upto,
                nonce=nonce,
                ops=[_op(entry) for entry in entries.values()],
            )
        )


def entry_of(change: Change, projection: Projection) -> Entry | None:
    """What one row means for a channel; None when the channel shows nothing of it.

    (in → out) is an explicit remove, whoever the reader is.
    """
    was = projection.look(change.before) if change.before is not None else None
    now = projection.look(change.after)
    row = change.row
    stamp = stamp_of(row) if projection.signed else None
    if now is None:
        return _entry("remove", row, stamp, None) if was is not None else None
    if was is None:
        return _entry("put", row, stamp, now)
    fields = frozenset(f for f in now.__struct_fields__ if getattr(was, f) != getattr(now, f))
    # HB24: an empty patch moves the version on, or two readers of the same state would differ.
    told = fields or projection.counted
    return _entry("patch", row, stamp, now, fields) if told else None


def conflate(entries: Entries, newer: Entry) -> None:
    """Merge a newer op into the entries of the same frame.

    A patch after a put stays a put with the newest view; patches join their fields even when a
    value went there and back, for a reader may stand in the middle.
    """
    older = entries.pop(newer.id, None)
    if older is not None and newer.op == "patch":
        newer = msgspec.structs.replace(newer, op=older.op, fields=older.fields | newer.fields)
    entries[newer.id] = newer


def joined(frames: Iterable[Frame]) -> Entries:
    """The conflated ops of consecutive frames."""
    entries: Entries = {}
    for frame in frames:
        for entry in frame.entries.values():
            conflate(entries, entry)
    return entries


def _entry(
    op: Literal["put", "patch", "remove"],
    row: Row,
    stamp: Stamp | None,
    view: View | None,
    fields: frozenset[str] = frozenset(),
) -> Entry:
    return Entry(op, row.kind, row.aggregate_id, row.version, view, fields, stamp)


def stamp_of(row: Row) -> Stamp:
    """Who did the row, when, and with which command."""
    return Stamp(
        by_id=row.actor_id,
        by_name=row.actor_name,
        at=row.at,
        client_id=as_told(row.client_id) if row.client_id is not None else None,
        number=row.number,
    )


def _op(entry: Entry) -> Op:
    match entry.op:
        case "remove":
            return Remove(kind=entry.kind, id=entry.id, version=entry.version, stamp=entry.stamp)
        case "put":
            assert entry.view is not None, "a put shows something"
            return Put(
                kind=entry.kind,
                id=entry.id,
                version=entry.version,
                view=entry.view,
                stamp=entry.stamp,
            )
        case "patch":
            assert entry.view is not None, "a patch shows something"
            fields = {name: getattr(entry.view, name) for name in sorted(entry.fields)}
            return Patch(
                kind=entry.kind,
                id=entry.id,
                version=entry.version,
                fields=fields,
                stamp=entry.stamp,
            )
        case _:
            assert_never(entry.op)
